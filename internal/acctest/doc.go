// Package acctest is what the acceptance tests share: it finds the Terraform
// or OpenTofu command-line interface and prepares its environment, skips tests
// by product and version, and drives the provider in three ways: through
// terraform-plugin-testing ([Test]), through the plugin protocol with no
// command-line interface ([NewProtocolServer]), and through the real
// command-line interface as a process ([NewCLI]).
//
// Acceptance tests run against the simulator, so they need neither TF_ACC nor
// an account: with a command-line interface "go test" runs them, without one
// it skips them and says so.
package acctest
