package jobset_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestJobSetResource_errorOfWorker: an error of a worker that reads like the mark of a
// job that the provider cancelled is the error of a failed job.
func TestJobSetResource_errorOfWorker(t *testing.T) {
	t.Parallel()
	const text = "the provider cancelled the job before its end"
	for name, tc := range map[string]struct {
		input acctest.Values
		reply string // of each reading
	}{
		"returned a code":          {input: acctest.Values{"sim_error": acctest.Values{"code": "Cancelled"}}},
		"returned the same text":   {input: acctest.Values{"sim_error": acctest.Values{"type": "Cancelled", "message": text}}},
		"yielded an error":         {input: acctest.Values{"sim_error": "{'type': 'Cancelled', 'message': '" + text + "'}"}},
		"cancelled by a third one": {input: acctest.Values{"mock_return": 1}, reply: `{"id":"x","status":"CANCELLED","error":{"code":"Cancelled"}}`},
		"... with the same text":   {input: acctest.Values{"mock_return": 1}, reply: `{"id":"x","status":"CANCELLED","error":{"type":"Cancelled","message":"` + text + `"}}`},
		"... without a type":       {input: acctest.Values{"mock_return": 1}, reply: `{"id":"x","status":"CANCELLED","error":"` + text + `"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
				if tc.reply != "" {
					sim.Inject(simulator.Fault{Op: http.MethodGet, Kind: simulator.StatusReply, Status: http.StatusOK, Body: tc.reply})
				}
				config := set(acctest.Values{"a": tc.input}, acctest.Values{"on_failure": "warn"})
				state, diags := p.CreateResource(t.Context(), setType, config)
				diags.RequireNoError(t)
				if state.Values["failed"] != int64(1) {
					t.Fatalf("%v failed: %v", state.Values["failed"], state.Values["jobs"])
				}
				if plan := p.PlanResource(t.Context(), setType, state, config); open(t, plan) != "" {
					t.Errorf("planned: %s", open(t, plan))
				}
			})
		})
	}
}

// TestJobSetResource_cancelledRunsAgain: a key whose job the provider cancelled runs
// again whatever on_failure says, also if the API shows the job as cancelled only later.
func TestJobSetResource_cancelledRunsAgain(t *testing.T) {
	t.Parallel()
	for name, late := range map[string]bool{"at once": false, "later": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
				config := set(acctest.Values{"a": acctest.Values{"mock_delay": 3600}}, acctest.Values{"on_failure": "warn", "on_interrupt": "cancel"})
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				time.AfterFunc(time.Minute, interrupt)
				accepted := func() {}
				if late {
					accepted = sim.Inject(simulator.Fault{Op: "cancel", Kind: simulator.StatusReply, Status: http.StatusOK, Body: `{"id":"x","status":"IN_PROGRESS"}`})
				}
				state, _ := p.CreateResource(ctx, setType, config)
				accepted()
				if late {
					sim.CancelJob("demo", sim.Jobs("demo")[0].ID)
					var diags acctest.Diagnostics
					state, diags = p.ReadResource(t.Context(), setType, state)
					diags.RequireNoError(t)
				}
				if status := job(t, state.Values, "a")["status"]; status != "CANCELLED" {
					t.Fatalf("the job is %s", status)
				}
				if plan := p.PlanResource(t.Context(), setType, state, config); open(t, plan) != "a" {
					t.Errorf("planned: %q\n%s", open(t, plan), plan.Diagnostics)
				}
			})
		})
	}
}
