variable "endpoint_id" {
  description = "ID of the endpoint to check. Defaults to the provider's endpoint_id."
  type        = string
  default     = null
}

variable "input" {
  description = "Input of the job: an object that the endpoint's worker understands, as cheap to run as possible."
  type        = any

  validation {
    # The provider checks this as well, but does not name the module's variable.
    condition     = can(keys(var.input)) && try(length(var.input), 0) > 0
    error_message = "The input must be an object with at least one key: the API never runs a job with an empty input."
  }
}

variable "triggers" {
  description = "Arbitrary map of values that, when changed, triggers the check again. Use what was deployed: an image's digest, a template's id."
  type        = map(string)
  default     = {}
}

variable "rollout_gate" {
  description = "If true, waits until no worker runs the old version, and checks that the job did not run on such a worker. This requires an API key that may read the endpoint in the management API. Set false for a key without that permission: the job may then have run on the old version, and the verdict's current is null."
  type        = bool
  default     = true
}

variable "rollout_timeout" {
  description = "How long to wait for the rollout, e.g. 30s or 2h45m."
  type        = string
  default     = "10m"
}

variable "health" {
  description = "Conditions on the endpoint's health that must be met before the job is submitted, as in wait_until. Use workers_ready_min = 1 for an endpoint that keeps a worker; one that scales to zero has none before its first job."
  type = object({
    workers_ready_min     = optional(number)
    workers_idle_min      = optional(number)
    workers_running_min   = optional(number)
    workers_throttled_max = optional(number)
    workers_unhealthy_max = optional(number)
    jobs_in_queue_max     = optional(number)
    jobs_in_progress_max  = optional(number)
    jobs_failed_max       = optional(number)
  })
  default = {
    workers_unhealthy_max = 0
  }
}

variable "strict" {
  description = "If true, a rollout that does not end, an unhealthy endpoint or a failed job fails the apply. If false, the verdict reports it and the caller decides. A job that does not end within job_timeout is cancelled and fails the apply in both cases."
  type        = bool
  default     = true
}

variable "health_timeout" {
  description = "How long to wait for the health, e.g. 30s or 2h45m."
  type        = string
  default     = "10m"
}

variable "job_timeout" {
  description = "How long to wait for the job, including the cold start, e.g. 30s or 2h45m."
  type        = string
  default     = "15m"
}
