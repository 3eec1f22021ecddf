# An endpoint that scales to zero has no ready worker before its first job.
data "runpodserverless_endpoint_health" "gate" {
  wait_until = {
    workers_unhealthy_max = 0
  }
}

resource "runpodserverless_job" "smoke" {
  endpoint_id = data.runpodserverless_endpoint_health.gate.endpoint_id
  input       = { mock_return = { text = "pong" } }
}
