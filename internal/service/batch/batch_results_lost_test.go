package batch_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

const (
	titleRewrites = "Writes output files again"
	titleLost     = "Output files can no longer be written"
)

// losses are what may happen to a results file.
var losses = map[string]func(t *testing.T, name string){
	"deleted": func(t *testing.T, name string) {
		t.Helper()
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	},
	"changed": func(t *testing.T, name string) {
		t.Helper()
		if err := os.WriteFile(name, []byte("changed"), 0o600); err != nil {
			t.Fatal(err)
		}
	},
}

// filed is a batch of two requests whose results are in a file, and the file's content.
func filed(t *testing.T, p *acctest.ProtocolServer, more acctest.Values) (config acctest.Values, name, content string, state *acctest.ResourceState) {
	t.Helper()
	name = filepath.Join(t.TempDir(), "out", "results.jsonl")
	config = returning(1, name)
	config["requests"] = []any{acctest.Values{"mock_return": 1}, acctest.Values{"mock_return": "two"}}
	maps.Copy(config, more)
	state, diags := p.CreateResource(t.Context(), batchType, config)
	diags.RequireNoError(t)
	return config, name, textOf(t, name), state
}

func textOf(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(text)
}

// submittedOnce checks that nothing was submitted but the first batch.
func submittedOnce(t *testing.T, sim *simtest.Sim) {
	t.Helper()
	for op, n := range map[string]int{"batch-create": 1, "batch-append": 1, "batch-finalize": 1, "batch-cancel": 0} {
		requests(t, sim, op, n)
	}
}

// atRest checks that a refresh and a plan change nothing, send nothing and say nothing.
func atRest(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer, state *acctest.ResourceState, config acctest.Values) {
	t.Helper()
	before := len(sim.Journal())
	seen, diags := p.ReadResource(t.Context(), batchType, state)
	diags.RequireNone(t)
	plan := p.PlanResource(t.Context(), batchType, seen, config)
	plan.Diagnostics.RequireNone(t)
	if !reflect.DeepEqual(plan.Planned, state.Values) || len(plan.RequiresReplace) > 0 || len(sim.Journal()) != before {
		t.Errorf("it is not at rest: %v", plan.Planned)
	}
}

// refreshed returns the state after a refresh that sends nothing and says nothing.
func refreshed(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer, state *acctest.ResourceState) *acctest.ResourceState {
	t.Helper()
	before := len(sim.Journal())
	state, diags := p.ReadResource(t.Context(), batchType, state)
	diags.RequireNone(t)
	if n := len(sim.Journal()) - before; n > 0 {
		t.Errorf("a refresh sent %d requests", n)
	}
	return state
}

// rewrites plans an update in place that announces the results file, and nothing else.
func rewrites(t *testing.T, p *acctest.ProtocolServer, state *acctest.ResourceState, config acctest.Values) *acctest.ResourcePlan {
	t.Helper()
	plan := p.PlanResource(t.Context(), batchType, state, config)
	if len(plan.RequiresReplace) > 0 || len(plan.Diagnostics) != 1 || plan.Diagnostics.HasError() ||
		!strings.Contains(plan.Diagnostics.String(), titleRewrites) || !strings.Contains(plan.Diagnostics.String(), fmt.Sprint(config["results_file"])) {
		t.Fatalf("replaced: %v; %s", plan.RequiresReplace, plan.Diagnostics)
	}
	for name, value := range plan.Planned {
		ofFile := name == "results_bytes" || name == "results_sha256" || name == "results_in_order"
		if (value == acctest.Unknown) != ofFile {
			t.Errorf("%s is planned as %v", name, value)
		}
	}
	return plan
}

// TestBatchResource_resultsFileLost: a refresh notices a results file that is missing
// or has another content, and the apply writes it again, without a submission.
func TestBatchResource_resultsFileLost(t *testing.T) {
	t.Parallel()
	for name, lose := range losses {
		for label, more := range map[string]acctest.Values{
			"completed":    nil,
			"unsuccessful": {"requests": []any{acctest.Values{"mock_return": 1}, acctest.Values{"mock_error": "no"}}, "on_failure": "warn"},
			"not waited":   {"wait_for_completion": false},
		} {
			t.Run(name+", "+label, func(t *testing.T) {
				t.Parallel()
				p, sim := newServer(t, simulator.Options{})
				config, file, content, state := filed(t, p, more)
				if label == "not waited" {
					state = nextApply(t, p, state, false, config)
					content = textOf(t, file)
				}
				atRest(t, sim, p, state, config)
				lose(t, file)
				plan := p.PlanResource(t.Context(), batchType, state, config) // as with -refresh=false
				plan.Diagnostics.RequireNone(t)
				if !reflect.DeepEqual(plan.Planned, state.Values) {
					t.Errorf("a plan without a refresh changes something: %v", plan.Planned)
				}
				seen := refreshed(t, sim, p, state)
				if seen.Values["results_sha256"] != nil || seen.Values["results_bytes"] != state.Values["results_bytes"] {
					t.Errorf("after the refresh: %v", seen.Values)
				}
				after, diags := p.ApplyResource(t.Context(), rewrites(t, p, seen, config))
				diags.RequireNone(t)
				if got := textOf(t, file); got != content || content == "" {
					t.Errorf("the file has %q, want %q", got, content)
				}
				if !reflect.DeepEqual(after.Values, state.Values) {
					t.Errorf("after the apply: %v, want %v", after.Values, state.Values)
				}
				atRest(t, sim, p, after, config)
				submittedOnce(t, sim)
			})
		}
	}
}

