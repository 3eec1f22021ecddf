variable "registry_password" {
  type      = string
  sensitive = true
  ephemeral = true
  default   = "not-a-real-password"
}

# One job per apply, none in a plan. Neither its input nor its output is stored.
ephemeral "runpodserverless_job" "credentials" {
  run = terraform.applying

  input = {
    password    = var.registry_password
    mock_return = { token = "not-a-real-token" } # what the public mock-worker image returns
  }

  timeouts = {
    open = "10m"
  }
}

# The output is null in a plan, hence the try.
resource "runpodserverless_job" "render" {
  input            = { frames = 24 }
  input_wo         = { token = try(ephemeral.runpodserverless_job.credentials.output.token, null) }
  input_wo_version = 1
}
