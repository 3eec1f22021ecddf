resource "terraform_data" "endpoint" {
  input = "demo"

  lifecycle {
    action_trigger {
      events     = [after_create, after_update]
      actions    = [action.runpodserverless_job_run.smoke]
      on_failure = taint
    }
  }
}

action "runpodserverless_job_run" "smoke" {
  config {
    endpoint_id = caller.output
    input       = { prompt = "ping" }
  }
}
