variable "job_id" {
  description = "ID of a job that an application or a pipeline submitted."
  type        = string
}

data "runpodserverless_job" "nightly" {
  id                  = var.job_id
  wait_for_completion = true

  timeouts = {
    read = "1h"
  }
}

output "result" {
  value = data.runpodserverless_job.nightly.output
}

output "seconds_on_a_worker" {
  value = data.runpodserverless_job.nightly.execution_time_ms / 1000
}
