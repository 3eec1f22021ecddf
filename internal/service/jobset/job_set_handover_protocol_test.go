package jobset_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// handed is how many keys the sets have whose results are handed over.
const handed = 4

// healthy are inputs whose jobs complete.
func healthy() acctest.Values { return same(handed, acctest.Values{"mock_return": "fine"}) }

// failing are the same inputs, of which the last one's job fails.
func failing() acctest.Values {
	inputs := healthy()
	inputs["k0003"] = acctest.Values{"sim_raise": "kaboom"}
	return inputs
}

// createFailing creates a set whose creation fails.
func createFailing(t *testing.T, p *acctest.ProtocolServer, config acctest.Values) *acctest.ResourceState {
	t.Helper()
	state, diags := p.CreateResource(t.Context(), setType, config)
	if !diags.HasError() || state.Values == nil || state.Values["creation_failed"] != true {
		t.Fatalf("%v, %s", state.Values["creation_failed"], diags)
	}
	return state
}

// remove removes a set as Terraform does when it replaces a tainted one: with the
// private state of the creation that is planned in its place.
func remove(ctx context.Context, t *testing.T, p *acctest.ProtocolServer, state *acctest.ResourceState, config acctest.Values) (*acctest.ResourceState, acctest.Diagnostics) {
	t.Helper()
	tainted := *state
	tainted.Private = p.PlanResource(t.Context(), setType, nil, config).Private //nolint:contextcheck // the plan came before the interrupt
	plan := p.PlanResource(ctx, setType, &tainted, nil)
	return p.ApplyResource(ctx, plan)
}

// replace removes a set and creates another in its place.
func replace(t *testing.T, p *acctest.ProtocolServer, state *acctest.ResourceState, config acctest.Values) (*acctest.ResourceState, acctest.Diagnostics) {
	t.Helper()
	left, diags := remove(t.Context(), t, p, state, config)
	diags.RequireNone(t)
	if left.Values != nil {
		t.Fatalf("left: %v", left.Values)
	}
	return p.CreateResource(t.Context(), setType, config)
}

// TestJobSetResource_handoverPlan: the plan of the replacement says what is kept of
// each key, as far as a refresh has seen it; that of a healthy set says nothing.
func TestJobSetResource_handoverPlan(t *testing.T) {
	t.Parallel()
	const title = "WARNING: Keeps the results of a set whose creation failed"
	slow := acctest.Values{"inputs": acctest.Values{"a": acctest.Values{"mock_delay": 3600}, "b": acctest.Values{"mock_return": 1}, "c": acctest.Values{"sim_raise": "kaboom"}}}
	for name, tc := range map[string]struct {
		config, next acctest.Values
		fails        bool
		refreshed    bool
		says         []string
	}{
		"one failed":    {set(failing()), set(failing()), true, true, []string{"Keys whose results are kept: 3", "Keys to submit: 1: k0003"}},
		"all changed":   {set(failing()), set(failing(), acctest.Values{"triggers": acctest.Values{"run": "2"}}), true, true, nil},
		"not refreshed": {set(failing()), set(failing()), true, false, nil},
		"healthy":       {set(same(3, acctest.Values{"mock_return": 1})), set(same(3, acctest.Values{"mock_return": 1})), false, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, p := start(t, simulator.Options{})
			state, diags := p.CreateResource(t.Context(), setType, tc.config)
			if diags.HasError() != tc.fails {
				t.Fatal(diags)
			}
			if tc.refreshed {
				_, diags := p.ReadResource(t.Context(), setType, state)
				diags.RequireNone(t)
			}
			told := p.PlanResource(t.Context(), setType, nil, tc.next).Diagnostics.String()
			if strings.Contains(told, title) != (tc.says != nil) {
				t.Errorf("the plan says:\n%s", told)
			}
			for _, part := range tc.says {
				if !strings.Contains(told, part) {
					t.Errorf("the plan does not say %q:\n%s", part, told)
				}
			}
		})
	}
	t.Run("one is running", func(t *testing.T) {
		t.Parallel()
		sim, p := start(t, simulator.Options{})
		remove := sim.Inject(simulator.Fault{Op: "status-sync", Kind: simulator.StatusReply, Status: 401, Body: `{"detail":"no"}`})
		state, _ := p.CreateResource(t.Context(), setType, slow)
		remove()
		_, diags := p.ReadResource(t.Context(), setType, state)
		diags.RequireNone(t)
		if told := p.PlanResource(t.Context(), setType, nil, slow).Diagnostics.String(); !strings.Contains(told, "Keys whose jobs are waited for: 1") {
			t.Errorf("the plan says:\n%s", told)
		}
	})
}

