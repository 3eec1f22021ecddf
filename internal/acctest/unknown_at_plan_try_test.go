package acctest_test

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// try tests an argument that stays, then one that changes, with the same stored
// resource unless the first one has sent a request that may change it.
func (c *lateCase) try(t *testing.T, values []string) {
	t.Helper()
	var s *lateStage
	for _, value := range values {
		c.stays, c.late = value == "stays", c.argument.changes
		if c.stays {
			c.late = c.argument.stays
		}
		config, late := c.values(t)
		if s == nil || s.posts() != s.before {
			s = c.begin(t, config)
		}
		c.tryLate(t, s, with(config, c.name, late))
		if t.Failed() {
			t.Fatalf("where the value %s", value)
		}
	}
}

// lateStage is a stored resource, and its plan with the unknown value.
type lateStage struct {
	stage
	state  *acctest.ResourceState // nil if there is none
	early  *acctest.ResourcePlan
	before int // number of earlier requests that may change something
}

// posts counts the requests that may change something.
func (s *lateStage) posts() int {
	n := 0
	for _, x := range s.sim.Journal() {
		if x.Method != http.MethodGet {
			n++
		}
	}
	return n
}

// begin stores the resource and plans the unknown value.
func (c *lateCase) begin(t *testing.T, config acctest.Values) *lateStage {
	t.Helper()
	sim := simulator.New(simulator.Options{})
	t.Cleanup(sim.Close)
	sim.SetEndpoint("other", simulator.Endpoint{Workers: 2})
	sim.SetEndpoint("other", simulator.Endpoint{})
	s := &lateStage{stage: stage{sim, acctest.NewBubbleServer(t, sim, acctest.Values{"max_retries": 1})}}
	if c.at.config != nil {
		state, diags := s.p.CreateResource(t.Context(), c.typeName, config)
		diags.RequireNoError(t)
		if c.at.after != nil {
			c.at.after(t, s.stage, state)
		}
		s.state, diags = s.p.ReadResource(t.Context(), c.typeName, state)
		diags.RequireNoError(t)
	}
	s.early = s.p.PlanResource(t.Context(), c.typeName, s.state, with(config, c.name, acctest.Unknown))
	s.early.Diagnostics.RequireNoError(t)
	if (len(s.early.RequiresReplace) > 0) != (c.argument.replaces && s.state != nil) {
		t.Fatalf("the plan replaces because of %v", s.early.RequiresReplace)
	}
	s.before = s.posts()
	return s
}

func (c *lateCase) tryLate(t *testing.T, s *lateStage, known acctest.Values) {
	t.Helper()
	if len(s.early.RequiresReplace) > 0 {
		c.tryReplacement(t, s, known)
		return
	}
	submitted := s.counted(c.typeName)
	final := s.p.PlanResource(t.Context(), c.typeName, s.state, known)
	final.Diagnostics.RequireNoError(t)
	if len(final.RequiresReplace) > 0 {
		t.Fatalf("the plan with the value replaces because of %v", final.RequiresReplace)
	}
	compatible(t, "the plan with the value", s.early.Planned, final.Planned)
	after, diags := s.p.ApplyResource(t.Context(), final)
	if after.Values == nil {
		t.Fatalf("nothing is left: %s", diags)
	}
	compatible(t, "the state", final.Planned, after.Values)
	if s.state != nil && (c.stays || c.typeName != setType) && s.counted(c.typeName) != submitted {
		t.Errorf("%d submissions", s.counted(c.typeName)-submitted)
	}
}

// tryReplacement: a replacement without a change submits nothing, cancels only what it
// has to, and keeps everything else as it was.
func (c *lateCase) tryReplacement(t *testing.T, s *lateStage, known acctest.Values) {
	t.Helper()
	submitted := s.counted(c.typeName)
	after, diags := s.p.ReplaceResource(t.Context(), s.early, known)
	submitted = s.counted(c.typeName) - submitted
	keys := 1
	if c.typeName == setType {
		keys = 2
	}
	switch {
	case !c.stays:
		if submitted != keys {
			t.Errorf("%d submissions of something else, want %d: %s", submitted, keys, diags)
		}
	case c.stateName == "live":
		if submitted != 1 {
			t.Errorf("%d submissions for what was cancelled, want 1: %s", submitted, diags)
		}
	default:
		if submitted != 0 || diags.HasError() || len(diags) != 1 || !strings.Contains(diags.String(), "known only after apply") {
			t.Errorf("%d submissions, want none and one warning: %s", submitted, diags)
		}
		want := maps.Clone(s.state.Values)
		if c.typeName == setType {
			want["id"] = after.Values["id"]
		}
		compatible(t, "the state", want, after.Values)
		if plan := s.p.PlanResource(t.Context(), c.typeName, after, known); len(plan.RequiresReplace) > 0 {
			t.Errorf("the next plan replaces because of %v", plan.RequiresReplace)
		}
	}
	live := slices.DeleteFunc(s.sim.Jobs(simulator.DefaultEndpointID), func(job simulator.JobView) bool {
		return job.Status != "IN_QUEUE" && job.Status != "IN_PROGRESS"
	})
	if len(live) > 1 {
		t.Errorf("%d jobs run, of which the state has one", len(live))
	}
}

// compatible fails the test if a value differs from its known value in the plan.
func compatible(t *testing.T, where string, planned, got any) {
	t.Helper()
	if planned == any(acctest.Unknown) {
		return
	}
	before, isObject := planned.(acctest.Values)
	after, isAlso := got.(acctest.Values)
	if isObject && isAlso {
		for name, value := range before {
			if value == any(acctest.Unknown) {
				continue
			}
			compatible(t, where+", "+name, value, after[name])
		}
		return
	}
	if !reflect.DeepEqual(planned, got) {
		t.Errorf("%s has %v where %v was planned", where, got, planned)
	}
}

// counted returns the number of requests that cost something.
func (s stage) counted(typeName string) int {
	n := 0
	for _, op := range countedOps[typeName] {
		n += s.sim.Journal().Count(op)
	}
	return n
}
