package acctest_test

import (
	"context"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

const setType = "runpodserverless_job_set"

func init() { maps.Copy(provocations, setProvocations) }

// setProvocations lead to what the guide explains about sets of jobs.
var setProvocations = map[string]provocation{
	"Invalid inputs":      planningSet(acctest.Values{"inputs": []any{1}}),
	"Invalid key":         planningSet(acctest.Values{"inputs": acctest.Values{"": slowInput}}),
	"More invalid inputs": planningSet(acctest.Values{"inputs": manyInvalid(30)}),

	"Interrupted before any job was submitted":      interruptedSet(0, "detach", none),
	"Interrupted; not every job could be cancelled": interruptedSet(time.Minute, "cancel", simulator.Fault{Op: "cancel", Kind: simulator.InternalError}),
	"Interrupted; the jobs keep running":            interruptedSet(time.Minute, "detach", none),
	"Interrupted; the jobs were cancelled":          interruptedSet(time.Minute, "cancel", none),
	"Interrupted; the set is kept": func(t *testing.T, s stage) acctest.Diagnostics {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, diags := s.p.ApplyResource(ctx, s.replacing(t, setType, s.failedSet(t), setWith(acctest.Values{"inputs": oneFails})))
		return diags
	},
	"jobs failed":            creatingSet(acctest.Values{"inputs": oneFails}, none),
	"Jobs are still running": creatingSet(acctest.Values{"inputs": twoSlow, "on_timeout": "detach"}, none),
	"Results could not be read": func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.Inject(simulator.Fault{Op: http.MethodGet, Kind: simulator.Unavailable})
		s.sim.Inject(simulator.Fault{Op: "cancel", Kind: simulator.StatusReply, Status: http.StatusOK, Body: `{"id":"x","status":"COMPLETED"}`})
		_, diags := s.p.CreateResource(t.Context(), setType, setWith(acctest.Values{"inputs": twoSlow}))
		return diags
	},
	"Jobs could not all be run":         creatingSet(acctest.Values{"inputs": twoSlow}, simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: http.StatusUnauthorized, Body: `{"detail":"invalid api key"}`}),
	"Jobs have expired":                 creatingSet(acctest.Values{"inputs": twoSlow, "policy": acctest.Values{"ttl": "10s"}}, none),
	"Jobs timed out and were cancelled": creatingSet(acctest.Values{"inputs": twoSlow}, none),
	"Outcome of submissions unknown":    creatingSet(acctest.Values{"inputs": twoSlow}, simulator.Fault{Op: "run", Kind: simulator.CutAfter, Times: 1}),
	"Unable to submit every job":        creatingSet(acctest.Values{"inputs": twoSlow}, simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: http.StatusBadRequest, Body: `{"error":"no"}`, Times: 1}),
	"Unable to wait for every job":      creatingSet(acctest.Values{"inputs": acctest.Values{"a": slowInput}}, simulator.Fault{Op: "status-sync", Kind: simulator.StatusReply, Status: http.StatusBadRequest, Body: `{"error":"no"}`}),

	"Jobs are not visible yet":      refreshingSet(simulator.Fault{Kind: simulator.NotVisible}),
	"Jobs could not be read":        refreshingSet(simulator.Fault{Kind: simulator.Unavailable}),
	"Unable to read the jobs":       refreshingSet(simulator.Fault{Kind: simulator.StatusReply, Status: http.StatusUnauthorized, Body: `{"detail":"invalid api key"}`}),
	"Jobs could not be cancelled":   destroyingSet(simulator.Fault{Op: "cancel", Kind: simulator.StatusReply, Status: http.StatusNotFound, Body: `{"detail":"endpoint not found"}`}),
	"Jobs to cancel were not found": destroyingSet(simulator.Fault{Kind: simulator.NotVisible}),
	"Unable to cancel the jobs":     destroyingSet(simulator.Fault{Op: "cancel", Kind: simulator.InternalError}),
	"Unable to cancel every job": func(t *testing.T, s stage) acctest.Diagnostics {
		state := s.liveSet(t)
		s.sim.Inject(simulator.Fault{Op: "cancel", Kind: simulator.InternalError})
		_, diags := s.p.ApplyResource(t.Context(), s.p.PlanResource(t.Context(), setType, state, setWith(acctest.Values{"inputs": acctest.Values{"a": slowInput}})))
		return diags
	},
	"Keeps the results of a set whose creation failed": func(t *testing.T, s stage) acctest.Diagnostics {
		failed, diags := s.p.ReadResource(t.Context(), setType, s.failedSet(t))
		if failed == nil {
			t.Fatalf("the set is gone: %s", diags)
		}
		return s.p.PlanResource(t.Context(), setType, nil, setWith(acctest.Values{"inputs": oneFails})).Diagnostics
	},
	"Resumes waiting for jobs":                                     replanningSet(acctest.Values{"inputs": twoSlow, "on_timeout": "detach"}, none),
	"Runs failed jobs again":                                       replanningSet(acctest.Values{"inputs": acctest.Values{"a": acctest.Values{"sim_raise": "kaboom"}}, "on_failure": "warn"}, none),
	"Submits jobs whose earlier submission had an unknown outcome": replanningSet(acctest.Values{"inputs": twoSlow, "on_timeout": "detach"}, simulator.Fault{Op: "run", Kind: simulator.CutAfter, Times: 1}),
}

