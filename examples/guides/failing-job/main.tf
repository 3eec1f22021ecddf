terraform {
  required_version = ">= 1.11"

  required_providers {
    runpodserverless = {
      source = "runpodserverless/runpodserverless"
    }
  }
}

variable "input" {
  description = "Input of the job."
  type        = any
  default     = { mock_return = { text = "a lighthouse at dawn" } }
}

resource "runpodserverless_job" "caption" {
  input        = var.input
  on_failure   = "warn"   # a failed job is a warning, and the configuration continues
  on_interrupt = "cancel" # a test has no next apply that would resume the job
}

output "caption" {
  description = "Caption from the worker, or a fallback."
  value       = try(coalesce(runpodserverless_job.caption.output.text), "no caption")
}
