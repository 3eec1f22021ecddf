terraform {
  required_providers {
    runpodserverless = {
      source = "runpodserverless/runpodserverless"
    }
  }
}

# Reads RUNPOD_API_KEY and RUNPOD_ENDPOINT_ID.
provider "runpodserverless" {}

resource "runpodserverless_job" "first" {
  # The input that the worker expects; this one is for the public mock-worker image.
  input = {
    prompt      = "a lighthouse at dawn"
    mock_return = { text = "done" }
  }
}

output "answer" {
  value = runpodserverless_job.first.output
}
