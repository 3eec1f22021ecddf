resource "runpodserverless_job" "nightly" {
  input = {
    mock_return = { rows = 1200, errors = 0 }
  }

  lifecycle {
    # Before the job is paid for.
    precondition {
      condition     = data.runpodserverless_endpoint_health.before.workers.throttled == 0
      error_message = "Workers of the endpoint wait for a machine; the job would wait in the queue."
    }

    # After it, with the worker's output.
    postcondition {
      condition     = self.status == "COMPLETED" && try(self.output.rows > 0, false)
      error_message = "Job ${self.id} is ${self.status}${self.expired ? " and expired" : ""}, and returned: ${jsonencode(self.output)}"
    }
  }
}

data "runpodserverless_endpoint_health" "before" {}

# Evaluated on every plan and apply. A failed assertion is a warning, and so is
# a health that cannot be read.
check "queue" {
  data "runpodserverless_endpoint_health" "now" {}

  assert {
    condition     = try(data.runpodserverless_endpoint_health.now.jobs.in_queue < 100, false)
    error_message = "Jobs in the queue: ${jsonencode(data.runpodserverless_endpoint_health.now.jobs.in_queue)}"
  }

  assert {
    condition     = data.runpodserverless_endpoint_health.now.workers.unhealthy == 0
    error_message = "Workers crash or do not respond: check their logs."
  }
}

# Uses the stored result, and sends no request.
check "errors" {
  assert {
    condition     = runpodserverless_job.nightly.status == "COMPLETED" && try(runpodserverless_job.nightly.output.errors, null) == 0
    error_message = "Job ${runpodserverless_job.nightly.id} is ${runpodserverless_job.nightly.status}${runpodserverless_job.nightly.expired ? " and expired" : ""}, and returned: ${jsonencode(runpodserverless_job.nightly.output)}"
  }
}
