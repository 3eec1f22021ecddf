# By hand:
#   terraform apply -invoke=action.runpodserverless_job_run.warm_up
action "runpodserverless_job_run" "warm_up" {
  config {
    input = {
      prompt      = "warm up"
      mock_return = "warm" # what the public mock worker answers with
    }

    # Leaves the job running on Ctrl-C.
    on_interrupt = "detach"

    timeouts = {
      invoke = "15m"
    }
  }
}

# With every release.
resource "terraform_data" "release" {
  input = "v1"

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.runpodserverless_job_run.warm_up]
    }
  }
}
