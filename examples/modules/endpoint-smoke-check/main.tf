# Waits until no worker runs the old version.
data "runpodserverless_endpoint_workers" "rollout" {
  count         = var.rollout_gate ? 1 : 0
  endpoint_id   = var.endpoint_id
  wait_until    = { stale_max = 0 }
  fail_if_unmet = var.strict

  timeouts = {
    read = var.rollout_timeout
  }
}

locals {
  workers = flatten(data.runpodserverless_endpoint_workers.rollout[*].workers)
  stale   = [for worker in local.workers : worker.id if try(worker.stale, false)]

  # Null without the gate, because the version that ran the job is not known then.
  current = var.rollout_gate ? !contains(local.stale, try(coalesce(runpodserverless_job.probe.worker_id), "")) : null
}

# Free of charge: reads GET /health until the conditions are met.
data "runpodserverless_endpoint_health" "gate" {
  endpoint_id   = var.rollout_gate ? one(data.runpodserverless_endpoint_workers.rollout[*].endpoint_id) : var.endpoint_id
  wait_until    = var.health
  fail_if_unmet = var.strict

  timeouts = {
    read = var.health_timeout
  }
}

# Paid for once: it runs again if the input or a trigger changes and after a
# failure, but not because its result has expired in the API.
resource "runpodserverless_job" "probe" {
  # From the gates, so that the job waits for them.
  endpoint_id = data.runpodserverless_endpoint_health.gate.endpoint_id
  input       = var.input
  triggers    = var.triggers
  on_failure  = var.strict ? "error" : "warn"

  timeouts = {
    create = var.job_timeout
  }
}
