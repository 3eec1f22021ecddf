package acctest_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

func init() { maps.Copy(provocations, fileProvocations) }

// fileProvocations are those of arguments that name files or bound a wait.
var fileProvocations = map[string]provocation{
	"Invalid output file": func(t *testing.T, s stage) acctest.Diagnostics {
		return planning(jobWith(quickInput, acctest.Values{"output_files": acctest.Values{t.TempDir(): acctest.Values{}}}))(t, s)
	},
	"Output file used twice": func(t *testing.T, s stage) acctest.Diagnostics {
		config := filingJob(t)
		_, diags := s.p.CreateResource(t.Context(), jobType, config)
		diags.RequireNone(t)
		config["triggers"] = acctest.Values{"another": "job"}
		return s.p.PlanResource(t.Context(), jobType, nil, config).Diagnostics
	},
	"Invalid regular expression": planning(jobWith(quickInput, acctest.Values{"retry": acctest.Values{"max_attempts": 2, "error_matches": []any{"("}}})),
	"No worker took the job": func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.SetEndpoint(simulator.DefaultEndpointID, simulator.Endpoint{Throttled: 3})
		return s.create(t, quickInput, acctest.Values{"queue_timeout": "1m"})
	},
	"Runs a new job for an expired one": func(t *testing.T, s stage) acctest.Diagnostics {
		state, _ := s.p.CreateResource(t.Context(), jobType, jobWith(slowInput, acctest.Values{"policy": acctest.Values{"ttl": "10s"}}))
		return s.p.PlanResource(t.Context(), jobType, state, jobWith(slowInput, acctest.Values{"policy": acctest.Values{"ttl": "10s"}})).Diagnostics
	},
	"Unable to write output files": func(t *testing.T, s stage) acctest.Diagnostics {
		return s.create(t, acctest.Values{"mock_return": 1}, acctest.Values{
			"output_files": acctest.Values{filepath.Join(t.TempDir(), "out"): acctest.Values{"encoding": "text"}},
		})
	},
	"No output for the output files": func(t *testing.T, s stage) acctest.Diagnostics {
		return s.create(t, acctest.Values{"sim_no_output": true}, acctest.Values{
			"output_files": acctest.Values{filepath.Join(t.TempDir(), "out"): acctest.Values{}},
		})
	},
	"Writes output files again": func(t *testing.T, s stage) acctest.Diagnostics {
		plan := s.lostFile(t, false)
		return plan.Diagnostics
	},
	"Output files can no longer be written": func(t *testing.T, s stage) acctest.Diagnostics {
		plan := s.lostFile(t, true)
		_, diags := s.p.ApplyResource(t.Context(), plan)
		return diags
	},

	"Inputs file changed": func(t *testing.T, s stage) acctest.Diagnostics {
		config := acctest.Values{"inputs_file": inputsFile(t, `{"key":"a","input":{"mock_return":1}}`)}
		plan := s.p.PlanResource(t.Context(), setType, nil, config)
		rewrite(t, config["inputs_file"], `{"key":"a","input":{"mock_return":2}}`)
		_, diags := s.p.ApplyResource(t.Context(), plan)
		return diags
	},
	"Invalid inputs file": func(t *testing.T, s stage) acctest.Diagnostics {
		return s.p.PlanResource(t.Context(), setType, nil, acctest.Values{"inputs_file": inputsFile(t, "hello")}).Diagnostics
	},
	"No worker took the jobs": func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.SetEndpoint(simulator.DefaultEndpointID, simulator.Endpoint{Throttled: 3})
		return creatingSet(acctest.Values{"inputs": twoSlow, "queue_timeout": "1m"}, none)(t, s)
	},
	"Runs expired jobs again": func(t *testing.T, s stage) acctest.Diagnostics {
		config := setWith(acctest.Values{"inputs": twoSlow, "policy": acctest.Values{"ttl": "10s"}})
		state, _ := s.p.CreateResource(t.Context(), setType, config)
		return s.p.PlanResource(t.Context(), setType, state, config).Diagnostics
	},
	"Stopped after too many failed jobs": creatingSet(acctest.Values{"inputs": oneFails, "max_in_flight": 1, "max_failures": 1}, none),
	"Unable to read the outputs again": func(t *testing.T, s stage) acctest.Diagnostics {
		folder := t.TempDir()
		config := acctest.Values{"inputs": acctest.Values{"a": quickInput}, "output_files": acctest.Values{folder + "/{key}": acctest.Values{}}}
		state, _ := s.p.CreateResource(t.Context(), setType, config)
		if err := os.Remove(filepath.Join(folder, "a")); err != nil {
			t.Fatal(err)
		}
		state, _ = s.p.ReadResource(t.Context(), setType, state)
		s.sim.Inject(simulator.Fault{Op: "status", Kind: simulator.Unavailable})
		_, diags := s.p.ApplyResource(t.Context(), s.p.PlanResource(t.Context(), setType, state, config))
		return diags
	},
}

// filingJob is a job that writes a file.
func filingJob(t *testing.T) acctest.Values {
	t.Helper()
	return jobWith(quickInput, acctest.Values{"output_files": acctest.Values{filepath.Join(t.TempDir(), "out"): acctest.Values{}}})
}

// lostFile plans a job whose file is gone, and whose result may be, too.
func (s stage) lostFile(t *testing.T, forgotten bool) *acctest.ResourcePlan {
	t.Helper()
	config := filingJob(t)
	state, diags := s.p.CreateResource(t.Context(), jobType, config)
	diags.RequireNone(t)
	files, _ := config["output_files"].(acctest.Values)
	for name := range files {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if forgotten {
		time.Sleep(time.Hour)
	}
	state, diags = s.p.ReadResource(t.Context(), jobType, state)
	diags.RequireNone(t)
	return s.p.PlanResource(t.Context(), jobType, state, config)
}

func inputsFile(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "inputs.jsonl")
	rewrite(t, path, content)
	return path
}

func rewrite(t *testing.T, path any, content string) {
	t.Helper()
	name, _ := path.(string)
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}
