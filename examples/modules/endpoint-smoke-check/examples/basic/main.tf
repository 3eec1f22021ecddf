# The endpoint comes from RUNPOD_ENDPOINT_ID. Next to the resource that creates
# the endpoint, set endpoint_id to its id.
module "smoke_check" {
  source = "../.."

  input    = { prompt = "ping", mock_return = { text = "pong" } }
  triggers = { image = "v1" }
}

# A check only warns; the apply succeeds.
check "answer" {
  assert {
    condition     = try(module.smoke_check.output.text, null) == "pong"
    error_message = "The worker returned ${jsonencode(module.smoke_check.output)}: ${jsonencode(module.smoke_check.verdict)}"
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
