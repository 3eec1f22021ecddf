variable "registry_password" {
  type      = string
  sensitive = true
  ephemeral = true
  default   = "not-a-real-password"
}

# One job in each apply, and none in a plan. Neither what goes in nor what comes
# out is stored.
ephemeral "runpodserverless_job" "credentials" {
  run = terraform.applying

  input = {
    password    = var.registry_password
    mock_return = { token = "not-a-real-token" } # what the public mock worker answers with
  }

  timeouts = {
    open = "10m"
  }
}

# A plan has no output yet, hence the try.
resource "runpodserverless_job" "render" {
  input            = { frames = 24 }
  input_wo         = { token = try(ephemeral.runpodserverless_job.credentials.output.token, null) }
  input_wo_version = 1
}
