package jobset_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestJobSetResource_incremental: each change touches the keys that changed, and the
// plan says which.
func TestJobSetResource_incremental(t *testing.T) {
	t.Parallel()
	one := acctest.Values{"mock_return": acctest.Values{"n": int64(9007199254740993), "l": []any{int64(1), nil}}}
	two, zwei, none := acctest.Values{"mock_return": "two"}, acctest.Values{"mock_return": "zwei"}, acctest.Values{"sim_no_output": true}
	terms := acctest.Values{"webhook": "http://127.0.0.1:9/hook", "policy": acctest.Values{"execution_timeout": "10s"}}
	waiting := acctest.Values{"max_in_flight": int64(3), "on_failure": "warn"}
	others := acctest.Values{"policy": acctest.Values{"execution_timeout": "20s"}}
	inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
		var state *acctest.ResourceState
		for _, step := range []struct {
			name     string
			config   acctest.Values
			open     string // keys whose jobs the plan does not know
			replaces bool
			outputs  acctest.Values
			runs     int // in all
		}{
			{"created", set(acctest.Values{"a": one, "b": two}, terms), "a b", false, acctest.Values{"a": one["mock_return"], "b": "two"}, 2},
			{"added", set(acctest.Values{"a": one, "b": two, "c": none}, terms), "c", false, acctest.Values{"a": one["mock_return"], "b": "two", "c": nil}, 3},
			{"changed", set(acctest.Values{"a": one, "b": zwei, "c": none}, terms), "b", false, acctest.Values{"a": one["mock_return"], "b": "zwei", "c": nil}, 4},
			{"removed", set(acctest.Values{"a": one, "c": none}, terms), "", false, acctest.Values{"a": one["mock_return"], "c": nil}, 4},
			{"waited for otherwise", set(acctest.Values{"a": one, "c": none}, terms, waiting), "", false, acctest.Values{"a": one["mock_return"], "c": nil}, 4},
			{"made of something else", set(acctest.Values{"a": one, "c": none}, others), "a c", true, acctest.Values{"a": one["mock_return"], "c": nil}, 6},
			{"nothing", set(acctest.Values{}, others), "", false, acctest.Values{}, 6},
		} {
			plan := p.PlanResource(t.Context(), setType, state, step.config)
			plan.Diagnostics.RequireNone(t)
			shown := plan
			if step.replaces { // what the command-line interface shows is the creation
				shown = p.PlanResource(t.Context(), setType, &acctest.ResourceState{Private: plan.Private}, step.config)
			}
			if got := open(t, shown); got != step.open || (len(plan.RequiresReplace) > 0) != step.replaces {
				t.Errorf("%s: open: %q, replaced for %v", step.name, got, plan.RequiresReplace)
			}
			for key, known := range jobs(t, shown.Planned) {
				if known != acctest.Unknown && job(t, shown.Planned, key)["status"] != "COMPLETED" {
					t.Errorf("%s: %s is planned as %v", step.name, key, known)
				}
			}
			if state != nil && !step.replaces && fmt.Sprint(plan.Planned) == fmt.Sprint(state.Values) {
				t.Errorf("%s: the plan changes nothing", step.name)
			}
			allKnown := step.open == ""
			if succeeded := shown.Planned["succeeded"]; allKnown && succeeded != int64(len(step.outputs)) || !allKnown && step.name == "created" && succeeded != acctest.Unknown {
				t.Errorf("%s: succeeded is planned as %v", step.name, succeeded)
			}
			apply := func() (*acctest.ResourceState, acctest.Diagnostics) { return p.ApplyResource(t.Context(), plan) }
			if step.replaces {
				if shown.Planned["id"] != acctest.Unknown {
					t.Errorf("%s: the id is planned as %v", step.name, shown.Planned["id"])
				}
				apply = func() (*acctest.ResourceState, acctest.Diagnostics) {
					return p.ReplaceResource(t.Context(), plan, step.config)
				}
			}
			after, diags := apply()
			diags.RequireNone(t)
			if got, want := fmt.Sprint(after.Values["outputs"]), fmt.Sprint(step.outputs); got != want || after.Values["succeeded"] != int64(len(step.outputs)) || len(jobs(t, after.Values)) != len(step.outputs) {
				t.Errorf("%s: outputs %s, want %s; %v completed", step.name, got, want, after.Values["succeeded"])
			}
			requests(t, sim, "run", step.runs)
			unchanged(t, sim, p, after, step.config)
			state = after
		}
		requests(t, sim, "status-sync", 6)
		_, diags := p.DestroyResource(t.Context(), setType, state)
		diags.RequireNone(t)
		requests(t, sim, "cancel", 0) // final jobs need none
		requests(t, sim, "status", 0)
	})
}

