terraform {
  required_providers {
    runpodserverless = {
      source = "runpodserverless/runpodserverless"
    }
  }
}

# Reads RUNPOD_API_KEY and RUNPOD_ENDPOINT_ID.
provider "runpodserverless" {
  request_timeout = "30s"
  max_retries     = 4
}
