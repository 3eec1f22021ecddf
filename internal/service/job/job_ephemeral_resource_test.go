package job_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

func equal(a, b any) bool { return reflect.DeepEqual(a, b) }

func TestJobEphemeral_planSubmitsNothing(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	result, private, diags := server.OpenEphemeral(t.Context(), jobType, acctest.Values{"run": false, "input": acctest.Values{"mock_return": "x"}})
	diags.RequireNone(t)
	if result["id"] != nil || result["output"] != nil {
		t.Errorf("got %v", result)
	}
	server.CloseEphemeral(t.Context(), jobType, private).RequireNone(t)
	if n := len(sim.Journal()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

func TestJobEphemeral_run(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	result, private, diags := server.OpenEphemeral(t.Context(), jobType, acctest.Values{"run": true, "input": acctest.Values{"mock_return": acctest.Values{"token": "t0k3n"}}})
	diags.RequireNone(t)
	if result["status"] != "COMPLETED" || !equal(result["output"], acctest.Values{"token": "t0k3n"}) {
		t.Errorf("got %v", result)
	}
	server.CloseEphemeral(t.Context(), jobType, private).RequireNone(t)
	requests(t, sim, "run", 1)
	requests(t, sim, "cancel", 0)
}

// TestJobEphemeral_closeCancels: nothing would read the job's result.
func TestJobEphemeral_closeCancels(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	_, private, diags := server.OpenEphemeral(t.Context(), jobType, acctest.Values{
		"run": true, "wait_for_completion": false, "input": acctest.Values{"sim_delay_ms": 60000},
	})
	diags.RequireNone(t)
	requests(t, sim, "cancel", 0)
	server.CloseEphemeral(t.Context(), jobType, private).RequireNone(t)
	requests(t, sim, "cancel", 1)
}

// TestJobEphemeral_closeCancelsWhatIsNotVisibleYet: an apply can end before the API
// shows the job, which must not keep running then.
func TestJobEphemeral_closeCancelsWhatIsNotVisibleYet(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	_, private, diags := server.OpenEphemeral(t.Context(), jobType, acctest.Values{
		"run": true, "wait_for_completion": false, "input": acctest.Values{"mock_delay": 3600},
	})
	diags.RequireNone(t)
	sim.Inject(simulator.Fault{Op: "cancel", Kind: simulator.NotVisible, Times: 1})
	sim.Inject(simulator.Fault{Op: "status", Kind: simulator.NotVisible, Times: 1})
	server.CloseEphemeral(t.Context(), jobType, private).RequireNone(t)
	if got := sim.Jobs("demo")[0].Status; got != "CANCELLED" {
		t.Errorf("the job is %s", got)
	}
}

func TestJobEphemeral_ends(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		config  acctest.Values
		error   string
		cancels int
	}{
		"failed":    {acctest.Values{"input": acctest.Values{"sim_raise": "kaboom"}}, "kaboom", 0},
		"timed out": {acctest.Values{"input": acctest.Values{"sim_delay_ms": 60000}, "timeouts": acctest.Values{"open": "200ms"}}, "timeouts.open", 1},
		"detached":  {acctest.Values{"input": acctest.Values{"sim_delay_ms": 60000}, "timeouts": acctest.Values{"open": "200ms"}, "on_timeout": "detach"}, "note its id", 0},
		"no object": {acctest.Values{"input": []any{"x"}}, "must be an object", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
			tc.config["run"] = true
			_, _, diags := server.OpenEphemeral(t.Context(), jobType, tc.config)
			contains(t, "error", diags.Errors(), tc.error)
			requests(t, sim, "cancel", tc.cancels)
		})
	}
}

// TestJobEphemeral_interruptCancels: unlike for the resource, the wait cannot be
// resumed.
func TestJobEphemeral_interruptCancels(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	_, _, diags := server.OpenEphemeral(whenWaiting(t, sim), jobType, acctest.Values{"run": true, "input": acctest.Values{"sim_delay_ms": 60000}})
	contains(t, "error", diags.Errors(), "the job was cancelled")
	requests(t, sim, "cancel", 1)
}

// whenWaiting returns a context that ends once a job is waited for.
func whenWaiting(t *testing.T, sim *simtest.Sim) context.Context {
	t.Helper()
	return sim.UntilReached(t, "status-sync", 1)
}