var (
	slowInput  = acctest.Values{"mock_delay": 3600}
	quickInput = acctest.Values{"mock_return": 1}
	twoSlow    = acctest.Values{"a": slowInput, "b": slowInput}
	oneFails   = acctest.Values{"a": acctest.Values{"sim_raise": "kaboom"}, "b": quickInput}
	none       = simulator.Fault{Op: "none"}
)

func manyInvalid(n int) acctest.Values {
	inputs := acctest.Values{}
	for i := range n {
		inputs[strings.Repeat("k", i+1)] = 1
	}
	return inputs
}

func setWith(more acctest.Values) acctest.Values {
	config := acctest.Values{"timeouts": acctest.Values{"create": "5m"}}
	maps.Copy(config, more)
	return config
}

func planningSet(config acctest.Values) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		return s.p.ValidateResourceConfig(t.Context(), setType, config)
	}
}

func creatingSet(config acctest.Values, f simulator.Fault) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.Inject(f)
		_, diags := s.p.CreateResource(t.Context(), setType, setWith(config))
		return diags
	}
}

func interruptedSet(after time.Duration, choice string, f simulator.Fault) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.Inject(f)
		plan := s.p.PlanResource(t.Context(), setType, nil, setWith(acctest.Values{"inputs": twoSlow, "on_interrupt": choice}))
		ctx, cancel := context.WithTimeout(t.Context(), after)
		defer cancel()
		_, diags := s.p.ApplyResource(ctx, plan)
		return diags
	}
}

// failedSet creates a set of which one job fails.
func (s stage) failedSet(t *testing.T) *acctest.ResourceState {
	state, diags := s.p.CreateResource(t.Context(), setType, setWith(acctest.Values{"inputs": oneFails}))
	if !diags.HasError() {
		t.Fatal("the creation did not fail")
	}
	return state
}

// liveSet creates a set whose jobs are left running.
func (s stage) liveSet(t *testing.T) *acctest.ResourceState {
	state, diags := s.p.CreateResource(t.Context(), setType, acctest.Values{
		"inputs": twoSlow, "on_timeout": "detach", "timeouts": acctest.Values{"create": "1s"},
	})
	diags.RequireNoError(t)
	return state
}

func refreshingSet(f simulator.Fault) provocation {
	f.Op = "status"
	return func(t *testing.T, s stage) acctest.Diagnostics {
		state := s.liveSet(t)
		s.sim.Inject(f)
		_, diags := s.p.ReadResource(t.Context(), setType, state)
		return diags
	}
}

func destroyingSet(f simulator.Fault) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		state := s.liveSet(t)
		s.sim.Inject(f)
		_, diags := s.p.DestroyResource(t.Context(), setType, state)
		return diags
	}
}

// replanningSet plans a set that was created with further arguments.
func replanningSet(before acctest.Values, f simulator.Fault) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.Inject(f)
		state, _ := s.p.CreateResource(t.Context(), setType, setWith(before))
		return s.p.PlanResource(t.Context(), setType, state, setWith(acctest.Values{"inputs": before["inputs"]})).Diagnostics
	}
}
