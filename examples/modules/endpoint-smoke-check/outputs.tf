output "verdict" {
  description = "Whether the endpoint works, and why: passed, current (whether the job ran on the deployed version; null without the rollout gate), healthy, unmet (the conditions that are not met), and the job's id, worker, status, expiry, error and times."
  value = {
    passed            = alltrue(data.runpodserverless_endpoint_workers.rollout[*].ready) && data.runpodserverless_endpoint_health.gate.healthy && runpodserverless_job.probe.status == "COMPLETED" && local.current != false
    current           = local.current
    healthy           = data.runpodserverless_endpoint_health.gate.healthy
    unmet             = concat(flatten(data.runpodserverless_endpoint_workers.rollout[*].unmet), data.runpodserverless_endpoint_health.gate.unmet)
    job_id            = runpodserverless_job.probe.id
    worker_id         = runpodserverless_job.probe.worker_id
    status            = runpodserverless_job.probe.status
    expired           = runpodserverless_job.probe.expired
    error             = try(runpodserverless_job.probe.error.message, null)
    delay_time_ms     = runpodserverless_job.probe.delay_time_ms
    execution_time_ms = runpodserverless_job.probe.execution_time_ms
  }
}

output "output" {
  description = "Output of the worker, for assertions of the caller."
  value       = runpodserverless_job.probe.output
}

output "endpoint_id" {
  description = "ID of the endpoint. Known after the check, so everything that uses it waits for the check."
  value       = data.runpodserverless_endpoint_health.gate.endpoint_id
  depends_on  = [runpodserverless_job.probe]
}
