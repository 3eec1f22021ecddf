variable "job_id" {
  description = "ID of a job that ended as FAILED or TIMED_OUT."
  type        = string
}

# terraform apply -var=job_id=... -invoke=action.runpodserverless_job_retry.nightly
action "runpodserverless_job_retry" "nightly" {
  config {
    id = var.job_id

    timeouts = {
      invoke = "1h"
    }
  }
}
