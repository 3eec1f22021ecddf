# Submits the job and returns at once: Terraform stores the id.
resource "runpodserverless_job" "report" {
  input = {
    prompt      = "summarize the quarter"
    mock_return = { text = "better than expected" }
    mock_delay  = 2
  }
  wait_for_completion = false
}

# Waits for it. Whatever happens to this wait, the id is in the state.
data "runpodserverless_job" "report" {
  endpoint_id         = runpodserverless_job.report.endpoint_id
  id                  = runpodserverless_job.report.id
  wait_for_completion = true
}

output "text" {
  value = try(data.runpodserverless_job.report.output.text, null)
}
