package job_test

import (
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestAccJobEphemeral_leftOpen: no CLI closes an ephemeral resource after an error
// elsewhere or an interrupt. Its job is cancelled all the same.
func TestAccJobEphemeral_leftOpen(t *testing.T) {
	t.Parallel()
	acctest.RequireEphemeral(t)
	acctest.RequireWriteOnly(t)
	for name, tc := range map[string]struct {
		input     string
		interrupt bool
	}{
		"error elsewhere": {input: `{ sim_raise = "kaboom" }`},
		"interrupt":       {input: `{ mock_delay = 3600 }`, interrupt: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			cli := acctest.NewCLI(t)
			cli.WriteFile("main.tf", config(sim, `input = `+tc.input+`
				input_wo         = { beside = try(ephemeral.runpodserverless_job.beside.status, null) }
				input_wo_version = 1`)+`
ephemeral "runpodserverless_job" "beside" {
  run                 = terraform.applying
  wait_for_completion = false
  input               = { mock_delay = 3600, beside = true }
}
`)
			run := cli.Start("apply", "-auto-approve")
			if tc.interrupt {
				run.WaitFor(whenWaiting(t, sim).Done())
				run.Interrupt()
			}
			if r := run.Wait(); r.ExitCode != 1 {
				t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
			}
			requests(t, sim, "run", 2)
			for _, job := range sim.Jobs("demo") {
				if strings.Contains(string(job.Input), `"beside":true`) && job.Status != "CANCELLED" {
					t.Errorf("the job of the ephemeral resource is %s", job.Status)
				}
			}
			requests(t, sim, "cancel", 1)
		})
	}
}
