variable "release" {
  type    = string
  default = "v1"
}

# Before a release whose workers cannot handle the jobs in the queue.
resource "terraform_data" "release" {
  input = var.release

  lifecycle {
    action_trigger {
      events  = [before_update]
      actions = [action.runpodserverless_queue_purge.all]
    }
  }
}

action "runpodserverless_queue_purge" "all" {
  config {}
}
