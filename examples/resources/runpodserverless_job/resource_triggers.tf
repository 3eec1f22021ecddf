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
      condition     = self.output.text == "pong"
      error_message = "The worker returned something else: ${jsonencode(self.output)}"
    }
  }
}
