package batch_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// TestBatchResource_resultsFileFull: the disk is full while the results are written.
// What was there before stays, and the next apply reads them again.
func TestBatchResource_resultsFileFull(t *testing.T) {
	t.Parallel()
	acctest.WithFileLimit(t, 100_000, func(t *testing.T, lift func()) {
		t.Helper()
		folder := t.TempDir()
		name := filepath.Join(folder, "results.jsonl")
		if err := os.WriteFile(name, []byte("of yesterday"), 0o600); err != nil {
			t.Fatal(err)
		}
		config := returning(3, name)
		config["requests"] = []any{acctest.Values{"sim_output_bytes": 80_000}, acctest.Values{"sim_output_bytes": 80_000}}
		synctest.Test(t, func(t *testing.T) {
			p, sim := newBubble(t, simulator.Options{})
			state, diags := p.CreateResource(t.Context(), batchType, config)
			if len(diags) != 1 || diags.HasError() || state.Values["phase"] != "ended" {
				t.Fatalf("phase %v: %s", state.Values["phase"], diags)
			}
			if got := diags[0]; got.Summary != "Unable to write the results of the batch" || !strings.Contains(got.Detail, folder) || !strings.Contains(got.Detail, "make room") {
				t.Errorf("%s\n%s", got.Summary, got.Detail)
			}
			content, err := os.ReadFile(name)
			entries, _ := os.ReadDir(folder)
			if err != nil || string(content) != "of yesterday" || len(entries) != 1 {
				t.Errorf("%q, %v, in the folder: %v", content, err, entries)
			}
			lift()
			state = nextApply(t, p, state, false, config)
			if got := readResults(t, name); len(got) != 2 || state.Values["phase"] != "done" {
				t.Errorf("%d results, phase %v", len(got), state.Values["phase"])
			}
			requests(t, sim, "batch-create", 1)
		})
	})
}
