# By hand:
#   terraform apply -invoke=action.runpodserverless_queue_purge.all
action "runpodserverless_queue_purge" "all" {
  config {}
}

# Before a release that would not understand the jobs that still wait.
resource "terraform_data" "release" {
  input = "v1"

  lifecycle {
    action_trigger {
      events  = [before_update]
      actions = [action.runpodserverless_queue_purge.all]
    }
  }
}
