data "runpodserverless_endpoint_health" "ready" {
  wait_until = {
    workers_ready_min     = 1
    workers_unhealthy_max = 0
  }

  timeouts = {
    read = "10m"
  }
}

output "workers_ready" {
  value = data.runpodserverless_endpoint_health.ready.workers.ready
}
