# From a health check to a result: wait for a worker, empty the queue, run a
# job, show its output. "make demo" runs it against the bundled simulator, "make
# demo-live" against a real endpoint that runs the public mock-worker image. The
# provider takes the key and the endpoint from the environment.

terraform {
  required_providers {
    runpodserverless = {
      source = "runpodserverless/runpodserverless"
    }
  }
}

provider "runpodserverless" {}

data "runpodserverless_endpoint_health" "before" {
  wait_until = {
    workers_unhealthy_max = 0
  }
}

resource "runpodserverless_queue_purge" "clean" {
  # Purges again when the endpoint changes, not on every apply.
  triggers = {
    endpoint = data.runpodserverless_endpoint_health.before.endpoint_id
  }
}

resource "runpodserverless_job" "demo" {
  # The vocabulary of the mock-worker image; another image takes its own input.
  input = {
    prompt = "a lighthouse at dawn"
    mock_return = {
      image = "lighthouse.png"
      seed  = 42
    }
    mock_delay = 2
  }

  timeouts = {
    create = "10m"
  }

  # The job must not be among those that the purge removes.
  depends_on = [runpodserverless_queue_purge.clean]
}

output "job" {
  description = "The job, and how long it waited and ran."
  value = {
    id                = runpodserverless_job.demo.id
    status            = runpodserverless_job.demo.status
    delay_time_ms     = runpodserverless_job.demo.delay_time_ms
    execution_time_ms = runpodserverless_job.demo.execution_time_ms
  }
}

output "job_output" {
  description = "What the worker returned."
  value       = runpodserverless_job.demo.output
}

output "purged" {
  description = "How many waiting jobs were removed before the run."
  value       = runpodserverless_queue_purge.clean.removed
}

output "workers" {
  description = "The endpoint's workers before the run."
  value       = data.runpodserverless_endpoint_health.before.workers
}
