# Thousands of requests: from a file to a file, neither of which is ever held in
# memory as a whole.
resource "runpodserverless_batch" "nightly" {
  requests_file = "${path.module}/requests.jsonl"
  results_file  = "${path.module}/results.jsonl"

  # What fails is in the results; the rest is kept.
  on_failure = "warn"

  # A batch that takes longer than expected is left alone, and the next apply
  # resumes the wait.
  on_timeout = "detach"
}

output "failed" {
  value = runpodserverless_batch.nightly.failed
}
