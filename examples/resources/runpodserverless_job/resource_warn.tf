resource "runpodserverless_job" "optional" {
  input = {
    mock_error = true # makes the public mock-worker image fail
  }

  on_failure = "warn"
}

output "failure" {
  value = try(runpodserverless_job.optional.error.message, null)
}
