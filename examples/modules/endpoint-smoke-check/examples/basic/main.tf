# The endpoint comes from RUNPOD_ENDPOINT_ID; beside the endpoint's own resource
# it is that resource's id.
module "smoke_check" {
  source = "../.."

  input    = { prompt = "ping", mock_return = { text = "pong" } }
  triggers = { image = "v1" }
}

# A check warns and lets the apply succeed.
check "answer" {
  assert {
    condition     = try(module.smoke_check.output.text, null) == "pong"
    error_message = "The worker answered with something else: ${jsonencode(module.smoke_check.output)}"
  }
}

# A precondition fails the apply before anything uses the endpoint.
output "endpoint_id" {
  value = module.smoke_check.endpoint_id

  precondition {
    condition     = module.smoke_check.verdict.passed
    error_message = "The endpoint does not work: ${jsonencode(module.smoke_check.verdict)}"
  }
}
