variable "job_id" {
  description = "ID of the job to cancel."
  type        = string
}

# terraform apply -var=job_id=... -invoke=action.runpodserverless_job_cancel.stuck
action "runpodserverless_job_cancel" "stuck" {
  config {
    id = var.job_id
  }
}
