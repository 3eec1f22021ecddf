resource "runpodserverless_job" "render" {
  input = {
    mock_return = { frames = 24 }
  }

  policy = {
    execution_timeout = "10m" # per attempt, on a worker
    ttl               = "1h"  # in total
  }

  retry = {
    max_attempts = 3
    min_backoff  = "5s"
  }

  timeouts = {
    create = "45m" # all attempts together
  }
}
