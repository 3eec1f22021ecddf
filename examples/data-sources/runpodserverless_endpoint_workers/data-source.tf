# Waits until no worker runs the old version, for ten minutes at most.
data "runpodserverless_endpoint_workers" "rollout" {
  wait_until = {
    stale_max = 0
  }

  timeouts = {
    read = "10m"
  }
}

output "versions" {
  value = { for worker in data.runpodserverless_endpoint_workers.rollout.workers : worker.id => worker.version }
}
