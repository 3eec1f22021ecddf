package batch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// linesOf returns the values on the lines of a file.
func linesOf(t *testing.T, name string) (lines []any) {
	t.Helper()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		var value any
		if err := json.Unmarshal(line, &value); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, value)
	}
	return lines
}

// failReading makes the API fail to list the requests of batches.
func failReading(sim *simtest.Sim) (restore func()) {
	return sim.Inject(simulator.Fault{Op: "batch-requests", Kind: simulator.InternalError})
}

// TestBatchResource_resultsNotMoved: the results cannot be read when they are to go to
// another file, in an update or in a replacement that changes nothing. The batch is
// kept, and the next apply reads them.
func TestBatchResource_resultsNotMoved(t *testing.T) {
	t.Parallel()
	replace := func(t *testing.T, p *acctest.ProtocolServer, state *acctest.ResourceState, config acctest.Values) (*acctest.ResourceState, acctest.Diagnostics) {
		t.Helper()
		return p.ReplaceForUnknownTriggers(t.Context(), batchType, state, config)
	}
	for name, tc := range map[string]struct {
		requests []any
		move     func(t *testing.T, p *acctest.ProtocolServer, state *acctest.ResourceState, config acctest.Values) (*acctest.ResourceState, acctest.Diagnostics)
		fails    bool // an update says so with an error, which taints nothing
	}{
		"replaced":                       {[]any{acctest.Values{"mock_return": 1}}, replace, false},
		"replaced, with failed requests": {[]any{acctest.Values{"mock_error": "no"}, acctest.Values{"mock_return": 1}}, replace, false},
		"replaced twice": {[]any{acctest.Values{"mock_return": 1}}, func(t *testing.T, p *acctest.ProtocolServer, state *acctest.ResourceState, config acctest.Values) (*acctest.ResourceState, acctest.Diagnostics) {
			t.Helper()
			state, diags := replace(t, p, state, config)
			diags.RequireNoError(t)
			return replace(t, p, state, config)
		}, false},
		"updated": {[]any{acctest.Values{"mock_return": 1}}, func(t *testing.T, p *acctest.ProtocolServer, state *acctest.ResourceState, config acctest.Values) (*acctest.ResourceState, acctest.Diagnostics) {
			t.Helper()
			return p.ApplyResource(t.Context(), p.PlanResource(t.Context(), batchType, state, config))
		}, true},
	} {
		for target, file := range map[string]any{"file": "new.jsonl", "state": nil} {
			t.Run(name+", to the "+target, func(t *testing.T) {
				t.Parallel()
				p, sim := newServer(t, simulator.Options{})
				folder := t.TempDir()
				config := acctest.Values{
					"requests": tc.requests, "triggers": acctest.Values{"a": "1"}, "on_failure": "warn",
					"results_file": filepath.Join(folder, "old.jsonl"),
				}
				state, diags := p.CreateResource(t.Context(), batchType, config)
				diags.RequireNoError(t)
				config["results_file"] = file
				if file != nil {
					config["results_file"] = filepath.Join(folder, fmt.Sprint(file))
				}
				restore := failReading(sim)
				after, diags := tc.move(t, p, state, config)
				restore()
				if diags.HasError() != tc.fails || !strings.Contains(diags.String(), "Unable to read the results") || after.Values["creation_failed"] != false ||
					after.Values["id"] != state.Values["id"] || after.Values["phase"] != state.Values["phase"] || after.Values["results"] != nil {
					t.Fatalf("%s\n%v", diags, after.Values)
				}
				replaced, told, after, diags := again(t, p, after, config)
				diags.RequireNoError(t)
				if !strings.Contains(told, "This apply reads the results") {
					t.Errorf("the plan says %q", told)
				}
				var got any
				if file == nil {
					got = after.Values["results"]
				} else {
					got = linesOf(t, fmt.Sprint(config["results_file"]))
				}
				if list, ok := got.([]any); replaced || !ok || len(list) != len(tc.requests) {
					t.Errorf("replaced: %v; results %v", replaced, got)
				}
				if plan := p.PlanResource(t.Context(), batchType, after, config); !reflect.DeepEqual(plan.Planned, after.Values) {
					t.Errorf("it is not at rest: %v", plan.Planned)
				}
				requests(t, sim, "batch-finalize", 1)
			})
		}
	}
}

