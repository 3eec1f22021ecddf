# terraform apply -invoke=action.runpodserverless_job_run.warm_up
action "runpodserverless_job_run" "warm_up" {
  config {
    input = {
      prompt      = "warm up"
      mock_return = "warm" # what the public mock-worker image returns
    }

    timeouts = {
      invoke = "15m"
    }
  }
}
