terraform {
  required_providers {
    runpodserverless = {
      source = "runpodserverless/runpodserverless"
    }
  }
}

# A public endpoint: nothing to deploy. Reads RUNPOD_API_KEY.
resource "runpodserverless_job" "image" {
  endpoint_id = "black-forest-labs-flux-1-dev"

  input = {
    prompt = "a lighthouse at dawn"
  }
}

output "image" {
  value = runpodserverless_job.image.output
}
