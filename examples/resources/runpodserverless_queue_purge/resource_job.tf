resource "runpodserverless_queue_purge" "before" {
  triggers = {
    release = "1"
  }
}

resource "runpodserverless_job" "first" {
  input    = { mock_return = { text = "done" } }
  triggers = runpodserverless_queue_purge.before.triggers

  # Otherwise the job may be among those that are removed.
  depends_on = [runpodserverless_queue_purge.before]
}
