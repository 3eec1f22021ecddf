package acctest_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// submitJob submits a job like another client, and returns its id.
func submitJob(t *testing.T, sim *simtest.Sim, input string) string {
	t.Helper()
	client, err := runpod.New(runpod.Options{BaseURL: sim.URL, APIKey: sim.APIKey})
	if err != nil {
		t.Fatal(err)
	}
	job, err := client.Run(t.Context(), simulator.DefaultEndpointID, runpod.JobRequest{Input: json.RawMessage(input)})
	if err != nil {
		t.Fatal(err)
	}
	return job.ID
}

// triggered is a resource whose creation triggers the action.
const triggered = `
resource "terraform_data" "release" {
  input = "v1"

  lifecycle {
    action_trigger {
      events  = [after_create]
      actions = [action.%TYPE%.test]
    }
  }
}
`

// TestAccActions: every action runs from a trigger and with -invoke, and its messages
// name the job and the endpoint.
func TestAccActions(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		input  string // input of a job that is submitted before
		config string // %ID% is the id of that job
		ops    map[string]int
		output []string
	}{
		"runpodserverless_job_run": {
			config: `input = { mock_return = "done" }`,
			ops:    map[string]int{"run": 1}, output: []string{"on endpoint demo: COMPLETED after"},
		},
		"runpodserverless_job_cancel": {
			input: `{"mock_delay":3600}`, config: `id = "%ID%"`,
			ops: map[string]int{"run": 1, "cancel": 1}, output: []string{"Job %ID% on endpoint demo: CANCELLED"},
		},
		"runpodserverless_job_retry": {
			input: `{"sim_fail_times":1}`, config: `id = "%ID%"`,
			ops:    map[string]int{"run": 1, "retry": 1},
			output: []string{"Job %ID% on endpoint demo: put back into the queue", "Job %ID% on endpoint demo: COMPLETED"},
		},
		"runpodserverless_queue_purge": {
			ops: map[string]int{"purge-queue": 1}, output: []string{"Jobs removed from the queue of endpoint demo: 0"},
		},
	}
	acctest.RequireCases(t, "TestAccActions", acctest.NewUnconfiguredProtocolServer(t).Schema().ActionSchemas, cases, nil)
	acctest.RequireActions(t)
	for typeName, tc := range cases {
		for _, by := range []string{"trigger", "invoke"} {
			t.Run(typeName+" by "+by, func(t *testing.T) {
				t.Parallel()
				sim := simtest.Start(t, simulator.Options{})
				id := ""
				if tc.input != "" {
					id = submitJob(t, sim, tc.input)
				}
				fill := strings.NewReplacer("%ID%", id, "%TYPE%", typeName)
				main := acctest.RequiredProviders() + acctest.ProviderConfig(sim, endpointLine()) +
					fill.Replace("action \"%TYPE%\" \"test\" {\n  config {\n    "+tc.config+"\n  }\n}\n")
				args := []string{"apply", "-auto-approve", "-invoke=action." + typeName + ".test"}
				if by == "trigger" {
					main += fill.Replace(triggered)
					args = args[:2]
				}
				cli := acctest.NewCLI(t)
				cli.WriteFile("main.tf", main)
				before := len(sim.Journal())
				cli.MustRun("plan")
				if got := len(sim.Journal()); got != before {
					t.Errorf("a plan sent %d requests", got-before)
				}
				out := cli.MustRun(args...).Output()
				for _, part := range tc.output {
					if !strings.Contains(out, fill.Replace(part)) {
						t.Errorf("no %q in\n%s", fill.Replace(part), out)
					}
				}
				for op, want := range tc.ops {
					if got := sim.Journal().Count(op); got != want {
						t.Errorf("%d requests to /%s, want %d", got, op, want)
					}
				}
			})
		}
	}
}

// TestAccActions_knownAtApply: an argument that is known only at apply is validated
// before anything is sent.
func TestAccActions_knownAtApply(t *testing.T) {
	t.Parallel()
	acctest.RequireActions(t)
	for name, tc := range map[string]struct{ value, argument string }{
		"mode":    {"bogus", "mode = terraform_data.value.output"},
		"ttl":     {"1s", "policy = { ttl = terraform_data.value.output }"},
		"timeout": {"-5s", "timeouts = { invoke = terraform_data.value.output }"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			cli := acctest.NewCLI(t)
			cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim, endpointLine())+`
resource "terraform_data" "value" {
  input = "`+tc.value+`"
}

action "runpodserverless_job_run" "test" {
  config {
    input = { a = 1 }
    `+tc.argument+`
  }
}
`+strings.ReplaceAll(triggered, "%TYPE%", "runpodserverless_job_run"))
			if r := cli.Run("apply", "-auto-approve"); r.ExitCode != 1 || !strings.Contains(r.Output(), tc.value) {
				t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
			}
			if n := len(sim.Journal()); n != 0 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// TestAccActions_failure: a failed action fails the apply, and the error names its job.
func TestAccActions_failure(t *testing.T) {
	t.Parallel()
	acctest.RequireActions(t)
	sim := simtest.Start(t, simulator.Options{})
	cli := acctest.NewCLI(t)
	cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim, endpointLine())+`
action "runpodserverless_job_run" "test" {
  config {
    input = { sim_raise = "kaboom" }
  }
}
`)
	r := cli.Run("apply", "-auto-approve", "-invoke=action.runpodserverless_job_run.test")
	id := sim.Jobs(simulator.DefaultEndpointID)[0].ID
	for _, part := range []string{"Job ended as FAILED", "Endpoint: demo", "Job: " + id, "kaboom"} {
		if r.ExitCode != 1 || !strings.Contains(r.Output(), part) {
			t.Errorf("exit code %d, want 1 and %q in\n%s", r.ExitCode, part, r.Output())
		}
	}
}
