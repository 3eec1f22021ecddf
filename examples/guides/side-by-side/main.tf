# Both providers in one configuration. Their prefixes differ, so no block needs
# a provider argument. Both read RUNPOD_API_KEY.
terraform {
  required_providers {
    runpod = {
      source  = "runpod/runpod"
      version = "~> 2.0"
    }
    runpodserverless = {
      source = "runpodserverless/runpodserverless"
    }
  }
}

variable "template_id" {
  description = "ID of the template with the worker's image."
  type        = string
  default     = "mock-worker"
}

# The official provider creates the endpoint. Its documentation has the other
# arguments, such as workers and scaling.
resource "runpod_endpoint" "llm" {
  name        = "demo"
  template_id = var.template_id
}

# This provider checks that it works: first the rollout, then the health, then a job.
data "runpodserverless_endpoint_workers" "llm" {
  endpoint_id = runpod_endpoint.llm.id
  wait_until  = { stale_max = 0 }
}

data "runpodserverless_endpoint_health" "llm" {
  endpoint_id = data.runpodserverless_endpoint_workers.llm.endpoint_id
  wait_until  = { workers_unhealthy_max = 0 }
}

resource "runpodserverless_job" "smoke" {
  endpoint_id = data.runpodserverless_endpoint_health.llm.endpoint_id
  input       = { prompt = "ping", mock_return = { text = "pong" } }

  # A new template is a new worker: the job runs again.
  triggers = { template = runpod_endpoint.llm.template_id }

  lifecycle {
    postcondition {
      condition     = self.status == "COMPLETED" && try(self.output.text, null) == "pong"
      error_message = "Job ${self.id} is ${self.status}${self.expired ? " and expired" : ""}, and returned: ${jsonencode(self.output)}"
    }
  }
}

# A check is evaluated by each plan and apply, and only warns.
check "queue" {
  data "runpodserverless_endpoint_health" "now" {
    endpoint_id = runpod_endpoint.llm.id
  }

  assert {
    condition     = try(data.runpodserverless_endpoint_health.now.jobs.in_queue < 100, false)
    error_message = "Jobs in the queue: ${jsonencode(data.runpodserverless_endpoint_health.now.jobs.in_queue)}"
  }
}

# Consumers of this output get the endpoint only after it has proved to work.
output "endpoint_id" {
  value      = runpod_endpoint.llm.id
  depends_on = [runpodserverless_job.smoke]
}
