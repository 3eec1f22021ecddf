variable "release" {
  type    = string
  default = "v1"
}

resource "terraform_data" "release" {
  input = var.release

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.runpodserverless_job_run.warm_up]
    }
  }
}

action "runpodserverless_job_run" "warm_up" {
  config {
    input        = { prompt = "warm up", mock_return = "warm" }
    on_interrupt = "detach" # Ctrl-C leaves the job running
  }
}
