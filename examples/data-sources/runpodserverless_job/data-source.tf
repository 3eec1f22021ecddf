variable "job_id" {
  description = "Id of a job that somebody else submitted, such as an application or a pipeline."
  type        = string
}

# Waits for the job's end, for an hour at most. Without wait_for_completion it
# only looks.
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
