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
// three of twenty-one.
func TestJobSetResource_purged(t *testing.T) {
	t.Parallel()
	lost := acctest.Sized(100, 3)
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

// TestJobSetResource_sums: a set adds up the times of its jobs, those that failed
// included, and says how many expired.
func TestJobSetResource_sums(t *testing.T) {
	t.Parallel()
	options := simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Workers: 1}}}
	inBubble(t, options, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
		sums := func(state *acctest.ResourceState, execution, delay, succeeded, failed, expired int64) {
			t.Helper()
			for name, want := range map[string]int64{"execution_time_ms": execution, "delay_time_ms": delay, "succeeded": succeeded, "failed": failed, "expired": expired} {
				if got := state.Values[name]; got != want {
					t.Errorf("%s: %v, want %d", name, got, want)
				}
			}
		}
		inputs := acctest.Values{
			"a": acctest.Values{"mock_return": 1, "sim_delay_ms": int64(1000)},
			"b": acctest.Values{"sim_raise": "kaboom", "sim_delay_ms": int64(2000)},
		}
		config := set(inputs, acctest.Values{"max_in_flight": int64(1), "on_failure": "warn", "on_expired": "warn"})
		state, diags := p.CreateResource(t.Context(), setType, config)
		diags.RequireNoError(t)
		sums(state, 3000, 0, 1, 1, 0)

		// What is added counts as well, with its time in the queue.
		inputs["c"] = acctest.Values{"mock_return": 3, "sim_delay_ms": int64(3000)}
		inputs["d"] = acctest.Values{"mock_return": 4, "sim_delay_ms": int64(3000)}
		config["max_in_flight"] = int64(2)
		state, diags = update(t, p, state, config)
		diags.RequireNoError(t)
		sums(state, 9000, 3000, 3, 1, 0)

		// What expired has no time; what is removed does not count any more.
		delete(inputs, "b")
		inputs["e"] = acctest.Values{"sim_delay_ms": int64(300_000)}
		time.AfterFunc(time.Minute, func() {
			for _, j := range sim.Jobs("demo") {
				if j.Status == "IN_PROGRESS" {
					sim.ExpireJob("demo", j.ID)
				}
			}
		})
		state, diags = update(t, p, state, config)
		diags.RequireNoError(t)
		sums(state, 7000, 3000, 3, 0, 1)
		unchanged(t, sim, p, state, config)
	})
}
