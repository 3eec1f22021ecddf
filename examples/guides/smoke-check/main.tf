variable "endpoint_id" {
  description = "ID of the endpoint that was deployed. Defaults to RUNPOD_ENDPOINT_ID."
  type        = string
  default     = null
}

variable "image" {
  description = "What was deployed to it, such as the digest of the image."
  type        = string
  default     = "v1"
}

# Free of charge: reads GET /health until the conditions are met.
data "runpodserverless_endpoint_health" "deployed" {
  endpoint_id = var.endpoint_id

  wait_until = {
    workers_unhealthy_max = 0
  }

  timeouts = {
    read = "10m"
  }
}

# One job per image.
resource "runpodserverless_job" "smoke" {
  endpoint_id = data.runpodserverless_endpoint_health.deployed.endpoint_id

  input = {
    prompt      = "ping"
    mock_return = { text = "pong" } # what the public mock-worker image returns
  }

  triggers = {
    image = var.image
  }

  policy = {
    execution_timeout = "5m" # ends a job that hangs on a worker
  }

  timeouts = {
    create = "15m" # a cold start and the run
  }

  lifecycle {
    postcondition {
      condition     = self.output.text == "pong"
      error_message = "The endpoint answered with something else: ${jsonencode(self.output)}"
    }
  }
}

# Consumers of this output get the endpoint only after it has proved to work.
output "endpoint_id" {
  value      = runpodserverless_job.smoke.endpoint_id
  depends_on = [runpodserverless_job.smoke]
}

output "cold_start_ms" {
  value = runpodserverless_job.smoke.delay_time_ms
}
