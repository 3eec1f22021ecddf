package acctest_test

import (
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestAccGuideResults verifies what the Fan-out guide says about results with the CLI.
func TestAccGuideResults(t *testing.T) {
	t.Parallel()
	const each = `
resource "terraform_data" "each" {
  for_each = runpodserverless_job_set.a.%s
  input    = each.key
}
`
	sim := simtest.Start(t, simulator.Options{})
	cli := ledgerCLI(t, sim, "")
	cli.KeepProvider()
	write := func(more string) {
		cli.WriteFile("set.tf", `
locals {
  inputs = { for row in csvdecode(file("prompts.csv")) : row.id => merge(jsondecode(file("common.json")), { mock_return = row.prompt }, row.prompt == "boom" ? { sim_raise = "boom" } : {}) }
}
resource "runpodserverless_job_set" "a" {
  inputs   = local.inputs
  triggers = { day = formatdate("YYYY-MM-DD", plantimestamp()) }
}
output "results" { value = runpodserverless_job_set.a.outputs }
output "complete" { value = runpodserverless_job_set.a.succeeded == length(local.inputs) }
`+more)
	}
	cli.WriteFile("common.json", `{"steps": 3}`)
	cli.WriteFile("prompts.csv", "id,prompt\na,one\nb,two\n")
	write(strings.Replace(each, "%s", "outputs", 1))
	if r := cli.Run("plan", "-no-color"); r.ExitCode == 0 || !strings.Contains(r.Output(), "Invalid for_each argument") {
		t.Errorf("for_each over the outputs can be planned: exit code %d\n%s", r.ExitCode, r.Output())
	}
	write(strings.Replace(each, "%s", "jobs", 1))
	cli.MustRun("apply", "-auto-approve")
	cli.MustRun("plan", "-detailed-exitcode") // a job that runs once a day is not run twice
	if bodies := sim.Journal().Op("run"); len(bodies) != 2 || !strings.Contains(string(bodies[0].Body), `"steps":3`) {
		t.Errorf("%d submissions", len(bodies))
	}
	if out := cli.MustRun("output", "-json", "results").Stdout; !strings.Contains(out, "two") {
		t.Errorf("results: %s", out)
	}

	// After a failed apply, the outputs are those of the last successful apply.
	cli.WriteFile("prompts.csv", "id,prompt\na,one\nb,boom\n")
	if r := cli.Run("apply", "-auto-approve"); r.ExitCode == 0 {
		t.Errorf("a failed job did not fail the apply\n%s", r.Output())
	}
	if out := cli.MustRun("output", "-json", "results").Stdout; !strings.Contains(out, "two") {
		t.Errorf("results after a failed apply: %s", out)
	}
	if out := cli.MustRun("output", "-json", "complete").Stdout; strings.TrimSpace(out) != "true" {
		t.Errorf("complete after a failed apply: %s", out)
	}
}
