# Both providers in one configuration. Their prefixes differ, so no block needs
# a provider argument, and both take the key from RUNPOD_API_KEY.
terraform {
  required_providers {
    runpod = {
      source = "runpod/runpod"
    }
    runpodserverless = {
      source = "runpodserverless/runpodserverless"
    }
  }
}

variable "template_id" {
  description = "The template with the worker's image."
  type        = string
  default     = "mock-worker"
}

# The vendor's: what exists. Its arguments depend on its version.
resource "runpod_endpoint" "llm" {
  name        = "demo"
  template_id = var.template_id
  workers_min = 0
  workers_max = 3
}

# This provider's: what works.
data "runpodserverless_endpoint_health" "llm" {
  endpoint_id = runpod_endpoint.llm.id
  wait_until  = { workers_unhealthy_max = 0 }
}

resource "runpodserverless_job" "smoke" {
  endpoint_id = data.runpodserverless_endpoint_health.llm.endpoint_id
  input       = { prompt = "ping", mock_return = { text = "pong" } }

  # Another template is another worker: the job runs again.
  triggers = { template = runpod_endpoint.llm.template_id }

  lifecycle {
    postcondition {
      condition     = self.status == "COMPLETED" && try(self.output.text, null) == "pong"
      error_message = "Job ${self.id} is ${self.status}${self.expired ? " and has expired" : ""}, and its output is ${jsonencode(self.output)}."
    }
  }
}

# A check is read by each plan and apply, and only warns.
check "queue" {
  data "runpodserverless_endpoint_health" "now" {
    endpoint_id = runpod_endpoint.llm.id
  }

  assert {
    condition     = data.runpodserverless_endpoint_health.now.jobs.in_queue < 100
    error_message = "More than 100 jobs wait."
  }
}

# What uses this output gets the endpoint only after it has proved to work.
output "endpoint_id" {
  value      = runpod_endpoint.llm.id
  depends_on = [runpodserverless_job.smoke]
}
