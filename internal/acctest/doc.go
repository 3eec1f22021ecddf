// Package acctest contains the helpers of the acceptance tests. It finds the Terraform
// or OpenTofu CLI and prepares its environment, skips tests by product and version, and
// drives the provider in three ways: with terraform-plugin-testing ([Test]), over the
// plugin protocol without a CLI ([NewProtocolServer]), and with the real CLI as a
// process ([NewCLI]).
//
// Acceptance tests run against the simulator, so they need neither TF_ACC nor an
// account. "go test" runs them if there is a CLI, and skips them with a message
// otherwise.
package acctest
