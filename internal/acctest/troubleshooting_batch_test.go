package acctest_test

import (
	"context"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

const batchType = "runpodserverless_batch"

func init() { maps.Copy(provocations, batchProvocations) }

// batchProvocations lead to what the guide explains about batches.
var batchProvocations = map[string]provocation{
	"Invalid requests":                   planningBatch(acctest.Values{"requests": acctest.Values{"a": quickInput}}),
	"No requests":                        planningBatch(acctest.Values{"requests": []any{}}),
	"Too many requests":                  planningBatch(acctest.Values{"requests": slices.Repeat([]any{quickInput}, 5001)}),
	"Invalid results file":               planningBatch(acctest.Values{"requests": []any{acctest.Values{"a": 1}}, "results_file": "."}),
	"Results would replace the requests": planningBatch(acctest.Values{"requests_file": "a.jsonl", "results_file": "a.jsonl"}),
	"Results file used twice": func(t *testing.T, s stage) acctest.Diagnostics {
		planningBatch(acctest.Values{"requests": []any{slowInput}, "results_file": "a.jsonl"})(t, s).RequireNone(t)
		return planningBatch(acctest.Values{"requests": []any{quickInput}, "results_file": "a.jsonl"})(t, s)
	},
	"Unable to read the requests file": planningBatch(acctest.Values{"requests_file": "missing.jsonl"}),
	"Invalid requests file": func(t *testing.T, s stage) acctest.Diagnostics {
		return planningBatch(acctest.Values{"requests_file": requestsFile(t, "[1]\n")})(t, s)
	},
	"Requests file changed": func(t *testing.T, s stage) acctest.Diagnostics {
		name := requestsFile(t, "{\"a\":1}\n")
		plan := s.p.PlanResource(t.Context(), batchType, nil, acctest.Values{"requests_file": name})
		if err := os.WriteFile(name, []byte("{\"a\":2}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		_, diags := s.p.ApplyResource(t.Context(), plan)
		return diags
	},

	"Unable to create the batch":                             creatingBatch(twoSlowRequests, nil, refused("batch-create")),
	"Outcome of the batch's creation unknown":                creatingBatch(twoSlowRequests, nil, simulator.Fault{Op: "batch-create", Kind: simulator.CutAfter}),
	"Unable to fill the batch":                               creatingBatch(twoSlowRequests, nil, refused("batch-append")),
	"Batch is not finished, because the API does not answer": creatingBatch(twoSlowRequests, nil, simulator.Fault{Op: "batch-append", Kind: simulator.Unavailable}),
	"requests did not complete":                              creatingBatch([]any{quickInput, acctest.Values{"sim_raise": "kaboom"}}, nil, none),
	"Batch has not ended":                                    creatingBatch(twoSlowRequests, acctest.Values{"on_timeout": "detach"}, none),
	"Batch timed out and was cancelled":                      creatingBatch(twoSlowRequests, nil, none),
	"Batch timed out and could not be cancelled":             creatingBatch(twoSlowRequests, nil, refused("batch-cancel")),
	"Results too large to store":                             creatingBatch([]any{quickInput}, acctest.Values{"max_output_bytes": 0}, none),

	"Interrupted; the batch could not be cancelled": interruptedBatch("cancel", refused("batch-cancel")),
	"Interrupted; the batch is kept":                interruptedBatch("detach", none),
	"Interrupted; the batch was cancelled":          interruptedBatch("cancel", none),

	"Batch could not be read":  refreshingBatch(simulator.Fault{Op: "batch-get", Kind: simulator.Unavailable}),
	"Batch has expired":        refreshingBatch(simulator.Fault{Op: "batch-get", Kind: simulator.NotVisible}),
	"Unable to read the batch": refreshingBatch(unauthorized("batch-get")),

	"Batch could not be cancelled": destroyingBatch(simulator.Fault{Op: "batch-cancel", Kind: simulator.StatusReply, Status: http.StatusNotFound, Body: `{"detail":"endpoint not found"}`}),
	"Unable to cancel the batch":   destroyingBatch(refused("batch-cancel")),
	"Draft could not be cancelled": func(t *testing.T, s stage) acctest.Diagnostics {
		state := s.draft(t)
		s.sim.Inject(refused("batch-cancel"))
		_, diags := s.p.DestroyResource(t.Context(), batchType, state)
		return diags
	},
	"Batch is a draft": func(t *testing.T, s stage) acctest.Diagnostics {
		_, diags := s.importBatch(t, s.draft(t))
		return diags
	},

	"Resumes filling a batch": func(t *testing.T, s stage) acctest.Diagnostics {
		return s.p.PlanResource(t.Context(), batchType, s.draft(t), batchWith(twoSlowRequests, nil)).Diagnostics
	},
	"Resumes waiting for a batch": func(t *testing.T, s stage) acctest.Diagnostics {
		return s.p.PlanResource(t.Context(), batchType, s.running(t), batchWith(twoSlowRequests, nil)).Diagnostics
	},
	"Reads the results of a batch": func(t *testing.T, s stage) acctest.Diagnostics {
		return s.p.PlanResource(t.Context(), batchType, s.ended(t), batchWith(twoSlowRequests, nil)).Diagnostics
	},
	"Outputs are not JSON": goingOn(stage.ended, simulator.Fault{
		Op: "batch-requests", Kind: simulator.StatusReply, Status: http.StatusOK,
		Body: `{"requests":[{"id":"r1","status":"COMPLETED","output":{"a":NaN}},{"id":"r2","status":"COMPLETED"}],"total":2,"offset":0,"limit":50,"hasMore":false}`,
	}),
	"Runs a failed batch again": func(t *testing.T, s stage) acctest.Diagnostics {
		requests := []any{acctest.Values{"sim_raise": "kaboom"}}
		state, diags := s.p.CreateResource(t.Context(), batchType, batchWith(requests, acctest.Values{"on_failure": "warn"}))
		diags.RequireNoError(t)
		state, diags = s.p.ApplyResource(t.Context(), s.p.PlanResource(t.Context(), batchType, state, batchWith(requests, nil)))
		if len(diags.Errors()) != 1 {
			t.Errorf("the apply that makes it a failure does not fail: %s", diags)
		}
		return s.p.PlanResource(t.Context(), batchType, state, batchWith(requests, nil)).Diagnostics
	},

	"Runs a new batch for an expired one": func(t *testing.T, s stage) acctest.Diagnostics {
		state, diags := s.p.CreateResource(t.Context(), batchType, batchWith(twoSlowRequests, acctest.Values{"on_timeout": "detach"}))
		diags.RequireNoError(t)
		id, _ := state.Values["id"].(string)
		s.sim.ForgetBatch(simulator.DefaultEndpointID, id)
		state, diags = s.p.ReadResource(t.Context(), batchType, state)
		diags.RequireNoError(t)
		return s.p.PlanResource(t.Context(), batchType, state, batchWith(twoSlowRequests, nil)).Diagnostics
	},

	"Unable to wait for the batch":            goingOn(stage.running, unauthorized("batch-get")),
	"Unable to read the results of the batch": goingOn(stage.ended, unauthorized("batch-requests")),
	"Unable to write the results of the batch": func(t *testing.T, s stage) acctest.Diagnostics {
		folder := filepath.Join(t.TempDir(), "results")
		planned := s.p.PlanResource(t.Context(), batchType, s.ended(t), batchWith(twoSlowRequests, acctest.Values{"results_file": filepath.Join(folder, "results.jsonl")}))
		if err := os.WriteFile(folder, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		_, diags := s.p.ApplyResource(t.Context(), planned)
		return diags
	},
	"Interrupted; the results were not read": goingOn(stage.ended, simulator.Fault{Op: "batch-requests", Kind: simulator.SlowBefore, Delay: 10 * time.Hour}),
	"Results cannot be stored": goingOn(stage.ended, simulator.Fault{
		Op: "batch-requests", Kind: simulator.StatusReply, Status: http.StatusOK,
		Body: `{"requests":[{"id":"r1","status":"COMPLETED","output":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `},{"id":"r2","status":"COMPLETED"}],"total":2,"offset":0,"limit":50,"hasMore":false}`,
	}),
	"Results are no longer available": func(t *testing.T, s stage) acctest.Diagnostics {
		requests := []any{quickInput}
		state, diags := s.p.CreateResource(t.Context(), batchType, batchWith(requests, acctest.Values{"max_output_bytes": 0}))
		diags.RequireNoError(t)
		s.sim.Inject(simulator.Fault{Op: http.MethodGet, Kind: simulator.NotVisible})
		_, diags = s.p.ApplyResource(t.Context(), s.p.PlanResource(t.Context(), batchType, state, batchWith(requests, nil)))
		return diags
	},
	"Results are not in the order of the requests": func(t *testing.T, s stage) acctest.Diagnostics {
		state, diags := s.importBatch(t, s.ended(t))
		diags.RequireNoError(t)
		_, diags = s.p.ApplyResource(t.Context(), s.p.PlanResource(t.Context(), batchType, state, batchWith(twoSlowRequests, nil)))
		return diags
	},
	"Unable to list the batches": func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.Inject(unauthorized("batch-list"))
		var diags acctest.Diagnostics
		for _, result := range s.p.List(t.Context(), batchType, acctest.Values{}, false, 10) {
			diags = append(diags, result.Diagnostics...)
		}
		return diags
	},
}

var twoSlowRequests = []any{slowInput, slowInput}

func refused(op string) simulator.Fault {
	return simulator.Fault{Op: op, Kind: simulator.StatusReply, Status: http.StatusBadRequest, Body: `{"error":"no"}`}
}

func unauthorized(op string) simulator.Fault {
	return simulator.Fault{Op: op, Kind: simulator.StatusReply, Status: http.StatusUnauthorized, Body: `{"detail":"invalid api key"}`}
}

func requestsFile(t *testing.T, content string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "requests.jsonl")
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func batchWith(requests []any, more acctest.Values) acctest.Values {
	config := acctest.Values{"requests": requests, "timeouts": acctest.Values{"create": "5m", "update": "5m"}}
	maps.Copy(config, more)
	return config
}

func planningBatch(config acctest.Values) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		if diags := s.p.ValidateResourceConfig(t.Context(), batchType, config); diags.HasError() {
			return diags
		}
		return s.p.PlanResource(t.Context(), batchType, nil, config).Diagnostics
	}
}

func creatingBatch(requests []any, more acctest.Values, f simulator.Fault) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.Inject(f)
		_, diags := s.p.CreateResource(t.Context(), batchType, batchWith(requests, more))
		return diags
	}
}

func interruptedBatch(choice string, f simulator.Fault) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.Inject(f)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, diags := s.p.CreateResource(ctx, batchType, batchWith(twoSlowRequests, acctest.Values{"on_interrupt": choice}))
		return diags
	}
}

// draft creates a batch that is not filled, and lets it be filled from then on.
func (s stage) draft(t *testing.T) *acctest.ResourceState {
	remove := s.sim.Inject(refused("batch-append"))
	defer remove()
	state, _ := s.p.CreateResource(t.Context(), batchType, batchWith(twoSlowRequests, nil))
	return state
}

// running creates a batch that is finalized and not waited for.
func (s stage) running(t *testing.T) *acctest.ResourceState {
	state, diags := s.p.CreateResource(t.Context(), batchType, batchWith(twoSlowRequests, acctest.Values{"wait_for_completion": false}))
	diags.RequireNone(t)
	return state
}

// ended creates a batch that ends before its results are read.
func (s stage) ended(t *testing.T) *acctest.ResourceState {
	state := s.running(t)
	s.sim.Advance(2 * time.Hour)
	state, diags := s.p.ReadResource(t.Context(), batchType, state)
	diags.RequireNone(t)
	return state
}

func (s stage) importBatch(t *testing.T, state *acctest.ResourceState) (*acctest.ResourceState, acctest.Diagnostics) {
	id, _ := state.Values["id"].(string)
	imported, diags := s.p.ImportResource(t.Context(), batchType, simulator.DefaultEndpointID+"/"+id, nil)
	diags.RequireNone(t)
	return s.p.ReadResource(t.Context(), batchType, imported)
}

// goingOn applies once more what an earlier apply left, for a minute at most.
func goingOn(start func(stage, *testing.T) *acctest.ResourceState, f simulator.Fault) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		plan := s.p.PlanResource(t.Context(), batchType, start(s, t), batchWith(twoSlowRequests, nil))
		s.sim.Inject(f)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, diags := s.p.ApplyResource(ctx, plan)
		return diags
	}
}

func refreshingBatch(f simulator.Fault) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		state := s.running(t)
		s.sim.Inject(f)
		_, diags := s.p.ReadResource(t.Context(), batchType, state)
		return diags
	}
}

func destroyingBatch(f simulator.Fault) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		state := s.running(t)
		s.sim.Inject(f)
		_, diags := s.p.DestroyResource(t.Context(), batchType, state)
		return diags
	}
}
