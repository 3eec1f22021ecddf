package acctest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// gatedConfig has the action; gatedResource has a resource with a trigger before or
// after which the action runs.
const gatedConfig = `
action "runpodserverless_job_run" "gate" {
  config {
    input        = { mock_delay = 36000 }
    on_interrupt = "%ON_INTERRUPT%"
  }
}
`

const gatedResource = `
resource "terraform_data" "gated" {
  input            = "%INPUT%"
  triggers_replace = "%REPLACE%"

  lifecycle {
    action_trigger {
      events  = [%EVENT%]
      actions = [action.runpodserverless_job_run.gate]
    }
  }
}
`

// gated are the ways to run an action, with the change that triggers it and the state
// of the resource after an interrupt.
var gated = map[string]struct {
	before, change map[string]string // arguments; before is nil if the resource does not exist yet
	left           string            // input and triggers_replace; "" for no resource
	again          bool              // the next plan has the change again
	destroys       bool
}{
	"before_create":  {change: map[string]string{"INPUT": "1", "REPLACE": "1"}, left: "", again: true},
	"after_create":   {change: map[string]string{"INPUT": "1", "REPLACE": "1"}, left: "1 1"},
	"before_update":  {before: map[string]string{"INPUT": "1", "REPLACE": "1"}, change: map[string]string{"INPUT": "2", "REPLACE": "1"}, left: "1 1", again: true},
	"after_update":   {before: map[string]string{"INPUT": "1", "REPLACE": "1"}, change: map[string]string{"INPUT": "2", "REPLACE": "1"}, left: "2 1"},
	"before_destroy": {before: map[string]string{"INPUT": "1", "REPLACE": "1"}, change: map[string]string{"INPUT": "1", "REPLACE": "2"}, left: "1 1", again: true, destroys: true},
	"after_destroy":  {before: map[string]string{"INPUT": "1", "REPLACE": "1"}, change: map[string]string{"INPUT": "1", "REPLACE": "2"}, left: "", again: true, destroys: true},
	"invoke":         {},
	"destroy":        {before: map[string]string{"INPUT": "1", "REPLACE": "1"}, left: "", destroys: true}, // before_destroy of "terraform destroy", which an action cannot stop
}

// TestAccActions_interrupt: an interrupt detaches or cancels the job, as configured;
// the CLI fails and shows the job's outcome; and a change that the action gates is not
// made and is planned again.
func TestAccActions_interrupt(t *testing.T) {
	t.Parallel()
	acctest.RequireActions(t)
	for onInterrupt, tc := range map[string]struct{ first, last, status string }{
		"detach": {"submitted; Ctrl-C leaves it running", "Interrupted; the job keeps running", "IN_PROGRESS"},
		"cancel": {"submitted; Ctrl-C cancels it", "Interrupted; the job was cancelled", "CANCELLED"},
	} {
		for signal, send := range map[string]func(*acctest.Process){"SIGINT": (*acctest.Process).Interrupt, "SIGTERM": (*acctest.Process).Terminate} {
			for by, change := range gated {
				t.Run(strings.Join([]string{by, signal, onInterrupt}, " "), func(t *testing.T) {
					t.Parallel()
					if change.destroys {
						acctest.RequireDestroyTriggers(t)
					}
					sim, waiting := startWaitedFor(t, simulator.Options{Speed: 50}, 3) // the job is IN_PROGRESS by then
					cli := acctest.NewCLI(t)
					write := func(arguments map[string]string) {
						event := by
						if by == "destroy" {
							event = "before_destroy"
						}
						main := acctest.RequiredProviders() + acctest.ProviderConfig(sim, endpointLine()) + strings.ReplaceAll(gatedConfig, "%ON_INTERRUPT%", onInterrupt)
						if arguments != nil {
							main += strings.NewReplacer("%EVENT%", event, "%INPUT%", arguments["INPUT"], "%REPLACE%", arguments["REPLACE"]).Replace(gatedResource)
						}
						cli.WriteFile("main.tf", main)
					}
					if change.before != nil {
						write(change.before)
						cli.MustRun("apply", "-auto-approve")
					}
					args := []string{"apply", "-auto-approve"}
					switch by {
					case "invoke":
						args = append(args, "-invoke=action.runpodserverless_job_run.gate")
						write(nil)
					case "destroy":
						args[0] = "destroy"
					default:
						write(change.change)
					}
					run := cli.Start(args...)
					run.WaitFor(waiting)
					send(run)
					r := run.Wait()
					job := sim.Jobs(simulator.DefaultEndpointID)[0]
					for _, part := range []string{"Job " + job.ID + " on endpoint demo: " + tc.first, tc.last, "Job: " + job.ID} {
						if !strings.Contains(r.Output(), part) {
							t.Errorf("no %q in\n%s", part, r.Output())
						}
					}
					if r.ExitCode != 1 {
						t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
					}
					if job.Status != tc.status {
						t.Errorf("the job is %s, want %s", job.Status, tc.status)
					}
					if got := gatedIn(t, cli); got != change.left {
						t.Errorf("the resource is %q, want %q\n%s", got, change.left, r.Output())
					}
					if change.again {
						if r := cli.Run("plan", "-detailed-exitcode"); r.ExitCode != 2 {
							t.Errorf("the next plan has exit code %d\n%s", r.ExitCode, r.Output())
						}
					}
				})
			}
		}
	}
}