// TestJobSetResource_failure: more failures than allowed fail the apply; fewer are
// kept, with a warning.
func TestJobSetResource_failure(t *testing.T) {
	t.Parallel()
	bad := acctest.Values{"good": acctest.Values{"mock_return": "fine"}, "bad": acctest.Values{"sim_raise": "kaboom"}, "worse": acctest.Values{"mock_error": true}}
	fixed := acctest.Values{"good": bad["good"], "bad": bad["bad"], "worse": acctest.Values{"mock_return": "fixed"}}
	inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
		noChange := func(state *acctest.ResourceState, config acctest.Values) {
			t.Helper()
			seen, diags := p.ReadResource(t.Context(), setType, state)
			diags.RequireNoError(t)
			if plan := p.PlanResource(t.Context(), setType, seen, config); fmt.Sprint(plan.Planned) != fmt.Sprint(seen.Values) {
				t.Errorf("the next plan changes something: %v", plan.Planned)
			}
		}
		state := createFailing(t, p, set(bad))
		state, diags := update(t, p, state, set(bad))
		if !diags.HasError() {
			t.Errorf("%s", diags)
		}
		requests(t, sim, "run", 5)

		allowed := set(fixed, acctest.Values{"min_success_ratio": 0.6})
		state, diags = update(t, p, state, allowed)
		diags.RequireNoError(t)
		requests(t, sim, "run", 6)
		noChange(state, allowed)

		// on_failure = "warn" keeps everything.
		kept := set(bad, acctest.Values{"on_failure": "warn"})
		state, diags = update(t, p, state, kept)
		if diags.HasError() || !strings.Contains(diags.String(), "2 of 3 jobs failed") {
			t.Errorf("%s", diags)
		}
		requests(t, sim, "run", 7)
		noChange(state, kept)
	})
}

func TestJobSetResource_retry(t *testing.T) {
	t.Parallel()
	config := set(acctest.Values{
		"a": acctest.Values{"sim_fail_times": 2, "mock_return": "third time"},
		"b": acctest.Values{"mock_return": "first time"},
	}, acctest.Values{"retry": acctest.Values{"max_attempts": 3, "min_backoff": "10ms", "max_backoff": "20ms"}})
	inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
		state, diags := p.CreateResource(t.Context(), setType, config)
		diags.RequireNone(t)
		outputs, _ := state.Values["outputs"].(acctest.Values)
		if a, b := job(t, state.Values, "a")["attempts"], job(t, state.Values, "b")["attempts"]; outputs["a"] != "third time" || a != int64(3) || b != int64(1) {
			t.Errorf("outputs %v after %v and %v attempts", outputs, a, b)
		}
		unchanged(t, sim, p, state, config)
		requests(t, sim, "run", 2)
		requests(t, sim, "retry", 2)
	})
}

func TestJobSetResource_timeoutCancels(t *testing.T) {
	t.Parallel()
	options := simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Throttled: 3}}}
	inBubble(t, options, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
		_, diags := p.CreateResource(t.Context(), setType, set(
			acctest.Values{"a": acctest.Values{"x": 1}, "b": acctest.Values{"x": 2}, "c": acctest.Values{"x": 3}},
			acctest.Values{"max_in_flight": 2, "timeouts": acctest.Values{"create": "1s"}}))
		want := regexp.MustCompile(`(?s)Jobs timed out and were cancelled.*Endpoint: demo.*3\s+throttled.*Cancelled: 2.*Not submitted: 1`)
		if errs := diags.Errors(); len(errs) != 1 || !want.MatchString(errs[0]) {
			t.Errorf("%s", diags)
		}
		requests(t, sim, "run", 2)
		requests(t, sim, "cancel", 2)
	})
}

// TestJobSetResource_output: the place of outputs changes in place, and many warnings
// of one kind become one.
func TestJobSetResource_output(t *testing.T) {
	t.Parallel()
	inputs := acctest.Values{}
	for _, key := range []string{"a", "b"} {
		inputs[key] = acctest.Values{"mock_return": acctest.Values{"text": "text of " + key, "n": 7}}
	}
	whole := "map[a:map[n:7 text:text of a] b:map[n:7 text:text of b]]"
	inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
		var state *acctest.ResourceState
		for i, step := range []struct {
			more               acctest.Values
			later              time.Duration
			outputs, sensitive string
			warnings           int
			status             int // requests in all
		}{
			{acctest.Values{"output_sensitive": true}, 0, "<nil>", whole, 0, 0},
			{acctest.Values{"output_select": acctest.Values{"t": "text"}}, 0, "map[a:map[t:text of a] b:map[t:text of b]]", "<nil>", 0, 2},
			{acctest.Values{"max_output_bytes": 10}, 0, "map[a:<nil> b:<nil>]", "<nil>", 1, 4},
			{nil, 0, whole, "<nil>", 0, 6},
			// Only another place: it needs no request.
			{acctest.Values{"output_sensitive": true}, time.Hour, "<nil>", whole, 0, 6},
		} {
			time.Sleep(step.later)
			config := set(inputs, step.more)
			plan := p.PlanResource(t.Context(), setType, state, config)
			plan.Diagnostics.RequireNone(t)
			if i > 0 && (len(plan.RequiresReplace) > 0 || job(t, plan.Planned, "a")["status"] != "COMPLETED") {
				t.Errorf("step %d: replaced for %v, planned %v", i, plan.RequiresReplace, plan.Planned["jobs"])
			}
			if got := plan.Planned["outputs"]; step.outputs != "<nil>" && got != acctest.Unknown {
				t.Errorf("step %d: outputs are planned as %v", i, got)
			}
			after, diags := p.ApplyResource(t.Context(), plan)
			if diags.HasError() || len(diags) != step.warnings {
				t.Errorf("step %d: %s", i, diags)
			}
			if outputs, sensitive := fmt.Sprint(after.Values["outputs"]), fmt.Sprint(after.Values["sensitive_outputs"]); outputs != step.outputs || sensitive != step.sensitive {
				t.Errorf("step %d: outputs %s, sensitive outputs %s", i, outputs, sensitive)
			}
			if got := job(t, after.Values, "a")["output_bytes"]; step.warnings > 0 && got != int64(26) {
				t.Errorf("step %d: %v bytes", i, got)
			}
			requests(t, sim, "status", step.status)
			unchanged(t, sim, p, after, config)
			state = after
		}
		requests(t, sim, "run", 2)
	})
}
