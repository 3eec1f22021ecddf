# Free of charge: reads GET /health until the conditions are met.
data "runpodserverless_endpoint_health" "gate" {
  endpoint_id   = var.endpoint_id
  wait_until    = var.health
  fail_if_unmet = var.strict

  timeouts = {
    read = var.health_timeout
  }
}

# Paid for once: it runs again if the input or a trigger changes and after a
# failure, but not because its result has expired in the API.
resource "runpodserverless_job" "probe" {
  # From the gate, so that the job waits for it.
  endpoint_id = data.runpodserverless_endpoint_health.gate.endpoint_id
  input       = var.input
  triggers    = var.triggers
  on_failure  = var.strict ? "error" : "warn"

  timeouts = {
    create = var.job_timeout
  }
}
