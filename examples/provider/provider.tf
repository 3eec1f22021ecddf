terraform {
  required_providers {
    runpodserverless = {
      source = "runpodserverless/runpodserverless"
    }
  }
}

# The key comes from RUNPOD_API_KEY, the endpoint from RUNPOD_ENDPOINT_ID.
provider "runpodserverless" {
  request_timeout = "30s"
  max_retries     = 4
}
