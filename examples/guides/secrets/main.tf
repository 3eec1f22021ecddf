# From the environment, a file or a secret store. An ephemeral variable is
# neither in the plan nor in the state.
variable "model_token" {
  type      = string
  sensitive = true
  ephemeral = true
  default   = "not-a-real-token"
}

variable "s3_secret" {
  type      = string
  sensitive = true
  ephemeral = true
  default   = "not-a-real-secret"
}

resource "runpodserverless_job" "private" {
  # Stored in the state, and shown in plans.
  input = {
    prompt      = "summarize the contract"
    mock_return = { text = "for nobody else" }
    auth        = { user = "ci" }
  }

  # Deep-merged over input, and never stored: the worker gets
  # auth = { user = "ci", token = "..." }.
  input_wo = {
    auth = { token = var.model_token }
  }
  input_wo_version = 1 # increase it when the token changes: a new job runs

  s3_config = {
    access_id     = "AKIDEXAMPLE"
    access_secret = var.s3_secret # write-only
    bucket_name   = "results"
    endpoint_url  = "https://s3.example.com"
  }

  # The output is in sensitive_output, and hidden on the screen.
  output_sensitive = true
}

resource "runpodserverless_job" "not_stored" {
  input = { mock_return = { text = "not even in the state" } }

  # Only the size and the digest of the output are stored. The worker puts the
  # result where it belongs.
  max_output_bytes = 0
}

output "answer" {
  value     = try(runpodserverless_job.private.sensitive_output.text, null)
  sensitive = true
}

output "digest" {
  value = runpodserverless_job.not_stored.output_sha256
}
