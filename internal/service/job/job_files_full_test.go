package job_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// TestJobResource_outputFilesFull: the disk is full in the middle of a file. What was
// there before stays, the other files are written, and the next apply with room for it
// writes the rest from the result, without another job.
func TestJobResource_outputFilesFull(t *testing.T) {
	t.Parallel()
	acctest.WithFileLimit(t, 100_000, func(t *testing.T, lift func()) {
		t.Helper()
		folder := t.TempDir()
		large, small := filepath.Join(folder, "large.bin"), filepath.Join(folder, "small.json")
		if err := os.WriteFile(large, []byte("of yesterday"), 0o600); err != nil {
			t.Fatal(err)
		}
		config := acctest.Values{
			"input":        acctest.Values{"sim_base64_bytes": int64(1_000_000)},
			"output_files": acctest.Values{large: acctest.Values{"encoding": "base64"}, small: acctest.Values{"select": "length(@)"}},
		}
		inWorkspace(t, simulator.Options{}, nil, config, func(w *workspace) {
			only := func(want string, digests ...string) {
				t.Helper()
				entries, err := os.ReadDir(folder)
				if err != nil || len(entries) != 2 {
					t.Errorf("in the folder: %v, %v", entries, err)
				}
				if content, err := os.ReadFile(large); err != nil || want != "" && string(content) != want || want == "" && len(content) != 1_000_000 {
					t.Errorf("%d bytes, %v", len(content), err)
				}
				for _, path := range []string{large, small} {
					if (w.file(path) != nil) != strings.Contains(strings.Join(digests, " "), filepath.Base(path)) {
						t.Errorf("%s: digest %v", path, w.file(path))
					}
				}
			}
			r := w.apply(w.t.Context())
			if w.only(r) != "error: Unable to write output files" || !strings.Contains(r.diags.String(), "large.bin: ") || !strings.Contains(r.diags.String(), "file too large") {
				t.Fatalf("%s", r.diags)
			}
			only("of yesterday", "small.json")
			w.tainted = false // the ledger's business
			r = w.apply(w.t.Context())
			if !strings.Contains(r.diags.String(), "Unable to write output files") || w.text("status") != "COMPLETED" {
				t.Errorf("%s: %s", r.action, r.diags)
			}
			only("of yesterday", "small.json")
			lift()
			if r = w.apply(w.t.Context()); r.diags.HasError() {
				t.Errorf("%s: %s", r.action, r.diags)
			}
			only("", "small.json", "large.bin")
			w.settled()
			w.runs(1)
		})
	})
}
