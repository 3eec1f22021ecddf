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

# 1. Will the new version run the job? Waits until no worker runs the old one.
data "runpodserverless_endpoint_workers" "deployed" {
  endpoint_id = var.endpoint_id

  wait_until = {
    stale_max = 0
  }

  timeouts = {
    read = "10m"
  }
}

# 2. Can it take a job? Free of charge: reads GET /health until the conditions are met.
data "runpodserverless_endpoint_health" "deployed" {
  endpoint_id = data.runpodserverless_endpoint_workers.deployed.endpoint_id

  wait_until = {
    workers_unhealthy_max = 0
  }

  timeouts = {
    read = "10m"
  }
}

# 3. One job per image.
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

  # 4. Is the output right, and did the new version return it?
  lifecycle {
    postcondition {
      condition     = self.status == "COMPLETED" && try(self.output.text, null) == "pong"
      error_message = "Job ${self.id} is ${self.status}${self.expired ? " and expired" : ""}, and returned: ${jsonencode(self.output)}"
    }

    postcondition {
      condition = !contains([
        for worker in data.runpodserverless_endpoint_workers.deployed.workers : worker.id if worker.stale == true
      ], coalesce(self.worker_id, "none"))
      error_message = "Job ${self.id} is ${self.status}${self.expired ? " and expired" : ""}, and ran on worker ${coalesce(self.worker_id, "none")}, which has the old version."
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
