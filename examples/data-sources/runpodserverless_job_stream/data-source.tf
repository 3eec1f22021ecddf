variable "job_id" {
  description = "Id of a job whose worker yields its answer in chunks."
  type        = string
}

# Takes the chunks away: whoever reads the stream after this finds none of them.
data "runpodserverless_job_stream" "answer" {
  id = var.job_id

  timeouts = {
    read = "15m"
  }

  lifecycle {
    postcondition {
      condition     = self.status == "COMPLETED"
      error_message = "The answer breaks off: job ${self.id} ended as ${self.status}."
    }
  }
}

output "answer" {
  value = data.runpodserverless_job_stream.answer.text
}
