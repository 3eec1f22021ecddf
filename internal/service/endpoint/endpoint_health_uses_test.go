package endpoint_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// throttled is an endpoint whose workers never come.
var throttled = simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Throttled: 2}}}

// unmetHealth returns a data source with a short timeout and further arguments.
func unmetHealth(arguments string) string {
	return `data "runpodserverless_endpoint_health" "test" {
  wait_until = { workers_ready_min = 1, workers_throttled_max = 0 }
  timeouts   = { read = "1s" }
  ` + arguments + `
}
`
}

// oneLine undoes the line breaks and frames of the command-line interface.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(s)), " ")
}

// TestAccEndpointHealthDataSource_check: in a check block, unmet conditions are a
// warning that lists them.
func TestAccEndpointHealthDataSource_check(t *testing.T) {
	t.Parallel()
	acctest.RequireCLI(t)
	sim := simtest.Start(t, throttled)
	cli := acctest.NewCLI(t)
	cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim, `endpoint_id = "demo"`)+`
check "healthy" {
  `+unmetHealth("")+`
  assert {
    condition     = data.runpodserverless_endpoint_health.test.healthy
    error_message = "never asked: the data source fails before"
  }
}

check "verdict" {
  `+strings.Replace(unmetHealth("fail_if_unmet = false"), `"test"`, `"verdict"`, 1)+`
  assert {
    condition     = data.runpodserverless_endpoint_health.verdict.healthy
    error_message = join("; ", data.runpodserverless_endpoint_health.verdict.unmet)
  }
}
`)
	out := oneLine(cli.MustRun("apply", "-auto-approve", "-no-color").Output())
	for _, part := range []string{
		"Unmet: workers.ready is 0, but must be at least 1", "Last counts: workers: 0 ready",
		"workers.ready is 0, but must be at least 1; workers.throttled is 2, but must be at most 0",
	} {
		if !strings.Contains(out, part) {
			t.Errorf("no %q in %s", part, out)
		}
	}
}

// TestAccEndpointHealthDataSource_test: the test command gates on health.
func TestAccEndpointHealthDataSource_test(t *testing.T) {
	t.Parallel()
	acctest.RequireCLI(t)
	for name, tc := range map[string]struct {
		options  simulator.Options
		exitCode int
		output   string
	}{
		"healthy":   {simulator.Options{}, 0, "1 passed, 0 failed"},
		"throttled": {throttled, 1, "Unmet: workers.throttled is 2, but must be at most 0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, tc.options)
			cli := acctest.NewCLI(t)
			cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim, `endpoint_id = "demo"`)+unmetHealth(""))
			cli.WriteFile("tests/health.tftest.hcl", `run "healthy" {
  command = plan

  assert {
    condition     = data.runpodserverless_endpoint_health.test.healthy
    error_message = "The endpoint is not healthy."
  }
}
`)
			r := cli.Run("test", "-no-color")
			if out := oneLine(r.Output()); r.ExitCode != tc.exitCode || !strings.Contains(out, tc.output) {
				t.Errorf("exit code %d, want %d and %q in %s", r.ExitCode, tc.exitCode, tc.output, out)
			}
			for _, x := range sim.Journal() {
				if x.Op != "health" {
					t.Errorf("%s %s", x.Method, x.Path)
				}
			}
		})
	}
}

// TestAccEndpointHealthDataSource_gates: a job that takes its endpoint from the
// data source is submitted once the conditions hold, without depends_on.
func TestAccEndpointHealthDataSource_gates(t *testing.T) {
	t.Parallel()
	acctest.RequireCLI(t)
	sim := simtest.Start(t, throttled)
	cli := acctest.NewCLI(t)
	cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim)+`
# Known only after it is created, like an endpoint that is deployed here.
resource "terraform_data" "endpoint" {
  input = "demo"
}

data "runpodserverless_endpoint_health" "ready" {
  endpoint_id = terraform_data.endpoint.output
  wait_until  = { workers_ready_min = 1 }
}

resource "runpodserverless_job" "smoke" {
  endpoint_id = data.runpodserverless_endpoint_health.ready.endpoint_id
  input       = { mock_return = "pong" }
}
`)
	run := cli.Start("apply", "-auto-approve")
	run.WaitFor(sim.Reached(t, "health", 1))
	if got := sim.Journal().Count("run"); got != 0 {
		t.Errorf("%d jobs were submitted to an endpoint without workers", got)
	}
	sim.SetEndpoint("demo", simulator.Endpoint{})
	if r := run.Wait(); r.ExitCode != 0 {
		t.Fatalf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	if got := sim.Journal().Count("run"); got != 1 || sim.Journal().Count("health") < 2 {
		t.Errorf("%d submissions after %d looks", got, sim.Journal().Count("health"))
	}
	// What is ready and unchanged plans nothing.
	if r := cli.Run("plan", "-detailed-exitcode"); r.ExitCode != 0 {
		t.Errorf("the next plan: exit code %d\n%s", r.ExitCode, r.Output())
	}
}

// TestEndpointHealthDataSource_holds: conditions are waited for with few requests, and
// for ten minutes by default.
func TestEndpointHealthDataSource_holds(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		readyAfter time.Duration
		config     acctest.Values
		took       time.Duration // exactly for a timeout, else at most a twentieth more
		error      string
	}{
		"ready in time":   {8 * time.Minute, acctest.Values{}, 8 * time.Minute, ""},
		"default timeout": {time.Hour, acctest.Values{}, 10 * time.Minute, "Last counts: workers: 0 ready, 0 idle, 0 running, 0 initializing, 2 throttled"},
		"longer timeout":  {time.Hour, acctest.Values{"timeouts": acctest.Values{"read": "2h"}}, time.Hour, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := simtest.NewInBubble(t, throttled).Server
				timer := time.AfterFunc(tc.readyAfter, func() { sim.SetEndpoint("demo", simulator.Endpoint{}) })
				defer timer.Stop()
				config := acctest.Values{"endpoint_id": "demo", "wait_until": acctest.Values{"workers_ready_min": 1}}
				for k, v := range tc.config {
					config[k] = v
				}
				started := time.Now()
				values, diags := acctest.NewBubbleServer(t, sim).ReadDataSource(t.Context(), healthType, config)
				took := time.Since(started)
				if tc.error == "" {
					diags.RequireNone(t)
					if values["healthy"] != true {
						t.Error(values)
					}
				} else if len(diags.Errors()) != 1 || !strings.Contains(diags.String(), tc.error) || took != tc.took {
					t.Errorf("took %s: %s", took, diags)
				}
				if took < tc.took || took > tc.took+tc.took/20+time.Second {
					t.Errorf("took %s, want %s", took, tc.took)
				}
				if n := sim.Journal().Count("health"); n > 450 {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}
