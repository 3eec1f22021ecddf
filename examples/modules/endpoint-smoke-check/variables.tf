variable "endpoint_id" {
  description = "Endpoint to check. Default: the provider's endpoint_id."
  type        = string
  default     = null
}

variable "input" {
  description = "Input of the one job: an object that the endpoint's worker understands, as cheap to run as possible."
  type        = any

  validation {
    # The provider checks the input as well; this names the module's variable.
    condition     = can(keys(var.input)) && try(length(var.input), 0) > 0
    error_message = "The input must be an object with at least one member: the API never runs a job with an empty one."
  }
}

variable "triggers" {
  description = "Any values; the check runs again when one of them changes. Name what was deployed: an image's digest, a template's id."
  type        = map(string)
  default     = {}
}

variable "rollout_gate" {
  description = "If true, waits until no worker runs the version before, and checks that the job did not run on such a worker. Reading workers takes an API key that may read the endpoint with the management API; without such a key set false: the job may then have run on the version before, and the verdict's current is null."
  type        = bool
  default     = true
}

variable "rollout_timeout" {
  description = "How long to wait for the end of a rollout (e.g. 30s, 2h45m)."
  type        = string
  default     = "10m"
}

variable "health" {
  description = "What the endpoint's health must be before the job is paid for: the conditions of wait_until. workers_ready_min = 1 suits an endpoint that keeps a worker; one that scales to zero has none before the first job."
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
  description = "Whether a rollout that does not end, an endpoint that is not healthy, or a job that does not complete, fails the apply. With false the verdict says so, and the caller decides. A job that does not end within job_timeout is cancelled and fails the apply in both cases."
  type        = bool
  default     = true
}

variable "health_timeout" {
  description = "How long to wait for the health (e.g. 30s, 2h45m)."
  type        = string
  default     = "10m"
}

variable "job_timeout" {
  description = "How long to wait for the job (e.g. 30s, 2h45m): a cold start and the run."
  type        = string
  default     = "15m"
}
