# Purges the queue once, and again when the release changes.
resource "runpodserverless_queue_purge" "before_release" {
  triggers = {
    release = "1"
  }
}

output "removed" {
  value = runpodserverless_queue_purge.before_release.removed
}
