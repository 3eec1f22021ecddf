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

// TestJobSetResource_maxFailures: after that many failures nothing more is submitted,
// unfinished jobs are waited for, and the next apply continues.
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

// TestJobSetResource_maxFailuresContinues checks that each apply first submits the keys that
// no apply has submitted before. Otherwise jobs that always fail would stop each apply
// before the other keys are submitted. That holds for a set that stays, and for one that
// Terraform replaces because its creation failed.
func TestJobSetResource_maxFailuresContinues(t *testing.T) {
	t.Parallel()
	inputs := acctest.Values{"k5": acctest.Values{"sim_end_state": "TIMED_OUT"}}
	for i := range 4 {
		inputs[fmt.Sprintf("bad%d", i)] = acctest.Values{"sim_raise": "kaboom"}
		inputs[fmt.Sprintf("good%d", i)] = acctest.Values{"mock_return": "fine"}
	}
	config := set(inputs, acctest.Values{"max_in_flight": int64(1), "max_failures": int64(2)})
	for name, next := range map[string]func(*testing.T, *acctest.ProtocolServer, *acctest.ResourceState, acctest.Values) (*acctest.ResourceState, acctest.Diagnostics){
		"changed": update, "replaced": replace,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, p := start(t, simulator.Options{})
			first := config
			if name == "changed" {
				first = set(acctest.Values{})
			}
			state, diags := p.CreateResource(t.Context(), setType, first)
			if diags.HasError() != (name == "replaced") {
				t.Fatalf("%s", diags)
			}
			applies := 3 // bad0 and bad1; bad2 and bad3; all others, and two that failed before
			if name == "replaced" {
				applies-- // the creation was the first one
			}
			for range applies {
				if state, diags = next(t, p, state, config); !strings.Contains(diags.String(), "Stopped after too many failed jobs") {
					t.Fatalf("%s", diags)
				}
			}
			if state.Values["succeeded"] != int64(4) {
				t.Errorf("%v completed", state.Values["succeeded"])
			}
			requests(t, sim, "run", 2+2+4+2)
		})
	}
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

// TestJobSetResource_maxFailuresCounts: a job counts once, after its last attempt, and
// so does one that expired, unless on_expired says otherwise.
func TestJobSetResource_maxFailuresCounts(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		input acctest.Values
		more  acctest.Values
		runs  int // the fewest and, with those in flight, the most are near that
		title string
	}{
		"retried":       {acctest.Values{"sim_raise": "kaboom", "sim_delay_ms": 1000}, acctest.Values{"retry": acctest.Values{"max_attempts": int64(3), "min_backoff": "1ms", "max_backoff": "1ms"}}, 10, "Stopped after too many failed jobs"},
		"retried, well": {acctest.Values{"sim_fail_times": int64(1), "sim_delay_ms": 1000}, acctest.Values{"retry": acctest.Values{"max_attempts": int64(2), "min_backoff": "1ms", "max_backoff": "1ms"}}, 60, ""},
		"expired":       {acctest.Values{"sim_delay_ms": int64(300_000)}, acctest.Values{"policy": acctest.Values{"ttl": "1m"}}, 10, "Stopped after too many failed jobs"},
		"expired, kept": {acctest.Values{"sim_delay_ms": int64(300_000)}, acctest.Values{"policy": acctest.Values{"ttl": "1m"}, "on_expired": "warn", "timeouts": acctest.Values{"create": "3h"}}, 60, "Jobs have expired"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
				config := set(same(60, tc.input), acctest.Values{"max_in_flight": int64(5), "max_failures": int64(10)}, tc.more)
				state, diags := p.CreateResource(t.Context(), setType, config)
				if (tc.title == "") != (len(diags) == 0) || !strings.Contains(diags.String(), tc.title) {
					t.Fatalf("%s", diags)
				}
				if n := sim.Journal().Count("run"); n < tc.runs || n > tc.runs+5 {
					t.Errorf("%d submissions", n)
				}
				if tc.runs == 60 {
					return
				}
				plan := p.PlanResource(t.Context(), setType, state, config)
				if n := len(strings.Split(open(t, plan), " ")); n != 60 { // the failed and the expired ones, and the rest
					t.Errorf("%d keys are open: %s", n, open(t, plan))
				}
			})
		})
	}
}

// TestJobSetResource_errorMatches: of the failures of a set, only those that match are
// retried.
func TestJobSetResource_errorMatches(t *testing.T) {
	t.Parallel()
	inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
		state, diags := p.CreateResource(t.Context(), setType, acctest.Values{
			"inputs": acctest.Values{
				"memory": acctest.Values{"sim_raise": "CUDA out of memory"}, "input": acctest.Values{"sim_raise": "no such file"}, "fine": acctest.Values{"mock_return": 1},
			},
			"retry":      acctest.Values{"max_attempts": int64(3), "error_matches": []any{"^timeout$", "out of memory$"}},
			"on_failure": "warn",
		})
		diags.RequireNoError(t)
		for key, want := range map[string]int64{"memory": 3, "input": 1, "fine": 1} {
			if got := job(t, state.Values, key)["attempts"]; got != want {
				t.Errorf("%s: %v attempts, want %d", key, got, want)
			}
		}
		requests(t, sim, "retry", 2)
	})
}
