package job_test

import (
	"context"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestJobActions_interruptedRequest: whatever an interrupted request did is in a
// diagnostic with the job's ID, because a message would not arrive any more.
func TestJobActions_interruptedRequest(t *testing.T) {
	t.Parallel()
	long := acctest.Values{"mock_delay": 3600}
	for name, tc := range map[string]struct {
		typeName, op  string
		config        acctest.Values
		job           acctest.Values // of a job that exists before
		error, warned string
		status        string // of the job in the end
	}{
		"run": {
			typeName: runAction, op: "run", config: acctest.Values{"input": long}, error: "Interrupted; the job keeps running", status: "IN_PROGRESS",
		},
		"run, not waited for": {
			typeName: runAction, op: "run", config: acctest.Values{"input": long, "wait_for_completion": false},
			error: "Interrupted; the job keeps running", status: "IN_PROGRESS",
		},
		"run, not waited for, cancelled": {
			typeName: runAction, op: "run", config: acctest.Values{"input": long, "wait_for_completion": false, "on_interrupt": "cancel"},
			error: "Interrupted; the job was cancelled", status: "CANCELLED",
		},
		"run, not to be cancelled any more": {
			typeName: runAction, op: "run", config: acctest.Values{"input": acctest.Values{"mock_return": 1, "mock_delay": 0}, "on_interrupt": "cancel"},
			warned: "Interrupted; the job has ended", status: "COMPLETED",
		},
		"run in mode sync": {
			typeName: runAction, op: "runsync", config: acctest.Values{"input": acctest.Values{"mock_return": 1}, "mode": "sync"},
			warned: "Interrupted; the job has ended", status: "COMPLETED",
		},
		"retry": {
			typeName: retryAction, op: "retry", job: acctest.Values{"sim_fail_times": 1, "mock_delay": 600},
			error: "Interrupted; the job keeps running", status: "IN_PROGRESS",
		},
		"retry, not waited for": {
			typeName: retryAction, op: "retry", config: acctest.Values{"wait_for_completion": false}, job: acctest.Values{"sim_fail_times": 1, "mock_delay": 600},
			error: "Interrupted; the job keeps running", status: "IN_PROGRESS",
		},
		"cancel": {
			typeName: cancelAction, op: "cancel", job: acctest.Values{"mock_delay": 3600}, warned: "Interrupted; the job was cancelled", status: "CANCELLED",
		},
		"cancel, too late": {
			typeName: cancelAction, op: "cancel", job: acctest.Values{"mock_return": 1}, warned: "Interrupted; the job has ended", status: "COMPLETED",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simtest.Bubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim) {
				server := acctest.NewBubbleServer(t, sim.Server, acctest.Values{"endpoint_id": "demo"})
				config := acctest.Values{}
				if tc.job != nil {
					state, diags := server.CreateResource(t.Context(), jobType, acctest.Values{"input": tc.job, "wait_for_completion": false, "policy": acctest.Values{"execution_timeout": "24h"}})
					diags.RequireNone(t)
					config["id"] = state.Values["id"]
					time.Sleep(11 * time.Minute)
				}
				for name, value := range tc.config {
					config[name] = value
				}
				sim.Inject(simulator.Fault{Op: tc.op, Kind: simulator.SlowAfter, Delay: 5 * time.Second})
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				time.AfterFunc(time.Second, interrupt)
				progress, diags := server.InvokeAction(ctx, tc.typeName, config)
				job := sim.Jobs("demo")[0]
				contains(t, "error", diags.Errors(), tc.error, "Job: "+job.ID, "Endpoint: demo")
				contains(t, "warning", diags.Warnings(), tc.warned, "Job: "+job.ID, "Endpoint: demo")
				if job.Status != tc.status {
					t.Errorf("the job is %s, want %s", job.Status, tc.status)
				}
				if len(progress) > 0 && tc.op != "runsync" { // its first message comes before the request
					t.Errorf("messages: %q", progress)
				}
			})
		})
	}
}

// TestJobRunAction_interruptedBefore: an interrupt before a job in mode sync is
// submitted leaves the error to be the first event.
func TestJobRunAction_interruptedBefore(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": "demo"})
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	progress, diags := server.InvokeAction(ctx, runAction, acctest.Values{"input": acctest.Values{"a": 1}, "mode": "sync"})
	contains(t, "error", diags.Errors(), "Unable to submit the job", "Endpoint: demo")
	if len(progress) > 0 || len(sim.Journal()) > 0 {
		t.Errorf("messages %q, %d requests", progress, len(sim.Journal()))
	}
}