// TestBatchResource_resultsFileForgotten: if the API has forgotten the batch, one
// warning says that its results file is lost, and nothing more is planned unless the
// file comes back.
func TestBatchResource_resultsFileForgotten(t *testing.T) {
	t.Parallel()
	for name, lose := range losses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, sim := newServer(t, simulator.Options{})
			config, file, content, state := filed(t, p, nil)
			sim.ForgetBatch("demo", fmt.Sprint(state.Values["id"]))
			atRest(t, sim, p, state, config)
			lose(t, file)
			lost, diags := p.ApplyResource(t.Context(), rewrites(t, p, refreshed(t, sim, p, state), config))
			if len(diags) != 1 || diags.HasError() || !strings.Contains(diags.String(), titleLost) || !strings.Contains(diags.String(), file) || !strings.Contains(diags.String(), "-replace") {
				t.Errorf("%s", diags)
			}
			if lost.Values["results_sha256"] != nil || lost.Values["phase"] != "done" {
				t.Errorf("%v", lost.Values)
			}
			atRest(t, sim, p, lost, config)

			// Another change of the arguments does not bring it up again.
			config["on_failure"] = "warn"
			lost, diags = p.ApplyResource(t.Context(), p.PlanResource(t.Context(), batchType, lost, config))
			diags.RequireNone(t)
			atRest(t, sim, p, lost, config)

			if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			found := refreshed(t, sim, p, lost)
			if found.Values["results_sha256"] != state.Values["results_sha256"] {
				t.Errorf("the file is back, and its digest is %v", found.Values["results_sha256"])
			}
			atRest(t, sim, p, found, config)
			lose(t, file)
			rewrites(t, p, refreshed(t, sim, p, found), config)
			submittedOnce(t, sim)
		})
	}
}

// TestBatchResource_resultsFileBack: a file that is back before the apply, or before
// the next refresh, is not written.
func TestBatchResource_resultsFileBack(t *testing.T) {
	t.Parallel()
	p, sim := newServer(t, simulator.Options{})
	config, file, content, state := filed(t, p, nil)
	losses["deleted"](t, file)
	seen := refreshed(t, sim, p, state)
	plan := rewrites(t, p, seen, config)
	sim.ForgetBatch("demo", fmt.Sprint(state.Values["id"]))
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	after, diags := p.ApplyResource(t.Context(), plan)
	diags.RequireNone(t)
	atRest(t, sim, p, after, config)
	if seen = refreshed(t, sim, p, seen); !reflect.DeepEqual(seen.Values, state.Values) {
		t.Errorf("after another refresh: %v", seen.Values)
	}
	atRest(t, sim, p, seen, config)
}

