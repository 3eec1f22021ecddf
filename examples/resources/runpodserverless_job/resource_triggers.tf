variable "image" {
  description = "What was deployed, such as the digest of the worker's image."
  type        = string
  default     = "v1"
}

resource "runpodserverless_job" "smoke" {
  input = {
    prompt      = "ping"
    mock_return = { text = "pong" }
  }

  triggers = {
    image = var.image
  }

  lifecycle {
    postcondition {
      condition     = self.status == "COMPLETED" && try(self.output.text, null) == "pong"
      error_message = "Job ${self.id} is ${self.status}${self.expired ? " and expired" : ""}, and returned: ${jsonencode(self.output)}"
    }
  }
}
