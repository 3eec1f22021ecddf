# terraform apply -invoke=action.runpodserverless_queue_purge.all
action "runpodserverless_queue_purge" "all" {
  config {}
}
