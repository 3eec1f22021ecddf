package acctest_test

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestFiles_oneOwner: a plan refuses a file that another resource writes, of whatever
// type, by whatever name that leads to it on any system.
func TestFiles_oneOwner(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.Symlink(folder, filepath.Join(folder, "link")); err != nil {
		t.Skip(err) // on Windows, links need a privilege
	}
	names := map[string]string{
		"the same":            filepath.Join(folder, "x.jsonl"),
		"another case":        filepath.Join(folder, "X.jsonl"),
		"through a folder":    folder + "/none/../x.jsonl",
		"through a link":      filepath.Join(folder, "link", "link", "x.jsonl"),
		"link and case":       filepath.Join(folder, "link", "X.JSONL"),
		"a file of its own":   filepath.Join(folder, "y.jsonl"),
		"another folder's":    filepath.Join(folder, "z", "x.jsonl"),
		"below the file":      filepath.Join(folder, "x.jsonl", "z.jsonl"),
		"a dot at the end":    filepath.Join(folder, "x.jsonl."),
		"a link to somewhere": filepath.Join(folder, "link", "z", "x.jsonl"),
	}
	free := map[string]bool{"a file of its own": true, "another folder's": true, "a link to somewhere": true}
	kinds := map[string]struct {
		typeName string
		config   func(path string) acctest.Values
	}{
		"job": {jobType, func(path string) acctest.Values {
			return acctest.Values{"input": quickInput, "output_files": acctest.Values{path: acctest.Values{}}}
		}},
		"batch": {batchType, func(path string) acctest.Values {
			return acctest.Values{"requests": []any{quickInput}, "results_file": path}
		}},
		"set": {setType, func(path string) acctest.Values {
			key := strings.SplitN(filepath.Base(path), ".", 2)[0]
			return acctest.Values{"inputs": acctest.Values{key: quickInput}, "output_files": acctest.Values{strings.Replace(path, key+".", "{key}.", 1): acctest.Values{}}}
		}},
	}
	for first, one := range kinds {
		for second, other := range kinds {
			for name, path := range names {
				t.Run(first+", "+second+", "+name, func(t *testing.T) {
					t.Parallel()
					sim := simtest.Start(t, simulator.Options{})
					p := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
					p.PlanResource(t.Context(), one.typeName, nil, one.config(names["the same"])).Diagnostics.RequireNone(t)
					config := other.config(path)
					config["triggers"] = acctest.Values{"another": "one"}
					diags := p.PlanResource(t.Context(), other.typeName, nil, config).Diagnostics
					if diags.HasError() == free[name] || diags.HasError() && !strings.Contains(diags.String(), "file used twice") {
						t.Errorf("%s", diags)
					}
					if len(sim.Journal()) > 0 {
						t.Error("something was sent")
					}
				})
			}
		}
	}
}

// TestFiles_replacedNotWritable checks that a replacement keeps the results that it takes
// over even if their files cannot be written, and submits nothing.
func TestFiles_replacedNotWritable(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		typeName string
		op       string // of the submission
		config   func(folder string) acctest.Values
	}{
		"job": {jobType, "run", func(folder string) acctest.Values {
			return acctest.Values{"input": quickInput, "output_files": acctest.Values{folder + "/x": acctest.Values{}}}
		}},
		"set": {setType, "run", func(folder string) acctest.Values {
			return acctest.Values{"inputs": acctest.Values{"a": quickInput}, "output_files": acctest.Values{folder + "/{key}": acctest.Values{}}}
		}},
		"batch": {batchType, "batch-create", func(folder string) acctest.Values {
			return acctest.Values{"requests": []any{quickInput}, "results_file": folder + "/x"}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			link := filepath.Join(folder, "link")
			if err := os.Symlink(folder, link); err != nil {
				t.Skip(err) // on Windows, links need a privilege
			}
			sim := simtest.Start(t, simulator.Options{})
			p := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
			config := tc.config(link)
			config["triggers"] = acctest.Values{"run": "1"}
			state, diags := p.CreateResource(t.Context(), tc.typeName, config)
			diags.RequireNone(t)
			if err := errors.Join(os.Remove(link), os.Symlink("/proc/self/none", link)); err != nil {
				t.Fatal(err)
			}
			id := state.Values["id"]
			early := maps.Clone(config)
			early["triggers"] = acctest.Unknown
			plan := p.PlanResource(t.Context(), tc.typeName, state, early)
			plan.Diagnostics.RequireNoError(t)
			state, diags = p.ReplaceResource(t.Context(), plan, config)
			if state.Values == nil || !strings.Contains(diags.String(), "Unable to write") {
				t.Fatalf("no state, or no error about the files: %s", diags)
			}
			if err := errors.Join(os.Remove(link), os.Symlink(folder, link)); err != nil {
				t.Fatal(err)
			}
			if name != "set" && state.Values["id"] != id {
				t.Errorf("%v instead of %v", state.Values["id"], id)
			}
			state, diags = p.ReadResource(t.Context(), tc.typeName, state)
			diags.RequireNone(t)
			_, diags = p.ApplyResource(t.Context(), p.PlanResource(t.Context(), tc.typeName, state, config))
			diags.RequireNoError(t)
			if n := sim.Journal().Count(tc.op); n != 1 {
				t.Errorf("%d submissions", n)
			}
		})
	}
}

// TestFiles_failedDestroy checks that a resource whose destruction failed, which stays in
// the state, keeps its files in the same process, and that another one can have them once
// it is destroyed.
func TestFiles_failedDestroy(t *testing.T) {
	t.Parallel()
	input := acctest.Values{"mock_delay": int64(3600)}
	for name, tc := range map[string]struct {
		typeName string
		op       string // that cancels it
		config   func(folder string) acctest.Values
	}{
		"job": {jobType, "cancel", func(folder string) acctest.Values {
			return acctest.Values{"input": input, "output_files": acctest.Values{folder + "/x": acctest.Values{}}}
		}},
		"set": {setType, "cancel", func(folder string) acctest.Values {
			return acctest.Values{"inputs": acctest.Values{"x": input}, "output_files": acctest.Values{folder + "/{key}": acctest.Values{}}}
		}},
		"batch": {batchType, "batch-cancel", func(folder string) acctest.Values {
			return acctest.Values{"requests": []any{input}, "results_file": folder + "/x"}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := simtest.NewInBubble(t, simulator.Options{})
				p := acctest.NewBubbleServer(t, sim.Server, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
				config := tc.config(t.TempDir())
				config["on_timeout"], config["timeouts"] = "detach", acctest.Values{"create": "1m"}
				state, diags := p.CreateResource(t.Context(), tc.typeName, config)
				diags.RequireNoError(t)
				sim.Inject(simulator.Fault{Op: tc.op, Kind: simulator.StatusReply, Status: 403, Body: `{"detail":"forbidden"}`, Times: 1})
				state, diags = p.DestroyResource(t.Context(), tc.typeName, state)
				if !diags.HasError() || state.Values == nil {
					t.Fatalf("the destruction succeeded: %s", diags)
				}
				config["triggers"] = acctest.Values{"another": "one"}
				if diags := p.PlanResource(t.Context(), tc.typeName, nil, config).Diagnostics; !strings.Contains(diags.String(), "file used twice") {
					t.Errorf("the file is free: %s", diags)
				}
				_, diags = p.DestroyResource(t.Context(), tc.typeName, state)
				diags.RequireNoError(t)
				p.PlanResource(t.Context(), tc.typeName, nil, config).Diagnostics.RequireNoError(t)
			})
		})
	}
}