// TestJobSetResource_handover: results that still match are kept, and nothing else.
func TestJobSetResource_handover(t *testing.T) {
	t.Parallel()
	fixed := healthy()
	terms := acctest.Values{
		"policy": acctest.Values{"ttl": "1h"}, "webhook": "http://127.0.0.1:9/hook", "triggers": acctest.Values{"run": "1"},
		"output_select": acctest.Values{"all": "@"}, "max_output_bytes": int64(100),
	}
	other := healthy()
	other["k0000"] = acctest.Values{"mock_return": "other"}
	renamed := acctest.Values{"new": acctest.Values{"mock_return": "fine"}, "k0001": acctest.Values{"mock_return": "fine"}}
	for name, tc := range map[string]struct {
		inputs  acctest.Values
		changes acctest.Values
		runs    int // of the second creation
	}{
		"fixed":                {fixed, nil, 1},
		"the same":             {failing(), nil, 1},
		"a changed input":      {other, nil, 2},
		"another key":          {renamed, nil, 1},
		"another place":        {fixed, acctest.Values{"output_sensitive": true}, 1},
		"waited for otherwise": {fixed, acctest.Values{"max_in_flight": int64(3), "on_failure": "warn", "timeouts": acctest.Values{"create": "10m"}}, 1},
		"triggers":             {fixed, acctest.Values{"triggers": acctest.Values{"run": "2"}}, handed},
		"policy":               {fixed, acctest.Values{"policy": acctest.Values{"ttl": "2h"}}, handed},
		"webhook":              {fixed, acctest.Values{"webhook": nil}, handed},
		"endpoint_id":          {fixed, acctest.Values{"endpoint_id": "other"}, handed},
		"output_select":        {fixed, acctest.Values{"output_select": acctest.Values{"some": "@"}}, 1},
		"max_output_bytes":     {fixed, acctest.Values{"max_output_bytes": int64(99)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, p := start(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {}, "other": {}}})
			before := createFailing(t, p, set(failing(), terms))
			requests(t, sim, "run", handed)
			state, diags := replace(t, p, before, set(tc.inputs, terms, tc.changes))
			requests(t, sim, "run", handed+tc.runs)
			kept := len(tc.inputs) - tc.runs
			if reported := strings.Contains(diags.String(), fmt.Sprintf("Keys: %d: ", kept)); reported != (kept > 0) {
				t.Errorf("%d kept: %s", kept, diags)
			}
			if failed := state.Values["failed"] != int64(0); state.Values["creation_failed"] != failed || diags.HasError() != failed || failed != (name == "the same") {
				t.Errorf("%v failed, %v: %s", state.Values["failed"], state.Values["creation_failed"], diags)
			}
			old, _ := ids(t, before.Values)
			now, without := ids(t, state.Values)
			unchanged := 0
			for key, id := range now {
				if id == old[key] {
					unchanged++
				}
			}
			if unchanged != kept || len(without) != 0 {
				t.Errorf("%d ids as before, want %d; without: %v", unchanged, kept, without)
			}
			outputs, ok := state.Values["outputs"].(acctest.Values)
			if tc.changes["output_sensitive"] == true {
				if ok {
					t.Error("the outputs are not where they were asked for")
				}
				outputs, _ = state.Values["sensitive_outputs"].(acctest.Values)
			}
			if got := fmt.Sprint(outputs["k0001"]); got != "map[all:fine]" && got != "map[some:fine]" {
				t.Errorf("output of a kept key: %s", got)
			}
			plan := p.PlanResource(t.Context(), setType, state, set(tc.inputs, terms, tc.changes))
			if got := open(t, plan); (got == "") != (name != "the same") {
				t.Errorf("open: %s", got)
			}
		})
	}
}

