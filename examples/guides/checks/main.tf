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
      condition     = self.status == "COMPLETED" && try(self.output.rows, 0) > 0
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
    condition     = data.runpodserverless_endpoint_health.now.jobs.in_queue < 100
    error_message = "${data.runpodserverless_endpoint_health.now.jobs.in_queue} jobs are in the queue."
  }

  assert {
    condition     = data.runpodserverless_endpoint_health.now.workers.unhealthy == 0
    error_message = "Workers crash or do not respond: check their logs."
  }
}

# Uses the stored result, and sends no request.
check "errors" {
  assert {
    condition     = try(runpodserverless_job.nightly.output.errors, 0) == 0
    error_message = "The job completed with ${try(runpodserverless_job.nightly.output.errors, 0)} errors."
  }
}
