resource "runpodserverless_job_set" "pages" {
  inputs = { for page in range(20) : "page-${page}" => { mock_return = { page = page } } }

  # Retry each failed job once; accept that one in twenty still fails.
  retry = {
    max_attempts = 2
  }
  min_success_ratio = 0.95
}

output "failed" {
  value = [for name, job in runpodserverless_job_set.pages.jobs : name if job.status != "COMPLETED"]
}