// TestJobSetResource_handoverWithin: results are kept within one run of one
// provider, once, and only of a creation that failed.
func TestJobSetResource_handoverWithin(t *testing.T) {
	t.Parallel()
	fixed := set(healthy())
	for name, tc := range map[string]struct {
		between func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer, state *acctest.ResourceState) (*acctest.ProtocolServer, *acctest.ResourceState)
		runs    int
	}{
		"another run of the provider": {func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer, state *acctest.ResourceState) (*acctest.ProtocolServer, *acctest.ResourceState) {
			t.Helper()
			_, diags := remove(t.Context(), t, p, state, fixed)
			diags.RequireNone(t)
			return acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": "demo"}), nil
		}, handed},
		"taken before": {func(t *testing.T, _ *simtest.Sim, p *acctest.ProtocolServer, state *acctest.ResourceState) (*acctest.ProtocolServer, *acctest.ResourceState) {
			t.Helper()
			_, diags := replace(t, p, state, fixed)
			diags.RequireNoError(t)
			return p, nil
		}, 1 + handed},
		"fixed by a change": {func(t *testing.T, _ *simtest.Sim, p *acctest.ProtocolServer, state *acctest.ResourceState) (*acctest.ProtocolServer, *acctest.ResourceState) {
			t.Helper()
			state, diags := update(t, p, state, fixed)
			diags.RequireNone(t)
			if state.Values["creation_failed"] != false {
				t.Error("the mark is still there")
			}
			return p, state
		}, 1 + handed},
		"a change that failed": {func(t *testing.T, _ *simtest.Sim, p *acctest.ProtocolServer, state *acctest.ResourceState) (*acctest.ProtocolServer, *acctest.ResourceState) {
			t.Helper()
			state, diags := update(t, p, state, set(failing()))
			if !diags.HasError() || state.Values["creation_failed"] != false {
				t.Errorf("%v: %s", state.Values["creation_failed"], diags)
			}
			return p, state
		}, 1 + handed},
		"refreshed": {func(t *testing.T, _ *simtest.Sim, p *acctest.ProtocolServer, state *acctest.ResourceState) (*acctest.ProtocolServer, *acctest.ResourceState) {
			t.Helper()
			state, diags := p.ReadResource(t.Context(), setType, state)
			diags.RequireNone(t)
			return p, state
		}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, p := start(t, simulator.Options{})
			p, state := tc.between(t, sim, p, createFailing(t, p, set(failing())))
			if state != nil {
				_, diags := remove(t.Context(), t, p, state, fixed)
				diags.RequireNone(t)
			}
			state, diags := p.CreateResource(t.Context(), setType, fixed)
			diags.RequireNoError(t)
			if state.Values["succeeded"] != int64(handed) {
				t.Errorf("%v completed", state.Values["succeeded"])
			}
			requests(t, sim, "run", handed+tc.runs)
		})
	}
}

// TestJobSetResource_handoverAgain: a creation that fails a second time hands over the
// results that it had taken, even if the API accepts nothing.
func TestJobSetResource_handoverAgain(t *testing.T) {
	t.Parallel()
	sim, p := start(t, simulator.Options{})
	state := createFailing(t, p, set(failing()))
	heal := sim.Inject(simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: 401, Body: `{"detail":"no"}`})
	state, diags := replace(t, p, state, set(failing()))
	if !strings.Contains(diags.String(), "4 in all, 3 completed") || state.Values["creation_failed"] != true || state.Values["succeeded"] != int64(handed-1) {
		t.Errorf("%v completed: %s", state.Values["succeeded"], diags)
	}
	heal()
	state, diags = replace(t, p, state, set(failing(), acctest.Values{"min_success_ratio": 0.75}))
	if diags.HasError() || state.Values["creation_failed"] != false || state.Values["succeeded"] != int64(handed-1) || state.Values["failed"] != int64(1) {
		t.Errorf("%v completed, %v failed: %s", state.Values["succeeded"], state.Values["failed"], diags)
	}
	if made := len(sim.Jobs("demo")); made != handed+1 {
		t.Errorf("%d jobs", made)
	}
}

