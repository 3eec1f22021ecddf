package acctest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

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
		t.Skip(err) // as where links need a privilege
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