// TestBatchResource_resultsMovedFromState: results in the state are written to a file
// even if the API does not return them any more.
func TestBatchResource_resultsMovedFromState(t *testing.T) {
	t.Parallel()
	for name, prevent := range map[string]func(sim *simtest.Sim, id string){
		"forgotten":  func(sim *simtest.Sim, id string) { sim.ForgetBatch("demo", id) },
		"read fails": func(sim *simtest.Sim, _ string) { failReading(sim) },
	} {
		for _, replace := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, replaced: %v", name, replace), func(t *testing.T) {
				t.Parallel()
				p, sim := newServer(t, simulator.Options{})
				config := acctest.Values{
					"requests": []any{acctest.Values{"mock_return": acctest.Values{"x": 0.1}}, acctest.Values{"mock_return": "two"}}, "triggers": acctest.Values{"a": "1"},
				}
				state, diags := p.CreateResource(t.Context(), batchType, config)
				diags.RequireNone(t)
				config["results_file"] = filepath.Join(t.TempDir(), "results.jsonl")
				prevent(sim, fmt.Sprint(state.Values["id"]))
				var after *acctest.ResourceState
				if replace {
					after, diags = p.ReplaceForUnknownTriggers(t.Context(), batchType, state, config)
				} else {
					after, diags = p.ApplyResource(t.Context(), p.PlanResource(t.Context(), batchType, state, config))
				}
				diags.RequireNoError(t)
				if after.Values["results"] != nil || after.Values["creation_failed"] != false || after.Values["phase"] != "done" || strings.Contains(diags.String(), "results of") {
					t.Errorf("%s\n%v", diags, after.Values)
				}
				want, err := json.Marshal(state.Values["results"])
				if err != nil {
					t.Fatal(err)
				}
				var stored []any
				if err := json.Unmarshal(want, &stored); err != nil {
					t.Fatal(err)
				}
				if got := linesOf(t, fmt.Sprint(config["results_file"])); !reflect.DeepEqual(got, stored) {
					t.Errorf("the file has %v, want %v", got, stored)
				}
				if replaced, told, _, diags := again(t, p, after, config); replaced || told != "" || len(diags) > 0 {
					t.Errorf("it is not at rest: %s%s", told, diags)
				}
				requests(t, sim, "batch-finalize", 1)
			})
		}
	}
}

// TestBatchResource_resultsMovedInOrder: results that are read again after a
// replacement that changed nothing still belong to their requests.
func TestBatchResource_resultsMovedInOrder(t *testing.T) {
	t.Parallel()
	p, sim := newServer(t, simulator.Options{})
	config := acctest.Values{
		"requests": []any{acctest.Values{"mock_return": 1}, acctest.Values{"mock_return": 2}, acctest.Values{"mock_return": 3}}, "triggers": acctest.Values{"a": "1"},
	}
	state, diags := p.CreateResource(t.Context(), batchType, config)
	diags.RequireNone(t)
	for _, name := range []string{"one.jsonl", "two.jsonl"} { // what the first one knew is there for the second
		config["results_file"] = filepath.Join(t.TempDir(), name)
		state, diags = p.ReplaceForUnknownTriggers(t.Context(), batchType, state, config)
		diags.RequireNoError(t)
		if len(diags) != 1 || state.Values["results_in_order"] != true {
			t.Errorf("in order: %v; %s", state.Values["results_in_order"], diags)
		}
	}
	requests(t, sim, "batch-finalize", 1)
}
