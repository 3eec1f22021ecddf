package batch_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// TestBatchResource_files: from a file to a file; a change of the file runs a new
// batch, a change of where the results go reads them again.
func TestBatchResource_files(t *testing.T) {
	t.Parallel()
	p, sim := newServer(t, simulator.Options{Choices: simulator.Choices{BatchOrder: simulator.BatchOrderConsole}})
	from, folder := lines(t, 120), t.TempDir()
	rewrite := func(change func(content string) string) {
		t.Helper()
		if err := os.WriteFile(from, []byte(change(textOf(t, from))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	listed := func(path string, n int) {
		t.Helper()
		if err := listsInOrder(path, n); err != nil {
			t.Error(err)
		}
	}
	to, moved := filepath.Join(folder, "new", "results.jsonl"), filepath.Join(folder, "moved.jsonl")
	config := acctest.Values{"requests_file": from, "results_file": to}
	state, diags := p.CreateResource(t.Context(), batchType, config)
	diags.RequireNone(t)
	if state.Values["results"] != nil || state.Values["results_bytes"] == nil {
		t.Errorf("results %v, %v bytes", state.Values["results"], state.Values["results_bytes"])
	}
	listed(to, 120)
	atRest(t, sim, p, state, config)

	config["results_file"] = moved
	plan := p.PlanResource(t.Context(), batchType, state, config)
	if len(plan.RequiresReplace) > 0 || reflect.DeepEqual(plan.Planned, state.Values) {
		t.Errorf("replaced for %v: %v", plan.RequiresReplace, plan.Planned)
	}
	state, diags = p.ApplyResource(t.Context(), plan)
	diags.RequireNone(t)
	listed(moved, 120)
	atRest(t, sim, p, state, config)
	requests(t, sim, "batch-create", 1)

	// Blank lines make no difference.
	rewrite(func(content string) string { return "\n\n" + content })
	atRest(t, sim, p, state, config)

	rewrite(func(content string) string { return content + `{"mock_return":120}` })
	plan = p.PlanResource(t.Context(), batchType, state, config)
	if len(plan.RequiresReplace) == 0 {
		t.Fatalf("not replaced: %v", plan.Planned)
	}
	state, diags = p.ReplaceResource(t.Context(), plan, config)
	diags.RequireNone(t)
	listed(moved, 121)
	atRest(t, sim, p, state, config)
	requests(t, sim, "batch-create", 2)
	requests(t, sim, "batch-finalize", 2)
}

// TestBatchResource_noWait: without a wait the apply ends when the batch is
// finalized; the results are read by the apply after its end was seen.
func TestBatchResource_noWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, sim := newBubble(t, simulator.Options{})
		config := acctest.Values{
			"requests":            []any{acctest.Values{"mock_return": 1, "mock_delay": 600}, acctest.Values{"mock_return": 2}},
			"wait_for_completion": false,
		}
		state, diags := p.CreateResource(t.Context(), batchType, config)
		diags.RequireNone(t)
		if state.Values["phase"] != "running" || state.Values["results"] != nil {
			t.Errorf("phase %v, results %v", state.Values["phase"], state.Values["results"])
		}
		refreshed := func() *acctest.ResourcePlan {
			t.Helper()
			state, diags = p.ReadResource(t.Context(), batchType, state)
			diags.RequireNone(t)
			plan := p.PlanResource(t.Context(), batchType, state, config)
			plan.Diagnostics.RequireNoError(t)
			return plan
		}
		if plan := refreshed(); !reflect.DeepEqual(plan.Planned, state.Values) {
			t.Errorf("while it runs, a plan changes something: %v", plan.Planned)
		}
		time.Sleep(11 * time.Minute)
		plan := refreshed()
		if len(plan.RequiresReplace) > 0 || reflect.DeepEqual(plan.Planned, state.Values) {
			t.Errorf("replaced for %v: %v", plan.RequiresReplace, plan.Planned)
		}
		state, diags = p.ApplyResource(t.Context(), plan)
		diags.RequireNone(t)
		results, _ := state.Values["results"].([]any)
		if len(results) != 2 || state.Values["phase"] != "done" {
			t.Fatalf("phase %v, results %v", state.Values["phase"], results)
		}
		if first, _ := results[0].(acctest.Values); first["output"] != int64(1) {
			t.Errorf("%v", first)
		}
		atRest(t, sim, p, state, config)
		requests(t, sim, "batch-create", 1)
		requests(t, sim, "batch-finalize", 1)
	})
}

// TestBatchResource_importRefused: what is no batch cannot be imported.
func TestBatchResource_importRefused(t *testing.T) {
	t.Parallel()
	p, _ := newServer(t, simulator.Options{})
	if _, diags := p.ImportResource(t.Context(), batchType, "nonsense", nil); !strings.Contains(diags.String(), "ENDPOINT_ID/BATCH_ID") {
		t.Errorf("%s", diags)
	}
	state, diags := p.ImportResource(t.Context(), batchType, "demo/unknown", nil)
	diags.RequireNone(t)
	if _, diags = p.ReadResource(t.Context(), batchType, state); !strings.Contains(strings.Join(diags.Errors(), "\n"), "Unable to read the batch") {
		t.Errorf("%s", diags)
	}
}
