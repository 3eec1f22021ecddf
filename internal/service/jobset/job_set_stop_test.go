package jobset_test

import (
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestJobSetResource_maxFailures: after so many failures nothing more is submitted, what
// is under way is waited for, and the next apply continues.
func TestJobSetResource_maxFailures(t *testing.T) {
	t.Parallel()
	inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
		config := set(same(100, acctest.Values{"sim_raise": "kaboom", "sim_delay_ms": 1000}), acctest.Values{"max_in_flight": int64(5), "max_failures": int64(10)})
		state, diags := p.CreateResource(t.Context(), setType, config)
		if len(diags) != 1 || !diags.HasError() || !strings.Contains(diags.String(), "Stopped after too many failed jobs") || !strings.Contains(diags.String(), "Not submitted: ") {
			t.Fatalf("%s", diags)
		}
		n := len(sim.Journal().Op("run"))
		if n < 10 || n > 15 || len(jobs(t, state.Values)) != 100 {
			t.Errorf("%d submissions, %d keys", n, len(jobs(t, state.Values)))
		}
		fine := set(same(100, acctest.Values{"mock_return": "fine"}), acctest.Values{"max_failures": int64(10)})
		state, diags = update(t, p, state, fine)
		diags.RequireNone(t)
		requests(t, sim, "run", n+100)
		if state.Values["succeeded"] != int64(100) {
			t.Errorf("%v completed", state.Values["succeeded"])
		}
		// As many failures as allowed among the last jobs stop nothing.
		few := set(same(10, acctest.Values{"sim_raise": "kaboom"}), acctest.Values{"max_failures": int64(10)})
		_, diags = p.CreateResource(t.Context(), setType, few)
		if !strings.Contains(diags.String(), "10 of 10 jobs failed") {
			t.Errorf("%s", diags)
		}
	})
}

// TestJobSetResource_queueTimeout: jobs that no worker takes are given up, and no more
// are submitted.
func TestJobSetResource_queueTimeout(t *testing.T) {
	t.Parallel()
	for choice, fails := range map[string]bool{"cancel": true, "detach": false} {
		t.Run(choice, func(t *testing.T) {
			t.Parallel()
			options := simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Throttled: 1}}}
			inBubble(t, options, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
				config := set(same(30, acctest.Values{"mock_return": "fine"}), acctest.Values{
					"max_in_flight": int64(10), "queue_timeout": "2m", "on_timeout": choice, "timeouts": acctest.Values{"create": "1h"},
				})
				started := time.Now()
				state, diags := p.CreateResource(t.Context(), setType, config)
				if len(diags) != 1 || diags.HasError() != fails || !strings.Contains(diags.String(), "No worker took the jobs") || !strings.Contains(diags.String(), "1 throttled") {
					t.Fatalf("%s", diags)
				}
				if took := time.Since(started); took < 2*time.Minute || took > 3*time.Minute {
					t.Errorf("it took %s", took)
				}
				requests(t, sim, "run", 10)
				cancelled := 0
				if fails {
					cancelled = 10
				}
				requests(t, sim, "cancel", cancelled)
				plan := p.PlanResource(t.Context(), setType, state, config)
				if n := len(strings.Split(open(t, plan), " ")); n != 30 {
					t.Errorf("%d keys are open: %s", n, open(t, plan))
				}
			})
		})
	}
}
