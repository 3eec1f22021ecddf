package acctest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

const (
	healthConfig = `
data "runpodserverless_endpoint_health" "this" {}

output "in_queue" {
  value = data.runpodserverless_endpoint_health.this.jobs.in_queue
}
`
	slowJobConfig = `
resource "runpodserverless_job" "slow" {
  input = { mock_delay = 600 }
}
`
)

func endpointLine() string { return `endpoint_id = "` + simulator.DefaultEndpointID + `"` }

// startWaited returns a simulator and a channel that is closed when a request waits for
// a job: by then the provider's create is in progress and an interrupt reaches it.
func startWaited(t *testing.T) (*simtest.Sim, <-chan struct{}) {
	t.Helper()
	return startWaitedFor(t, simulator.Options{}, 1)
}

// startWaitedFor is startWaited for the n-th such request.
func startWaitedFor(t *testing.T, o simulator.Options, n int32) (*simtest.Sim, <-chan struct{}) {
	t.Helper()
	return startAsked(t, o, "/status", n)
}

// startAsked returns a simulator and a channel that is closed when the n-th request to
// a path arrives.
func startAsked(t *testing.T, o simulator.Options, path string, n int32) (*simtest.Sim, <-chan struct{}) {
	t.Helper()
	sim := simtest.Start(t, o)
	waiting := make(chan struct{})
	var seen atomic.Int32
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, path) && seen.Add(1) == n {
			close(waiting)
		}
		sim.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		sim.Close()
		front.CloseClientConnections()
		front.Close()
	})
	sim.URL = front.URL + "/v2"
	return sim, waiting
}

// startHeld returns a simulator that never answers requests to a path, and a channel
// that is closed when one has arrived.
func startHeld(t *testing.T, suffix string) (*simtest.Sim, <-chan struct{}) {
	t.Helper()
	sim := simtest.Start(t, simulator.Options{})
	arrived, ended := make(chan struct{}), make(chan struct{})
	arrive := sync.OnceFunc(func() { close(arrived) })
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, suffix) {
			arrive()
			select {
			case <-r.Context().Done():
			case <-ended:
			}
			return
		}
		sim.ServeHTTP(w, r)
	}))
	t.Cleanup(func() {
		close(ended)
		front.Close()
	})
	sim.URL = front.URL + "/v2"
	return sim, arrived
}

func TestAccTest(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		// The source address fails if the host or the namespace does not match the
		// product.
		Config: acctest.RequiredProviders() + acctest.ProviderConfig(sim, endpointLine()) + healthConfig,
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue("data.runpodserverless_endpoint_health.this",
				tfjsonpath.New("jobs").AtMapKey("in_queue"), knownvalue.Int64Exact(0)),
		},
	}}})
}

func TestAccCLI(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := acctest.NewCLI(t)
	cli.WriteFile("main.tf", acctest.RequiredProviders()+healthConfig)
	cli.Setenv("RUNPOD_API_KEY", sim.APIKey)
	cli.Setenv("RUNPOD_ENDPOINT_BASE_URL", sim.URL)
	cli.Setenv("RUNPOD_ENDPOINT_ID", simulator.DefaultEndpointID)
	cli.Trace()
	cli.MustRun("apply", "-auto-approve")
	if got := strings.TrimSpace(cli.MustRun("output", "-json", "in_queue").Stdout); got != "0" {
		t.Errorf("output: got %q, want 0", got)
	}
	if log := cli.TraceLog(); !strings.Contains(log, "runpodserverless_endpoint_health") {
		t.Error("the trace log does not name the data source")
	} else if strings.Contains(log, sim.APIKey) {
		t.Error("the trace log holds the API key")
	}
	if r := cli.Run("apply", "-no-such-flag"); r.ExitCode != 1 || r.Stderr == "" {
		t.Errorf("a wrong flag: exit code %d, standard error %q", r.ExitCode, r.Stderr)
	}
}

func TestAccCLI_interrupt(t *testing.T) {
	t.Parallel()
	sim, waiting := startWaited(t)
	cli := acctest.NewCLI(t)
	cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim, endpointLine())+slowJobConfig)
	run := cli.Start("apply", "-auto-approve")
	run.WaitFor(waiting)
	run.Interrupt()
	if r := run.Wait(); r.ExitCode != 1 || !strings.Contains(r.Output(), "Interrupt") {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
}

func TestAccCLI_abandoned(t *testing.T) {
	t.Parallel()
	sim, waiting := startWaited(t)
	var run *acctest.Process
	t.Run("abandon", func(t *testing.T) {
		cli := acctest.NewCLI(t)
		cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim, endpointLine())+slowJobConfig)
		run = cli.Start("apply", "-auto-approve")
		run.WaitFor(waiting)
	})
	if run == nil {
		t.Skip("The run was not started; the subtest says why.")
	}
	if !run.Ended() {
		t.Error("the run outlives the test that started it")
	}
}
