package jobset_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// inBubble calls f in a bubble of fake time, with a simulator and a provider.
func inBubble(t *testing.T, o simulator.Options, f func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer)) {
	t.Helper()
	simtest.Bubble(t, o, func(t *testing.T, sim *simtest.Sim) {
		f(t, sim, acctest.NewBubbleServer(t, sim.Server, acctest.Values{"endpoint_id": "demo"}, nil))
	})
}

// TestJobSetResource_purged: a hundred of seven hundred jobs vanish while they are
// waited for, and the next apply runs exactly these. With the race detector it is
// ten of seventy.
func TestJobSetResource_purged(t *testing.T) {
	t.Parallel()
	lost := 100
	if acctest.RaceDetector {
		lost = 10
	}
	jobs := 7 * lost
	inputs := same(jobs, acctest.Values{"mock_return": "fine", "sim_delay_ms": 1000})
	var slow []string
	for i := 0; i < jobs; i += 7 {
		key := fmt.Sprintf("k%04d", i)
		slow = append(slow, key)
		inputs[key] = acctest.Values{"mock_return": "fine", "sim_delay_ms": (20 * time.Minute).Milliseconds()}
	}
	for name, tc := range map[string]struct {
		more     acctest.Values
		fails    bool
		advice   string
		replaced bool
	}{
		"error":                    {nil, true, "apply again, which runs new jobs for these keys", false},
		"error, then replaced":     {nil, true, "apply again, which runs new jobs for these keys", true},
		"error, failures are kept": {acctest.Values{"on_failure": "warn"}, true, "apply again", false},
		"warn":                     {acctest.Values{"on_expired": "warn"}, false, "not run again", false},
		"tolerated":                {acctest.Values{"min_success_ratio": 0.85}, false, "not run again", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
				time.AfterFunc(10*time.Minute, func() {
					for _, j := range sim.Jobs("demo") {
						if j.Status == "IN_PROGRESS" {
							sim.ExpireJob("demo", j.ID)
						}
					}
				})
				config := set(inputs, acctest.Values{"max_in_flight": 200, "timeouts": acctest.Values{"create": "2h"}, "policy": acctest.Values{"execution_timeout": "2h"}}, tc.more)
				state, diags := p.CreateResource(t.Context(), setType, config)
				if len(diags) != 1 || diags.HasError() != tc.fails || !strings.Contains(diags.String(), "Jobs have expired") || !strings.Contains(diags.String(), tc.advice) {
					t.Fatalf("%s", diags)
				}
				if state.Values["succeeded"] != int64(jobs-lost) || state.Values["expired"] != int64(lost) || state.Values["failed"] != int64(0) {
					t.Fatalf("%v completed, %v expired, %v failed", state.Values["succeeded"], state.Values["expired"], state.Values["failed"])
				}
				if !tc.fails {
					if plan := p.PlanResource(t.Context(), setType, state, config); open(t, plan) != "" || len(plan.Diagnostics) > 0 {
						t.Errorf("%s\n%s", open(t, plan), plan.Diagnostics)
					}
					requests(t, sim, "run", jobs)
					return
				}
				before, _ := ids(t, state.Values)
				if tc.replaced { // Terraform replaces a set whose creation failed
					state, diags = replace(t, p, state, config)
				} else {
					plan := p.PlanResource(t.Context(), setType, state, config)
					if got := open(t, plan); got != sorted(slow) || !strings.Contains(plan.Diagnostics.String(), "Runs expired jobs again") {
						t.Errorf("open: %s\n%s", got, plan.Diagnostics)
					}
					state, diags = p.ApplyResource(t.Context(), plan)
				}
				diags.RequireNoError(t)
				requests(t, sim, "run", jobs+lost)
				after, _ := ids(t, state.Values)
				var ran []string
				for key, id := range after {
					if before[key] != id {
						ran = append(ran, key)
					}
				}
				if sorted(ran) != sorted(slow) || state.Values["succeeded"] != int64(jobs) || state.Values["expired"] != int64(0) {
					t.Errorf("%d ran again, %v completed", len(ran), state.Values["succeeded"])
				}
			})
		})
	}
}
