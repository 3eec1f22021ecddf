terraform {
  required_providers {
    runpodserverless = {
      source = "runpodserverless/runpodserverless"
    }
  }
}

# The key comes from RUNPOD_API_KEY, the endpoint from RUNPOD_ENDPOINT_ID.
provider "runpodserverless" {}

resource "runpodserverless_job" "first" {
  # What the endpoint's worker takes; this is for the public mock-worker image.
  input = {
    prompt      = "a lighthouse at dawn"
    mock_return = { text = "done" }
  }
}

output "answer" {
  value = runpodserverless_job.first.output
}
