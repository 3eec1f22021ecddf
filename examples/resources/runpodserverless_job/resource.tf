resource "runpodserverless_job" "greeting" {
  input = {
    prompt      = "Say hello."
    mock_return = { text = "hello" } # what the public mock-worker image returns
  }

  timeouts = {
    create = "15m" # a cold start and the run
  }
}

output "text" {
  value = try(runpodserverless_job.greeting.output.text, null)
}
