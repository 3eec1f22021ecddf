# From a health check to a result: check the workers, purge the queue, run a job,
# show its output. "make demo" runs this against the bundled simulator, "make
# demo-live" against a real endpoint that runs the public mock-worker image. The
# provider reads the key and the endpoint from the environment.

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
  # The input of the public mock-worker image; other images expect another one.
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

  # Otherwise the purge could remove the job.
  depends_on = [runpodserverless_queue_purge.clean]
}

output "job" {
  description = "The job, its time in the queue and its time on a worker."
  value = {
    id                = runpodserverless_job.demo.id
    status            = runpodserverless_job.demo.status
    delay_time_ms     = runpodserverless_job.demo.delay_time_ms
    execution_time_ms = runpodserverless_job.demo.execution_time_ms
  }
}

output "job_output" {
  description = "Output of the worker."
  value       = runpodserverless_job.demo.output
}

output "purged" {
  description = "Number of jobs that were removed from the queue before the run."
  value       = runpodserverless_queue_purge.clean.removed
}

output "workers" {
  description = "The endpoint's workers before the run."
  value       = data.runpodserverless_endpoint_health.before.workers
}
