package jobset_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// TestJobSetResource_scale: a thousand jobs against a server that enforces the
// documented limits, over real connections; then a change of one of them. With the
// race detector it is a hundred.
func TestJobSetResource_scale(t *testing.T) {
	t.Parallel()
	jobs := acctest.Sized(1000, 100)
	changing, other := fmt.Sprintf("k%04d", jobs/2), fmt.Sprintf("k%04d", jobs/2-1)
	sim, p := start(t, simulator.Options{EnforceLimits: true, Speed: 10})
	const inFlight = 60
	inputs := same(jobs, acctest.Values{"mock_return": "fine", "sim_delay_ms": 500}) // 50 ms in real time
	config := set(inputs, acctest.Values{"max_in_flight": inFlight})
	plan := p.PlanResource(t.Context(), setType, nil, config)
	plan.Diagnostics.RequireNone(t)
	started := time.Now()
	state, diags := p.ApplyResource(t.Context(), plan)
	diags.RequireNone(t)
	t.Logf("%d jobs of 50 ms, %d at once: %s", jobs, inFlight, time.Since(started).Round(time.Millisecond))
	if state.Values["succeeded"] != int64(jobs) {
		t.Errorf("%v completed", state.Values["succeeded"])
	}
	// A request that finds no idle connection dials one and takes whichever comes
	// first, so that a burst opens up to twice as many as are in use.
	if opened, _, most := sim.Connections(); most > 2*inFlight {
		t.Errorf("%d connections at once, %d in all", most, opened)
	}

	changed := same(jobs, acctest.Values{"mock_return": "fine", "sim_delay_ms": 500})
	changed[changing] = acctest.Values{"mock_return": "changed"}
	config = set(changed, acctest.Values{"max_in_flight": inFlight})
	plan = p.PlanResource(t.Context(), setType, state, config)
	plan.Diagnostics.RequireNone(t)
	if got := open(t, plan); got != changing {
		t.Errorf("open: %s", got)
	}
	state, diags = p.ApplyResource(t.Context(), plan)
	diags.RequireNone(t)
	outputs, _ := state.Values["outputs"].(acctest.Values)
	if outputs[changing] != "changed" || outputs[other] != "fine" {
		t.Errorf("%v, %v", outputs[changing], outputs[other])
	}
	requests(t, sim, "run", jobs+1)
	runs := make(map[string]int)
	for _, x := range sim.Journal() {
		if x.Status == 429 {
			t.Fatalf("429 for /%s", x.Op)
		}
		if x.Op == "run" {
			runs[string(x.Body)]++
		}
	}
	if len(runs) != 2 {
		t.Errorf("%d different submissions", len(runs))
	}
}
