# A separate file, because each file has its own state: a mocked provider never
# replaces a resource, so a job that was COMPLETED in one run block stays so in
# the next.
mock_provider "runpodserverless" {
  mock_data "runpodserverless_endpoint_workers" {
    defaults = {
      endpoint_id = "mocked"
      ready       = true
      unmet       = []
    }
  }

  mock_data "runpodserverless_endpoint_health" {
    defaults = {
      healthy = true
      unmet   = []
    }
  }

  mock_resource "runpodserverless_job" {
    defaults = {
      id     = "mocked-job"
      status = "FAILED"
    }
  }
}

variables {
  input = { prompt = "ping" }
}

run "fails_with_the_job" {
  variables {
    strict = false
  }

  assert {
    condition     = !output.verdict.passed && output.verdict.status == "FAILED"
    error_message = "A failed job does not pass: ${jsonencode(output.verdict)}"
  }

  assert {
    condition     = runpodserverless_job.probe.on_failure == "warn"
    error_message = "Without strict, a failed job is a warning."
  }
}
