terraform {
  required_providers {
    runpodserverless = {
      source = "runpodserverless/runpodserverless"
    }
  }
}

provider "runpodserverless" {}

variable "text" {
  description = "Text to shout."
  type        = string
  default     = "hello"
}

resource "runpodserverless_job" "shout" {
  input = { text = var.text }

  # Do not keep the pipeline waiting for a worker that crashes at start.
  timeouts = {
    create = "2m"
  }
}

output "answer" {
  description = "Output of the worker."
  value       = runpodserverless_job.shout.output
}
