run "uses_the_caption" {
  assert {
    condition     = runpodserverless_job.caption.status == "COMPLETED" && output.caption == "a lighthouse at dawn"
    error_message = "Job ${runpodserverless_job.caption.id} is ${runpodserverless_job.caption.status}${runpodserverless_job.caption.expired ? " and expired" : ""}, and the caption is: ${output.caption}"
  }
}

run "falls_back_when_the_job_fails" {
  variables {
    input = { mock_error = true }
  }

  # The output of a failed job is null. Without try(), that would be an error of its own.
  assert {
    condition     = runpodserverless_job.caption.status == "FAILED" && try(runpodserverless_job.caption.output.text, null) == null
    error_message = "Job ${runpodserverless_job.caption.id} is ${runpodserverless_job.caption.status}${runpodserverless_job.caption.expired ? " and expired" : ""}, and returned: ${jsonencode(runpodserverless_job.caption.output)}"
  }

  assert {
    condition     = output.caption == "no caption"
    error_message = "Job ${runpodserverless_job.caption.id} is ${runpodserverless_job.caption.status}${runpodserverless_job.caption.expired ? " and expired" : ""}, and the caption is: ${output.caption}"
  }
}
