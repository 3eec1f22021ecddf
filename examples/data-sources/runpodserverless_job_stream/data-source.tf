variable "job_id" {
  description = "ID of a job whose worker yields its output in chunks."
  type        = string
}

# Consumes the chunks: no later reader gets them.
data "runpodserverless_job_stream" "answer" {
  id = var.job_id

  timeouts = {
    read = "15m"
  }

  lifecycle {
    postcondition {
      condition     = self.status == "COMPLETED"
      error_message = "The answer is incomplete: job ${self.id} ended as ${self.status}."
    }
  }
}

output "answer" {
  value = data.runpodserverless_job_stream.answer.text
}
