package acctest_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestStopped_actions: after Terraform has asked the provider to stop, the last event
// of an action still arrives. Terraform takes a stream without one for a success.
func TestStopped_actions(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		typeName string
		config   acctest.Values
		fault    *simulator.Fault
		error    string
		status   string // the final status of the job
	}{
		"left running": {typeName: "runpodserverless_job_run", config: acctest.Values{}, error: "Interrupted; the job keeps running", status: "IN_PROGRESS"},
		"cancelled":    {typeName: "runpodserverless_job_run", config: acctest.Values{"on_interrupt": "cancel"}, error: "Interrupted; the job was cancelled", status: "CANCELLED"},
		"not cancelled": {
			typeName: "runpodserverless_job_run", config: acctest.Values{"on_interrupt": "cancel"},
			fault: &simulator.Fault{Op: "cancel", Kind: simulator.StatusReply, Status: 403, Body: `{"detail":"forbidden"}`}, error: "Interrupted; the job could not be cancelled", status: "IN_PROGRESS",
		},
		"in mode sync": {typeName: "runpodserverless_job_run", config: acctest.Values{"mode": "sync", "sync_wait": "1s"}, error: "Interrupted; the job keeps running", status: "IN_PROGRESS"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := "/status"
			if tc.config["mode"] == "sync" {
				path = "/runsync"
			}
			sim, asked := startAsked(t, simulator.Options{}, path, 1)
			if tc.fault != nil {
				sim.Inject(*tc.fault)
			}
			server := acctest.NewGRPCServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
			tc.config["input"] = acctest.Values{"mock_delay": 3600}
			var stopping sync.WaitGroup
			defer stopping.Wait()
			stopping.Go(func() {
				<-asked
				server.Stop(t.Context())
			})
			_, diags := server.InvokeAction(t.Context(), tc.typeName, tc.config)
			job := sim.Jobs(simulator.DefaultEndpointID)[0]
			if errors := diags.Errors(); len(errors) != 1 || !strings.Contains(errors[0], tc.error) || !strings.Contains(errors[0], job.ID) {
				t.Errorf("got %q, want %q and job %s", errors, tc.error, job.ID)
			}
			if cancelled := job.Status == "CANCELLED"; cancelled != (tc.status == "CANCELLED") {
				t.Errorf("the job is %s, want %s", job.Status, tc.status)
			}
		})
	}
}

// TestStopped_laterCall: an action that arrives after the stop submits nothing and
// returns an error.
func TestStopped_laterCall(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewGRPCServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	server.Stop(t.Context())
	_, diags := server.InvokeAction(t.Context(), "runpodserverless_job_run", acctest.Values{"input": acctest.Values{"a": 1}})
	if !diags.HasError() {
		t.Error("no error from an action that did not run")
	}
	if n := len(sim.Journal()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestStopped_list: an interrupted query ends with an error, not with an empty result.
func TestStopped_list(t *testing.T) {
	t.Parallel()
	sim, listing := startHeld(t, "/batch")
	server := acctest.NewGRPCServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	var stopping sync.WaitGroup
	defer stopping.Wait()
	stopping.Go(func() {
		<-listing
		server.Stop(t.Context())
	})
	results := server.List(t.Context(), "runpodserverless_batch", acctest.Values{}, false, 100)
	if len(results) != 1 || !results[0].Diagnostics.HasError() {
		t.Errorf("got %v, want one error", results)
	}
}
