package job_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestJobRunAction_outputFiles: the output of an action's job goes to files, and
// nothing else of it is kept.
func TestJobRunAction_outputFiles(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]acctest.Values{
		"async": nil, "sync": {"mode": "sync"}, "streamed": {"stream": true}, "polled": {"policy": acctest.Values{"low_priority": true}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			sim := simtest.Start(t, simulator.Options{NoStatusSync: name == "polled"})
			server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
			config := filing(folder, more)
			input, _ := config["input"].(acctest.Values)
			input["sim_delay_ms"] = int64(50)
			server.ValidateActionConfig(t.Context(), runAction, config).RequireNone(t)
			server.PlanAction(t.Context(), runAction, config).RequireNone(t)
			if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 || len(sim.Journal()) > 0 {
				t.Errorf("a plan wrote %v, or sent something: %v", entries, err)
			}
			_, diags := server.InvokeAction(t.Context(), runAction, config)
			diags.RequireNone(t)
			for file, want := range map[string]string{"all.json": `{"image":"AAECAwT/","n":1,"text":"a\nb"}`, "text.txt": "a\nb", "image.bin": "\x00\x01\x02\x03\x04\xff"} {
				if got, err := os.ReadFile(filepath.Join(folder, "out", file)); err != nil || string(got) != want {
					t.Errorf("%s: %q, %v", file, got, err)
				}
			}
			if entries, err := os.ReadDir(filepath.Join(folder, "out")); err != nil || len(entries) != 3 {
				t.Errorf("%v, %v", entries, err)
			}
		})
	}
}

// TestJobRunAction_outputFilesRefused: files that would never be written are refused
// at plan, and the error about one that cannot be written says where the result is.
func TestJobRunAction_outputFilesRefused(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	for name, tc := range map[string]struct {
		more acctest.Values
		want string
	}{
		"not waited for": {acctest.Values{"wait_for_completion": false}, "Leave wait_for_completion out with output_files"},
		"a folder":       {acctest.Values{"output_files": acctest.Values{folder: acctest.Values{}}}, "is a folder"},
		"another case":   {acctest.Values{"output_files": acctest.Values{folder + "/x": acctest.Values{}, folder + "/X": acctest.Values{}}}, "the same file"},
	} {
		if diags := server.PlanAction(t.Context(), runAction, filing(folder, tc.more)); !diags.HasError() || !strings.Contains(diags.String(), tc.want) {
			t.Errorf("%s: %s", name, diags)
		}
	}
	if n := len(sim.Journal()); n != 0 {
		t.Errorf("%d requests", n)
	}
	config := acctest.Values{"input": acctest.Values{"mock_return": 1}, "output_files": acctest.Values{folder + "/text": acctest.Values{"encoding": "text"}}}
	_, diags := server.InvokeAction(t.Context(), runAction, config)
	contains(t, "error", diags.Errors(), "not a string", "nothing about it is stored", sim.Jobs(simulator.DefaultEndpointID)[0].ID)
	if entries, err := os.ReadDir(folder); err != nil || len(entries) > 0 {
		t.Errorf("%v, %v", entries, err)
	}
}

// TestJobRunAction_outputFilesNotJSON checks the warning about an output that is not JSON,
// and that no file is written.
func TestJobRunAction_outputFilesNotJSON(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	sim.Inject(simulator.Fault{Op: "status-sync", Kind: simulator.StatusReply, Status: http.StatusOK, Body: `{"status":"COMPLETED","output":{"loss":[1,NaN]}}`})
	path := filepath.Join(t.TempDir(), "out")
	_, diags := server.InvokeAction(t.Context(), runAction, acctest.Values{"input": acctest.Values{"mock_return": 1}, "output_files": acctest.Values{path: acctest.Values{}}})
	contains(t, "warning", diags.Warnings(), "NaN at .loss[1]", sim.Jobs(simulator.DefaultEndpointID)[0].ID)
	if _, err := os.Stat(path); err == nil {
		t.Error("a file was written")
	}
}
