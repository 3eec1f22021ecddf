variable "image" {
  description = "What was deployed, such as the digest of the worker's image."
  type        = string
  default     = "v1"
}

resource "runpodserverless_job_set" "regression" {
  inputs = {
    short = { prompt = "one word", mock_return = { words = 1 } }
    long  = { prompt = "one page", mock_return = { words = 400 } }
  }

  triggers = {
    image = var.image
  }

  policy = {
    execution_timeout = "10m"
    ttl               = "2h"
  }
}
