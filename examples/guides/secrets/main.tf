# From the environment, a file or a secret store; an ephemeral variable is in
# neither the plan nor the state.
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
  # Stored, and shown in plans.
  input = {
    prompt      = "summarise the contract"
    mock_return = { text = "for nobody else" }
    auth        = { user = "ci" }
  }

  # Merged over input, member by member, and never stored: the worker gets
  # auth = { user = "ci", token = "..." }.
  input_wo = {
    auth = { token = var.model_token }
  }
  input_wo_version = 1 # raise it when the token changes: a new job runs

  s3_config = {
    access_id     = "AKIDEXAMPLE"
    access_secret = var.s3_secret # write-only
    bucket_name   = "results"
    endpoint_url  = "https://s3.example.com"
  }

  # The answer is in sensitive_output, and hidden on the screen.
  output_sensitive = true
}

resource "runpodserverless_job" "not_stored" {
  input = { mock_return = { text = "not even in the state" } }

  # No output is stored, only its size and its digest. Its worker puts the
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
