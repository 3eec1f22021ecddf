package jobset_test

import (
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// TestJobSetResource_entryIsNull: a state that was edited by hand can have a null
// entry, which is a key without a job.
func TestJobSetResource_entryIsNull(t *testing.T) {
	t.Parallel()
	sim, p := start(t, simulator.Options{})
	config := set(same(2, acctest.Values{"mock_return": 1}))
	state, diags := p.CreateResource(t.Context(), setType, config)
	diags.RequireNone(t)
	kept, _ := ids(t, state.Values)
	jobs(t, state.Values)["k0000"] = nil
	state = &acctest.ResourceState{Values: state.Values, Private: state.Private}

	state, diags = p.ReadResource(t.Context(), setType, state)
	diags.RequireNone(t)
	plan := p.PlanResource(t.Context(), setType, state, config)
	plan.Diagnostics.RequireNoError(t)
	if keys := open(t, plan); keys != "k0000" {
		t.Errorf("planned: %s", keys)
	}
	state, diags = p.ApplyResource(t.Context(), plan)
	diags.RequireNoError(t)
	now, without := ids(t, state.Values)
	if len(without) > 0 || now["k0001"] != kept["k0001"] {
		t.Errorf("before %v, now %v", kept, now)
	}
	if n := len(sim.Jobs("demo")); n != 3 {
		t.Errorf("%d jobs were submitted, want 3", n)
	}
	_, diags = p.DestroyResource(t.Context(), setType, state)
	diags.RequireNone(t)
}
