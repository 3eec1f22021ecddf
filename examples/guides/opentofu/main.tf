# Purges the queue when the release changes, then runs a job: the equivalent of
# two actions, as resources that every product supports.
resource "runpodserverless_queue_purge" "before" {
  triggers = { release = "1" }
}

resource "runpodserverless_job" "migrate" {
  input    = { mock_return = { migrated = true } }
  triggers = runpodserverless_queue_purge.before.triggers

  depends_on = [runpodserverless_queue_purge.before]
}
