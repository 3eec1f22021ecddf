# Neither file is ever held in memory as a whole.
resource "runpodserverless_batch" "nightly" {
  requests_file = "${path.module}/requests.jsonl"
  results_file  = "${path.module}/results.jsonl"

  on_failure = "warn"   # keep the results even if some requests fail
  on_timeout = "detach" # leave a slow batch alone; the next apply resumes
}

output "failed" {
  value = runpodserverless_batch.nightly.failed
}
