variable "endpoint_id" {
  description = "The endpoint that was deployed. Default: RUNPOD_ENDPOINT_ID."
  type        = string
  default     = null
}

variable "image" {
  description = "What was deployed to it, such as the image's digest."
  type        = string
  default     = "v1"
}

# Free of charge: asks GET /health until the conditions hold.
data "runpodserverless_endpoint_health" "deployed" {
  endpoint_id = var.endpoint_id

  wait_until = {
    workers_unhealthy_max = 0
  }

  timeouts = {
    read = "10m"
  }
}

# One job, once for each image.
resource "runpodserverless_job" "smoke" {
  endpoint_id = data.runpodserverless_endpoint_health.deployed.endpoint_id

  input = {
    prompt      = "ping"
    mock_return = { text = "pong" } # what the public mock-worker image answers
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
      condition     = self.status == "COMPLETED" && try(self.output.text, null) == "pong"
      error_message = "Job ${self.id} is ${self.status}${self.expired ? " and has expired" : ""}, and its output is ${jsonencode(self.output)}."
    }
  }
}

# What uses this output gets the endpoint only after it has proved to work.
output "endpoint_id" {
  value      = runpodserverless_job.smoke.endpoint_id
  depends_on = [runpodserverless_job.smoke]
}

output "cold_start_ms" {
  value = runpodserverless_job.smoke.delay_time_ms
}