// TestJobSetResource_handoverLive: a job of an unchanged key is taken over, whether it
// still runs or not; others are cancelled or left running. If cancelling fails, so
// does the delete, and nothing is offered before it succeeds.
func TestJobSetResource_handoverLive(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		choice        string
		refresh, fail bool
		cancels       int // sent
	}{
		"cancelled":             {"cancel", false, false, 1},
		"cancelled after all":   {"cancel", false, true, 1 + 1},
		"refreshed and left be": {"keep", true, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, p := start(t, simulator.Options{})
			inputs := acctest.Values{
				"a": acctest.Values{"mock_return": "a"}, "b": acctest.Values{"mock_return": "b", "mock_delay": 60}, "c": acctest.Values{"mock_delay": 3600},
			}
			rest := acctest.Values{"on_destroy": tc.choice}
			heal := sim.Inject(simulator.Fault{Op: "status-sync", Kind: simulator.StatusReply, Status: 400, Body: `{"error":"no"}`})
			state := createFailing(t, p, set(inputs, rest))
			heal()
			if state.Values["succeeded"] != int64(0) {
				t.Fatalf("%v completed", state.Values["succeeded"])
			}
			sim.Advance(5 * time.Minute)
			if tc.refresh {
				refreshed, diags := p.ReadResource(t.Context(), setType, state)
				diags.RequireNone(t)
				state = refreshed
			}
			inputs["c"] = acctest.Values{"mock_return": "c"}
			want := 3 + 1
			if tc.fail {
				heal := sim.Inject(simulator.Fault{Op: "cancel", Kind: simulator.StatusReply, Status: 403, Body: `{"detail":"no"}`})
				left, diags := remove(t.Context(), t, p, state, set(inputs, rest))
				heal()
				if len(diags.Errors()) != 1 || left.Values["creation_failed"] != true {
					t.Errorf("%v: %s", left.Values, diags)
				}
				state = left
				quick := acctest.Values{"a": inputs["a"], "c": inputs["c"]}
				_, diags = p.CreateResource(t.Context(), setType, set(quick, rest))
				if strings.Contains(diags.String(), titleKept) {
					t.Errorf("results of a set that is still there were taken: %s", diags)
				}
				want += 2
			}
			now, diags := replace(t, p, state, set(inputs, rest))
			if !strings.Contains(diags.String(), "Keys: 2: a, b") {
				t.Errorf("%s", diags)
			}
			before, _ := ids(t, state.Values)
			after, _ := ids(t, now.Values)
			outputs, _ := now.Values["outputs"].(acctest.Values)
			if before["a"] != after["a"] || before["b"] != after["b"] || before["c"] == after["c"] || outputs["a"] != "a" || outputs["b"] != "b" {
				t.Errorf("%v before, %v after, %v", before, after, outputs)
			}
			requests(t, sim, "run", want)
			requests(t, sim, "cancel", tc.cancels)
		})
	}
}

// TestJobSetResource_handoverInterrupted: an interrupt during the delete leaves the
// set in the state, because no creation follows. One during the creation loses nothing
// either.
func TestJobSetResource_handoverInterrupted(t *testing.T) {
	t.Parallel()
	sim, p := start(t, simulator.Options{})
	state := createFailing(t, p, set(failing()))
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	config := set(healthy())
	left, diags := remove(ctx, t, p, state, config)
	if len(diags.Errors()) != 1 || !strings.Contains(diags.String(), "Interrupted; the set is kept") || left.Values == nil || left.Values["succeeded"] != int64(handed-1) {
		t.Fatalf("%v, %s", left.Values, diags)
	}
	_, diags = remove(t.Context(), t, p, left, config)
	diags.RequireNone(t)
	state, diags = p.ApplyResource(ctx, p.PlanResource(t.Context(), setType, nil, config))
	if diags.HasError() || state.Values["succeeded"] != int64(handed-1) || state.Values["creation_failed"] != false {
		t.Fatalf("%v completed, %v: %s", state.Values["succeeded"], state.Values["creation_failed"], diags)
	}
	requests(t, sim, "run", handed)
	_, diags = update(t, p, state, config)
	diags.RequireNone(t)
	requests(t, sim, "run", handed+1)
}

// TestJobSetResource_handoverParallel: many equal sets are replaced at once,
// and no result is lost or kept twice.
func TestJobSetResource_handoverParallel(t *testing.T) {
	t.Parallel()
	sim, p := start(t, simulator.Options{})
	const sets = 8
	all := make([]*acctest.ResourceState, sets)
	each := func(do func(i int)) {
		var wg sync.WaitGroup
		for i := range sets {
			wg.Go(func() { do(i) })
		}
		wg.Wait()
	}
	each(func(i int) { all[i], _ = p.CreateResource(t.Context(), setType, set(failing())) })
	requests(t, sim, "run", handed*sets)
	each(func(i int) {
		if _, diags := remove(t.Context(), t, p, all[i], set(healthy())); len(diags) > 0 {
			t.Errorf("%s", diags)
		}
	})
	each(func(i int) {
		all[i], _ = p.CreateResource(t.Context(), setType, set(healthy()))
	})
	requests(t, sim, "run", (handed+1)*sets)
	seen := make(map[string]bool)
	for _, state := range all {
		known, _ := ids(t, state.Values)
		for _, id := range known {
			seen[id] = true
		}
	}
	if len(seen) != handed*sets {
		t.Errorf("%d different jobs, want %d", len(seen), handed*sets)
	}
}
