terraform {
  required_providers {
    runpodserverless = {
      source = "runpodserverless/runpodserverless"
    }
  }
}

provider "runpodserverless" {}

variable "text" {
  description = "What the worker is to shout."
  type        = string
  default     = "hello"
}

resource "runpodserverless_job" "shout" {
  input = { text = var.text }

  # A worker that never comes, because it crashes while it starts, must not keep
  # the pipeline waiting.
  timeouts = {
    create = "2m"
  }
}

output "answer" {
  description = "What the worker returned."
  value       = runpodserverless_job.shout.output
}
