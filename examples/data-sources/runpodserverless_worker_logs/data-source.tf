data "runpodserverless_endpoint_workers" "all" {}

# The last lines of each worker that does not start.
data "runpodserverless_worker_logs" "stuck" {
  for_each = toset([
    for worker in data.runpodserverless_endpoint_workers.all.workers : worker.id
    if contains(["INITIALIZING", "THROTTLED", "UNHEALTHY"], worker.status)
  ])

  worker_id = each.value
  tail      = 20
}

output "stuck" {
  value = { for id, log in data.runpodserverless_worker_logs.stuck : id => log.text }
}
