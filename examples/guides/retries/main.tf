provider "runpodserverless" {
  request_timeout = "30s" # one HTTP request
  max_retries     = 4     # retries of one request
  retry_min_wait  = "500ms"
  retry_max_wait  = "30s"
}

resource "runpodserverless_job" "render" {
  input = {
    mock_return = { frames = 24 }
  }

  # Enforced by the API.
  policy = {
    execution_timeout = "10m" # on a worker; after that the job is FAILED
    ttl               = "1h"  # in total; after that the API deletes the job
  }

  # A failed job is run again under the same id.
  retry = {
    max_attempts = 3
    on           = ["FAILED", "TIMED_OUT"]
    min_backoff  = "5s"
    max_backoff  = "1m"
  }

  # Enforced by the provider.
  timeouts = {
    create = "45m" # from the submission to the end, all attempts together
    delete = "2m"  # cancelling an unfinished job
  }
  on_timeout   = "cancel" # or detach
  on_interrupt = "detach" # or cancel
  on_failure   = "error"  # or warn
  on_destroy   = "cancel" # or keep
}
