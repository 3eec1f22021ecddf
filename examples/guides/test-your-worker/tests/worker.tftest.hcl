run "shouts" {
  assert {
    condition     = runpodserverless_job.shout.status == "COMPLETED" && try(output.answer.text, null) == "HELLO"
    error_message = "Job ${runpodserverless_job.shout.id} is ${runpodserverless_job.shout.status}${runpodserverless_job.shout.expired ? " and expired" : ""}, and returned: ${jsonencode(output.answer)}"
  }
}

run "shouts_not_only_ascii" {
  variables {
    text = "grün"
  }

  assert {
    condition     = runpodserverless_job.shout.status == "COMPLETED" && try(output.answer.text, null) == "GRÜN"
    error_message = "Job ${runpodserverless_job.shout.id} is ${runpodserverless_job.shout.status}${runpodserverless_job.shout.expired ? " and expired" : ""}, and returned: ${jsonencode(output.answer)}"
  }
}
