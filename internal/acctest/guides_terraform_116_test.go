package acctest_test

import (
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// TestAccGuideTerraform116: the trigger's action gets its endpoint from its caller, a
// failure taints the resource, -invoke with -target runs the action of one caller, and
// store keeps a part of an ephemeral result until its version changes.
func TestAccGuideTerraform116(t *testing.T) {
	t.Parallel()
	acctest.RequireTerraform116(t)
	t.Run("trigger", func(t *testing.T) {
		t.Parallel()
		cli, sim := startGuide(t, "terraform-1.16/trigger")
		config := cli.ReadFile("main.tf")
		remove := sim.Inject(simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: 400, Body: `{"error":"no"}`})
		if r := cli.Run("apply", "-auto-approve"); r.ExitCode != 1 || !strings.Contains(cli.ReadFile("terraform.tfstate"), `"tainted"`) {
			t.Errorf("taint: exit code %d\n%s", r.ExitCode, r.Output())
		}
		cli.MustRun("destroy", "-auto-approve")
		cli.WriteFile("main.tf", strings.Replace(config, "= taint", "= halt", 1))
		if r := cli.Run("apply", "-auto-approve"); r.ExitCode != 1 || strings.Contains(cli.ReadFile("terraform.tfstate"), `"tainted"`) {
			t.Errorf("halt: exit code %d\n%s", r.ExitCode, r.Output())
		}
		cli.MustRun("destroy", "-auto-approve")
		cli.WriteFile("main.tf", strings.Replace(config, "= taint", "= continue", 1))
		cli.MustRun("apply", "-auto-approve")
		remove()
		before := sim.Journal().Count("run")
		cli.MustRun("apply", "-auto-approve", "-invoke=action.runpodserverless_job_run.smoke", "-target=terraform_data.endpoint")
		if got := sim.Journal().Count("run") - before; got != 1 {
			t.Errorf("-invoke with -target submitted %d jobs, want 1", got)
		}
	})
	t.Run("store", func(t *testing.T) {
		t.Parallel()
		cli, sim := startGuide(t, "terraform-1.16/store")
		config := strings.Replace(cli.ReadFile("main.tf"), `{ prompt = "token" }`, `{ mock_return = { token = "stored-token" } }`, 1)
		cli.WriteFile("main.tf", config)
		cli.MustRun("apply", "-auto-approve")
		if !strings.Contains(cli.ReadFile("terraform.tfstate"), "stored-token") {
			t.Error("the state has no token")
		}
		cli.WriteFile("main.tf", strings.Replace(config, "stored-token", "another-token", 1))
		cli.MustRun("apply", "-auto-approve")
		if got := sim.Journal().Count("run"); got != 2 || strings.Contains(cli.ReadFile("terraform.tfstate"), "another-token") {
			t.Errorf("%d jobs, want one in every apply, and the first token", got)
		}
		cli.WriteFile("main.tf", strings.Replace(strings.Replace(config, "stored-token", "another-token", 1), "version   = 1", "version   = 2", 1))
		cli.MustRun("apply", "-auto-approve")
		if !strings.Contains(cli.ReadFile("terraform.tfstate"), "another-token") {
			t.Error("a new version did not store the token again")
		}
	})
}
