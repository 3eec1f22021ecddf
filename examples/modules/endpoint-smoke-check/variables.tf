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
  description = "Whether an endpoint that is not healthy, or a job that does not complete, fails the apply. With false the verdict says so, and the caller decides. A job that does not end within job_timeout is cancelled and fails the apply in both cases."
  type        = bool
  default     = true
}

variable "health_timeout" {
  description = "How long to wait for the health, as a Go duration."
  type        = string
  default     = "10m"
}

variable "job_timeout" {
  description = "How long to wait for the job, as a Go duration: a cold start and the run."
  type        = string
  default     = "15m"
}
