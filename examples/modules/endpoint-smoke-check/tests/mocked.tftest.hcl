# Needs no endpoint, no key and no network: the provider is mocked, and only the
# module's own logic is tested.
mock_provider "runpodserverless" {
  mock_data "runpodserverless_endpoint_workers" {
    defaults = {
      endpoint_id = "mocked"
      ready       = true
      unmet       = []
    }
  }

  mock_data "runpodserverless_endpoint_health" {
    defaults = {
      healthy = true
      unmet   = []
    }
  }

  mock_resource "runpodserverless_job" {
    defaults = {
      id     = "mocked-job"
      status = "COMPLETED"
    }
  }
}

variables {
  input = { prompt = "ping" }
}

run "passes" {
  assert {
    condition     = output.verdict.passed
    error_message = "A healthy endpoint that completes the job passes: ${jsonencode(output.verdict)}"
  }

  assert {
    condition     = runpodserverless_job.probe.endpoint_id == "mocked"
    error_message = "The job goes to the endpoint that the gate was for."
  }
}

run "fails_with_the_health" {
  variables {
    strict = false
  }

  override_data {
    target = data.runpodserverless_endpoint_health.gate
    values = {
      healthy = false
      unmet   = ["3 workers are unhealthy, at most 0 wanted"]
    }
  }

  assert {
    condition     = !output.verdict.passed && length(output.verdict.unmet) == 1
    error_message = "An endpoint that is not healthy does not pass: ${jsonencode(output.verdict)}"
  }
}

run "says_that_the_rollout_gate_is_left_out" {
  variables {
    rollout_gate = false
  }

  assert {
    condition     = output.verdict.passed && output.verdict.current == null
    error_message = "Without the gate, the verdict does not report the version: ${jsonencode(output.verdict)}"
  }
}

run "refuses_an_empty_input" {
  command = plan

  variables {
    input = {}
  }

  expect_failures = [var.input]
}
