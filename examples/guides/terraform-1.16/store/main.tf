ephemeral "runpodserverless_job" "token" {
  run   = terraform.applying
  input = { prompt = "token" }
}

resource "terraform_data" "token" {
  store {
    input     = try(ephemeral.runpodserverless_job.token.output.token, null)
    version   = 1
    sensitive = true # sensitive_output instead of output
  }
}
