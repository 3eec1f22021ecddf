# Runs jobs on the endpoint that the environment names: RUNPOD_API_KEY,
# RUNPOD_ENDPOINT_ID and, for a simulator, RUNPOD_ENDPOINT_BASE_URL. The input is
# for the public mock-worker image, which the simulator imitates, so the same file
# runs against both. On a real endpoint it costs three short jobs.
variables {
  input = {
    mock_return = { text = "pong" }
    mock_delay  = 0.2
  }
}

run "passes" {
  assert {
    condition     = output.verdict.passed
    error_message = "The endpoint did not pass: ${jsonencode(output.verdict)}"
  }

  assert {
    condition     = try(output.output.text, null) == "pong"
    error_message = "The worker returned ${jsonencode(output.output)}: ${jsonencode(output.verdict)}"
  }
}

run "pays_once" {
  command = plan

  # In a plan, the id of a job that would be submitted is unknown, and an unknown
  # condition fails the test.
  assert {
    condition     = output.verdict.job_id != ""
    error_message = "The configuration was applied, but its job would run again."
  }
}

run "runs_again_for_a_trigger" {
  variables {
    triggers = { image = "v2" }
  }

  assert {
    condition     = output.verdict.passed && runpodserverless_job.probe.triggers["image"] == "v2"
    error_message = "The endpoint did not pass with the new image: ${jsonencode(output.verdict)}"
  }
}

run "reports_a_failure" {
  variables {
    strict = false
    input  = { mock_error = true }
  }

  assert {
    condition     = !output.verdict.passed && output.verdict.status == "FAILED"
    error_message = "A handler that raises must not pass: ${jsonencode(output.verdict)}"
  }

  assert {
    condition     = output.verdict.error != null
    error_message = "The verdict lacks the error that the worker raised: ${jsonencode(output.verdict)}"
  }
}