// gatedIn returns the arguments of the gated resource in the state; "" if it is not
// there.
func gatedIn(t *testing.T, cli *acctest.CLI) string {
	t.Helper()
	var state struct {
		Values struct {
			RootModule struct {
				Resources []struct {
					Values struct {
						Input   string
						Replace string `json:"triggers_replace"`
					}
				}
			} `json:"root_module"`
		}
	}
	if err := json.Unmarshal([]byte(cli.MustRun("show", "-json").Stdout), &state); err != nil {
		t.Fatal(err)
	}
	resources := state.Values.RootModule.Resources
	if len(resources) == 0 {
		return ""
	}
	return resources[0].Values.Input + " " + resources[0].Values.Replace
}

// TestAccQuery_interrupt: an interrupted query fails.
func TestAccQuery_interrupt(t *testing.T) {
	t.Parallel()
	acctest.RequireQuery(t)
	for signal, send := range map[string]func(*acctest.Process){"SIGINT": (*acctest.Process).Interrupt, "SIGTERM": (*acctest.Process).Terminate} {
		t.Run(signal, func(t *testing.T) {
			t.Parallel()
			sim, listing := startHeld(t, "/batch")
			cli := acctest.NewCLI(t)
			cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim, endpointLine()))
			cli.WriteFile("all.tfquery.hcl", `
list "runpodserverless_batch" "all" {
  provider = runpodserverless
}
`)
			run := cli.Start("query")
			run.WaitFor(listing)
			send(run)
			if r := run.Wait(); r.ExitCode != 1 || !strings.Contains(r.Output(), "Unable to list the batches") {
				t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
			}
		})
	}
}

// TestAccActions_failedBeforeDestroy: a failed action stops an apply that would replace
// the resource, but not a "terraform destroy", as documented.
func TestAccActions_failedBeforeDestroy(t *testing.T) {
	t.Parallel()
	acctest.RequireDestroyTriggers(t)
	sim := simtest.Start(t, simulator.Options{})
	cli := acctest.NewCLI(t)
	write := func(replace string) {
		cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim, endpointLine())+`
action "runpodserverless_job_run" "gate" {
  config {
    input = { sim_raise = "not today" }
  }
}
`+strings.NewReplacer("%EVENT%", "before_destroy", "%INPUT%", "1", "%REPLACE%", replace).Replace(gatedResource))
	}
	write("1")
	cli.MustRun("apply", "-auto-approve")
	write("2")
	if r := cli.Run("apply", "-auto-approve"); r.ExitCode != 1 || !strings.Contains(r.Output(), "not today") || gatedIn(t, cli) != "1 1" {
		t.Errorf("a replacement: exit code %d, left %q\n%s", r.ExitCode, gatedIn(t, cli), r.Output())
	}
	if r := cli.Run("destroy", "-auto-approve"); r.ExitCode != 0 || !strings.Contains(r.Output(), "not today") || gatedIn(t, cli) != "" {
		t.Errorf("a destroy: exit code %d, left %q\n%s", r.ExitCode, gatedIn(t, cli), r.Output())
	}
}

// TestAccActions_onFailureOfTrigger: the effect of each on_failure of a trigger on a
// job and on the next apply, as documented.
func TestAccActions_onFailureOfTrigger(t *testing.T) {
	t.Parallel()
	acctest.RequireDestroyTriggers(t) // the same versions have on_failure
	for onFailure, tc := range map[string]struct{ exitCode, jobsThen, jobsAfter int }{
		"halt":     {1, 2, 2},
		"continue": {0, 2, 2},
		"taint":    {1, 2, 4},
	} {
		t.Run(onFailure, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			cli := acctest.NewCLI(t)
			cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim, endpointLine())+`
action "runpodserverless_job_run" "check" {
  config {
    input = { sim_raise = "not good" }
  }
}

resource "runpodserverless_job" "made" {
  input = { mock_return = 1 }

  lifecycle {
    action_trigger {
      events     = [after_create]
      actions    = [action.runpodserverless_job_run.check]
      on_failure = `+onFailure+`
    }
  }
}
`)
			r := cli.Run("apply", "-auto-approve")
			if got := sim.Journal().Count("run"); r.ExitCode != tc.exitCode || got != tc.jobsThen || !strings.Contains(r.Output(), "not good") {
				t.Errorf("exit code %d, %d jobs\n%s", r.ExitCode, got, r.Output())
			}
			r = cli.Run("apply", "-auto-approve")
			if got := sim.Journal().Count("run"); got != tc.jobsAfter {
				t.Errorf("the next apply: exit code %d, %d jobs\n%s", r.ExitCode, got, r.Output())
			}
		})
	}
}