// TestBatchResource_resultsFileNotRestored: results that cannot be read fail the apply,
// and the next one reads them. One odd reply does not make them lost.
func TestBatchResource_resultsFileNotRestored(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"unauthorized": {Op: "batch-requests", Kind: simulator.StatusReply, Status: 401, Body: `{"detail":"invalid api key"}`},
		"an odd reply": {Op: "batch-requests", Kind: simulator.StatusReply, Status: 404, Body: `{"detail":"batch not found"}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, sim := newServer(t, simulator.Options{})
			config, file, content, state := filed(t, p, nil)
			losses["deleted"](t, file)
			plan := rewrites(t, p, refreshed(t, sim, p, state), config)
			heal := sim.Inject(fault)
			failed, diags := p.ApplyResource(t.Context(), plan)
			heal()
			if len(diags) != 1 || !diags.HasError() || !strings.Contains(diags.String(), "Unable to read the results") || failed.Values["results_sha256"] != nil {
				t.Errorf("%s\n%v", diags, failed.Values)
			}
			after, diags := p.ApplyResource(t.Context(), rewrites(t, p, refreshed(t, sim, p, failed), config))
			diags.RequireNone(t)
			if got := textOf(t, file); got != content || !reflect.DeepEqual(after.Values, state.Values) {
				t.Errorf("the file has %q; %v", got, after.Values)
			}
			submittedOnce(t, sim)
		})
	}
}

// TestBatchResource_resultsFileMoved: a results file that was moved together with its
// argument is recognized where the API has forgotten the results, and one that was
// not moved is lost, once.
func TestBatchResource_resultsFileMoved(t *testing.T) {
	t.Parallel()
	for _, moved := range []bool{true, false} {
		for _, refreshes := range []bool{true, false} {
			t.Run(fmt.Sprintf("moved %v, refreshed %v", moved, refreshes), func(t *testing.T) {
				t.Parallel()
				p, sim := newServer(t, simulator.Options{})
				config, file, _, state := filed(t, p, nil)
				sim.ForgetBatch("demo", fmt.Sprint(state.Values["id"]))
				other := file + "2"
				if moved {
					if err := os.Rename(file, other); err != nil {
						t.Fatal(err)
					}
				}
				if refreshes {
					state = refreshed(t, sim, p, state)
				}
				config["results_file"] = other
				after, diags := p.ApplyResource(t.Context(), p.PlanResource(t.Context(), batchType, state, config))
				diags.RequireNoError(t)
				if told := strings.Contains(diags.String(), "Results are no longer available"); told == moved || (after.Values["results_sha256"] == nil) == moved {
					t.Errorf("digest %v; %s", after.Values["results_sha256"], diags)
				}
				atRest(t, sim, p, after, config)

				// Without the file, the digest is that of the results as before.
				if !moved {
					config["results_file"] = nil
					after, diags = p.ApplyResource(t.Context(), p.PlanResource(t.Context(), batchType, after, config))
					diags.RequireNoError(t)
					if after.Values["results_sha256"] == nil {
						t.Error("the digest of the results is lost")
					}
					atRest(t, sim, p, after, config)
				}
				submittedOnce(t, sim)
			})
		}
	}
}

// TestBatchResource_resultsFileLostReplaced: a replacement that turns out to be for
// nothing keeps the batch and writes its file again, or keeps in mind that it is lost.
func TestBatchResource_resultsFileLostReplaced(t *testing.T) {
	t.Parallel()
	for _, known := range []bool{true, false} {
		for _, forgotten := range []bool{false, true} {
			t.Run(fmt.Sprintf("seen by a refresh %v, forgotten %v", known, forgotten), func(t *testing.T) {
				t.Parallel()
				p, sim := newServer(t, simulator.Options{})
				config, file, content, state := filed(t, p, acctest.Values{"triggers": acctest.Values{"a": "1"}})
				losses["deleted"](t, file)
				if known {
					state = refreshed(t, sim, p, state)
				}
				if forgotten {
					sim.ForgetBatch("demo", fmt.Sprint(state.Values["id"]))
				}
				after, diags := p.ReplaceForUnknownTriggers(t.Context(), batchType, state, config)
				diags.RequireNoError(t)
				if got := textOf(t, file); (got == content) == forgotten || strings.Contains(diags.String(), titleLost) != forgotten {
					t.Errorf("the file has %q; %s", got, diags)
				}
				atRest(t, sim, p, after, config)
				submittedOnce(t, sim)
			})
		}
	}
}

// TestBatchResource_resultsFileNotYet: results that were never written are not lost:
// those of a running batch, those in the state, and those of a cancelled draft.
func TestBatchResource_resultsFileNotYet(t *testing.T) {
	t.Parallel()
	t.Run("unfinished", func(t *testing.T) {
		t.Parallel()
		p, sim := newServer(t, simulator.Options{})
		file := filepath.Join(t.TempDir(), "results.jsonl")
		config := minutes(acctest.Values{"results_file": file, "wait_for_completion": false})
		state, diags := p.CreateResource(t.Context(), batchType, config)
		diags.RequireNone(t)
		state, diags = p.ReadResource(t.Context(), batchType, state)
		diags.RequireNone(t)
		plan := p.PlanResource(t.Context(), batchType, state, config)
		plan.Diagnostics.RequireNone(t)
		if !reflect.DeepEqual(plan.Planned, state.Values) || state.Values["phase"] != "running" {
			t.Errorf("%v", plan.Planned)
		}
		sim.Advance(10 * 60e9)
		if _, told, state, diags := again(t, p, state, config); strings.Contains(told, titleRewrites) || len(diags) > 0 || state.Values["phase"] != "done" || len(readResults(t, file)) != 2 {
			t.Errorf("phase %v; %s%s", state.Values["phase"], told, diags)
		}
	})
	t.Run("in the state", func(t *testing.T) {
		t.Parallel()
		p, sim := newServer(t, simulator.Options{})
		for _, config := range []acctest.Values{
			{"requests": []any{acctest.Values{"mock_return": 1}}},
			{"requests": []any{acctest.Values{"mock_return": 2}}, "max_output_bytes": 0},
		} {
			state, diags := p.CreateResource(t.Context(), batchType, config)
			diags.RequireNoError(t)
			sim.ForgetBatch("demo", fmt.Sprint(state.Values["id"]))
			atRest(t, sim, p, state, config)
		}
	})
	t.Run("cancelled as a draft", func(t *testing.T) {
		t.Parallel()
		p, sim := newServer(t, simulator.Options{})
		config := returning(1, filepath.Join(t.TempDir(), "results.jsonl"))
		config["requests"] = []any{acctest.Values{"mock_return": 1}, acctest.Values{"mock_return": 2}}
		config["on_failure"] = "warn"
		restore := sim.Inject(simulator.Fault{Op: "batch-append", Kind: simulator.CutBefore})
		state, diags := p.CreateResource(t.Context(), batchType, config)
		restore()
		diags.RequireNoError(t)
		sim.CancelBatch("demo", fmt.Sprint(state.Values["id"]))
		state, diags = p.ReadResource(t.Context(), batchType, state)
		diags.RequireNone(t)
		if state.Values["phase"] != "cancelled" {
			t.Fatalf("phase %v", state.Values["phase"])
		}
		atRest(t, sim, p, state, config)
	})
}

// TestBatchResource_resultsFileLostDestroyed: a destroy needs neither the file nor a request.
func TestBatchResource_resultsFileLostDestroyed(t *testing.T) {
	t.Parallel()
	for _, refreshes := range []bool{true, false} {
		t.Run(fmt.Sprintf("refreshed %v", refreshes), func(t *testing.T) {
			t.Parallel()
			p, sim := newServer(t, simulator.Options{})
			_, file, _, state := filed(t, p, nil)
			losses["changed"](t, file)
			if refreshes {
				state = refreshed(t, sim, p, state)
			}
			before := len(sim.Journal())
			_, diags := p.DestroyResource(t.Context(), batchType, state)
			diags.RequireNone(t)
			if n := len(sim.Journal()) - before; n > 0 || textOf(t, file) != "changed" {
				t.Errorf("%d requests; the file has %q", n, textOf(t, file))
			}
		})
	}
}

// TestAccBatchResource_resultsFileLost: the same with the command-line interface.
func TestAccBatchResource_resultsFileLost(t *testing.T) {
	t.Parallel()
	for name, lose := range losses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			cli := acctest.NewCLI(t)
			cli.WriteFile("main.tf", config(sim, "requests = [{ mock_return = 1 }, { mock_return = 2 }]\nresults_file = \"out/results.jsonl\"\n"))
			file := filepath.Join(cli.Dir, "out", "results.jsonl")
			planned := func(code int, args ...string) string {
				t.Helper()
				r := cli.Run(append([]string{"plan", "-no-color", "-detailed-exitcode"}, args...)...)
				if r.ExitCode != code {
					t.Fatalf("exit code %d, want %d\n%s", r.ExitCode, code, r.Output())
				}
				return r.Output()
			}
			cli.MustRun("apply", "-auto-approve")
			content := textOf(t, file)
			planned(0)
			lose(t, file)
			planned(0, "-refresh=false")
			for range 2 { // a plan stores nothing
				if out := planned(2); !strings.Contains(out, "0 to add, 1 to change, 0 to destroy") || !strings.Contains(out, titleRewrites) || !strings.Contains(out, "out/results.jsonl") {
					t.Error(out)
				}
			}
			cli.MustRun("apply", "-auto-approve", "-refresh-only")
			if out := planned(2, "-refresh=false"); !strings.Contains(out, titleRewrites) {
				t.Error(out)
			}
			cli.MustRun("apply", "-auto-approve")
			if got := textOf(t, file); got != content || content == "" {
				t.Errorf("the file has %q, want %q", got, content)
			}
			planned(0)

			sim.ForgetBatch("demo", sim.Batches("demo")[0].ID)
			lose(t, file)
			if r := cli.Run("apply", "-auto-approve", "-no-color"); r.ExitCode != 0 || !strings.Contains(r.Output(), titleLost) {
				t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
			}
			planned(0)
			planned(0, "-refresh=false")
			if r := cli.Run("apply", "-auto-approve", "-no-color"); r.ExitCode != 0 || strings.Contains(r.Output(), titleLost) {
				t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
			}
			cli.WriteFile("out/results.jsonl", content)
			cli.MustRun("apply", "-auto-approve")
			lose(t, file)
			planned(2)
			cli.MustRun("destroy", "-auto-approve")
			submittedOnce(t, sim)
		})
	}
}
