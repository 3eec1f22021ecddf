# Jobs on a real worker behind the bundled simulator: an output, a handler that
# raises, a streamed output, and a job that is cancelled by the destroy. "make
# demo-worker" runs it with a small worker in Go from this repository.

terraform {
  required_providers {
    runpodserverless = {
      source = "runpodserverless/runpodserverless"
    }
  }
}

provider "runpodserverless" {}

resource "runpodserverless_job" "shout" {
  input = { text = "a lighthouse at dawn" }
}

resource "runpodserverless_job" "raise" {
  input      = { raise = "out of memory" }
  on_failure = "warn"
}

resource "runpodserverless_job" "stream" {
  input               = { stream = ["Once ", "upon ", "a time"], sleep = 1 }
  wait_for_completion = false
}

data "runpodserverless_job_stream" "story" {
  id = runpodserverless_job.stream.id
}

resource "runpodserverless_job" "long" {
  input               = { sleep = 3600 }
  wait_for_completion = false
}

output "output" {
  value = runpodserverless_job.shout.output
}

output "error" {
  value = try(runpodserverless_job.raise.error.message, null)
}

output "streamed" {
  value = data.runpodserverless_job_stream.story.text
}
