provider "runpodserverless" {
  request_timeout = "30s" # one exchange
  max_retries     = 4     # sendings of one request after the first
  retry_min_wait  = "500ms"
  retry_max_wait  = "30s"
}

resource "runpodserverless_job" "render" {
  input = {
    mock_return = { frames = 24 }
  }

  # What the API does by itself.
  policy = {
    execution_timeout = "10m" # on a worker; past it the job is FAILED
    ttl               = "1h"  # in all; past it the API deletes the job
  }

  # What a job that ended badly gets: another run, under the same id.
  retry = {
    max_attempts = 3
    on           = ["FAILED", "TIMED_OUT"]
    min_backoff  = "5s"
    max_backoff  = "1m"
  }

  # What Terraform does.
  timeouts = {
    create = "45m" # from the submission to the end, all runs together
    delete = "2m"  # cancelling a live job
  }
  on_timeout   = "cancel" # or detach
  on_interrupt = "detach" # or cancel
  on_failure   = "error"  # or warn
  on_destroy   = "cancel" # or keep
}
