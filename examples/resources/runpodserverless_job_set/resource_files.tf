# Neither inputs nor outputs are in the plan or the state. Changing a line runs
# that key only, and writes its file again.
resource "runpodserverless_job_set" "nightly" {
  inputs_file = "${path.module}/inputs.jsonl"

  output_files = {
    "${path.module}/out/{key}.json" = {}
  }

  max_in_flight = 100
  max_failures  = 20   # something is wrong: submit no more
  queue_timeout = "1h" # no worker takes the jobs: do not wait for the timeout

  retry = {
    max_attempts  = 3
    error_matches = ["CUDA out of memory", "ConnectionError"]
  }
}

output "succeeded" {
  value = runpodserverless_job_set.nightly.succeeded
}
