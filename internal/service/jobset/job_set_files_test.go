package jobset_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// writeInputs writes a file of n inputs, each of which returns its own key; changed
// are those that return something else.
func writeInputs(t *testing.T, path string, n int, changed ...string) {
	t.Helper()
	var b strings.Builder
	for i := range n {
		key := fmt.Sprintf("k%04d", i)
		text := "output of " + key
		for _, c := range changed {
			if c == key {
				text = "changed " + key
			}
		}
		fmt.Fprintf(&b, `{"key": %q, "input": {"mock_return": {"text": %q, "n": 1}, "sim_delay_ms": 1000}}`+"\n", key, text)
	}
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// byFiles is a set whose inputs and outputs are in files of a folder.
func byFiles(folder string, more ...acctest.Values) acctest.Values {
	config := acctest.Values{
		"inputs_file":  filepath.Join(folder, "inputs.jsonl"),
		"output_files": acctest.Values{filepath.Join(folder, "out", "{key}.txt"): acctest.Values{"select": "text", "encoding": "text"}},
	}
	for _, m := range more {
		for name, value := range m {
			config[name] = value
		}
	}
	return config
}

// modified returns when the files of a folder were written, by name.
func modified(t *testing.T, folder string) map[string]int64 {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	times := make(map[string]int64)
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		times[entry.Name()] = info.ModTime().UnixNano()
	}
	return times
}

func textOf(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	}
	return string(text)
}

// unchanged checks that a refresh and a plan change nothing and send nothing.
func unchanged(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer, state *acctest.ResourceState, config acctest.Values) {
	t.Helper()
	before := len(sim.Journal())
	seen, diags := p.ReadResource(t.Context(), setType, state)
	diags.RequireNone(t)
	plan := p.PlanResource(t.Context(), setType, seen, config)
	plan.Diagnostics.RequireNone(t)
	if fmt.Sprint(plan.Planned) != fmt.Sprint(state.Values) || len(sim.Journal()) != before {
		t.Errorf("a plan changes something, or sends something\n%v\n%v", plan.Planned, state.Values)
	}
}

// TestJobSetResource_files: inputs come from a file and outputs go to files; a changed
// line is one job and one file, and a file that is missing is none.
func TestJobSetResource_files(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	inputs, out := filepath.Join(folder, "inputs.jsonl"), filepath.Join(folder, "out")
	writeInputs(t, inputs, 8)
	inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
		config := byFiles(folder)
		state, diags := p.CreateResource(t.Context(), setType, config)
		diags.RequireNone(t)
		requests(t, sim, "run", 8)
		if state.Values["outputs"] != nil || state.Values["inputs"] != nil || state.Values["succeeded"] != int64(8) {
			t.Errorf("outputs %v, inputs %v", state.Values["outputs"], state.Values["inputs"])
		}
		if got := textOf(t, filepath.Join(out, "k0007.txt")); got != "output of k0007" {
			t.Errorf("k0007: %q", got)
		}
		unchanged(t, sim, p, state, config)

		// One line changes.
		before := modified(t, out)
		writeInputs(t, inputs, 8, "k0003")
		plan := p.PlanResource(t.Context(), setType, state, config)
		plan.Diagnostics.RequireNone(t)
		if got := open(t, plan); got != "k0003" {
			t.Fatalf("open: %s", got)
		}
		state, diags = p.ApplyResource(t.Context(), plan)
		diags.RequireNone(t)
		requests(t, sim, "run", 9)
		for name, when := range modified(t, out) {
			if (when != before[name]) != (name == "k0003.txt") {
				t.Errorf("%s was written again, or was not", name)
			}
		}
		if got := textOf(t, filepath.Join(out, "k0003.txt")); got != "changed k0003" {
			t.Errorf("k0003: %q", got)
		}
		unchanged(t, sim, p, state, config)

		// Two files are lost; the API has forgotten one of the outputs.
		id, _ := job(t, state.Values, "k0005")["id"].(string)
		sim.ExpireJob("demo", id)
		for _, key := range []string{"k0005", "k0006"} {
			if err := os.Remove(filepath.Join(out, key+".txt")); err != nil {
				t.Fatal(err)
			}
		}
		state, diags = p.ReadResource(t.Context(), setType, state)
		diags.RequireNone(t)
		plan = p.PlanResource(t.Context(), setType, state, config)
		if !strings.Contains(plan.Diagnostics.String(), "Writes output files again") || len(plan.Diagnostics) != 1 || open(t, plan) != "" {
			t.Errorf("%s", plan.Diagnostics)
		}
		state, diags = p.ApplyResource(t.Context(), plan)
		if len(diags) != 1 || diags.HasError() || !strings.Contains(diags.String(), "Output files can no longer be written") || !strings.Contains(diags.String(), id) {
			t.Errorf("%s", diags)
		}
		if got := textOf(t, filepath.Join(out, "k0006.txt")); got != "output of k0006" {
			t.Errorf("k0006: %q", got)
		}
		unchanged(t, sim, p, state, config)
		requests(t, sim, "run", 9)
	})
}

// TestJobSetResource_filesBack: a file that can no longer be written is recognized when
// it comes back, if it holds the whole output.
func TestJobSetResource_filesBack(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
		config := acctest.Values{
			"inputs":       acctest.Values{"a": acctest.Values{"mock_return": "one"}, "b": acctest.Values{"mock_return": "two"}},
			"output_files": acctest.Values{filepath.Join(folder, "{key}.json"): acctest.Values{"select": "@"}, filepath.Join(folder, "{key}.txt"): acctest.Values{"encoding": "text"}},
		}
		state, diags := p.CreateResource(t.Context(), setType, config)
		diags.RequireNone(t)
		created := state
		id, _ := job(t, state.Values, "a")["id"].(string)
		sim.ExpireJob("demo", id)
		for _, name := range []string{"a.json", "a.txt"} {
			if err := os.Remove(filepath.Join(folder, name)); err != nil {
				t.Fatal(err)
			}
		}
		state, diags = p.ReadResource(t.Context(), setType, state)
		diags.RequireNone(t)
		state, diags = p.ApplyResource(t.Context(), p.PlanResource(t.Context(), setType, state, config))
		if !strings.Contains(diags.String(), "Output files can no longer be written") {
			t.Errorf("%s", diags)
		}
		unchanged(t, sim, p, state, config)
		for name, content := range map[string]string{"a.json": `"one"`, "a.txt": "one"} {
			if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		state, diags = p.ReadResource(t.Context(), setType, state)
		diags.RequireNone(t)
		files, _ := job(t, state.Values, "a")["files"].(acctest.Values)
		before, _ := job(t, created.Values, "a")["files"].(acctest.Values)
		whole, text := filepath.Join(folder, "a.json"), filepath.Join(folder, "a.txt")
		if files[whole] == nil || files[whole] != before[whole] || files[text] != nil {
			t.Errorf("files: %v, want %v", files, before)
		}
		unchanged(t, sim, p, state, config)
		requests(t, sim, "run", 2)
	})
}

// TestJobSetResource_inputsFileChanged: an apply does not run what its plan did not show.
func TestJobSetResource_inputsFileChanged(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	inputs := filepath.Join(folder, "inputs.jsonl")
	writeInputs(t, inputs, 3)
	inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
		config := byFiles(folder)
		plan := p.PlanResource(t.Context(), setType, nil, config)
		plan.Diagnostics.RequireNone(t)
		writeInputs(t, inputs, 4)
		if _, diags := p.ApplyResource(t.Context(), plan); !diags.HasError() || !strings.Contains(diags.String(), "Inputs file changed") {
			t.Errorf("%s", diags)
		}
		requests(t, sim, "run", 0)
		// From values to a file: nothing is run again when the JSON is the same.
		state, diags := p.CreateResource(t.Context(), setType, acctest.Values{"inputs": acctest.Values{"a": acctest.Values{"mock_return": "x"}}})
		diags.RequireNone(t)
		if err := os.WriteFile(inputs, []byte(`{"key":"a","input":{"mock_return":"x"}}`), 0o600); err != nil {
			t.Fatal(err)
		}
		state, diags = update(t, p, state, acctest.Values{"inputs_file": inputs})
		diags.RequireNone(t)
		requests(t, sim, "run", 1)
		unchanged(t, sim, p, state, acctest.Values{"inputs_file": inputs})
	})
}

// TestJobSetResource_filesRefused: what is wrong with files is refused at plan.
func TestJobSetResource_filesRefused(t *testing.T) {
	t.Parallel()
	sim, p := start(t, simulator.Options{})
	t.Cleanup(func() {
		if n := len(sim.Journal()); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
	for name, tc := range map[string]struct {
		inputs string
		more   acctest.Values
		want   string
	}{
		"no file":          {"", acctest.Values{"inputs_file": "none.jsonl"}, "the file must exist when the plan is made"},
		"a device":         {"", acctest.Values{"inputs_file": os.DevNull}, "not a regular file"},
		"a folder instead": {"", acctest.Values{"inputs_file": os.TempDir()}, "not a regular file"},
		"a line":           {"{\"key\":\"a\",\"input\":{\"p\":1}}\nhello", nil, "line 2 is not JSON"},
		"a key twice":      {"{\"key\":\"a\",\"input\":{\"p\":1}}\n{\"key\":\"a\",\"input\":{\"p\":1}}", nil, "line 2 has the same key as line 1"},
		"too large":        {`{"key":"a","input":{"p":"` + strings.Repeat("x", 10<<20) + `"}}`, nil, "the API takes at most 10 MiB"},
		"no placeholder":   {`{"key":"a","input":{"p":1}}`, acctest.Values{"output_files": acctest.Values{"out/x": acctest.Values{}}}, "put {key} into the path"},
		"a key as a path":  {`{"key":"../a","input":{"p":1}}`, nil, "contains a slash"},
		"a folder for key": {`{"key":"..","input":{"p":1}}`, nil, "the name of a folder"},
		"a folder here":    {`{"key":".","input":{"p":1}}`, nil, "the name of a folder"},
		"a backslash":      {`{"key":"..\\a","input":{"p":1}}`, nil, "contains a slash"},
		"a long key":       {`{"key":"` + strings.Repeat("k", 201) + `","input":{"p":1}}`, nil, "longer than 200 bytes"},
		"a long name":      {`{"key":"` + strings.Repeat("k", 200) + `","input":{"p":1}}`, acctest.Values{"output_files": acctest.Values{"out/{key}{key}": acctest.Values{}}}, "a name that is too long"},
		"a temporary name": {`{"key":".a.partial","input":{"p":1}}`, acctest.Values{"output_files": acctest.Values{"out/{key}": acctest.Values{}}}, "reserved for files"},
		"another case":     {"{\"key\":\"Straße\",\"input\":{\"p\":1}}\n{\"key\":\"STRASSE\",\"input\":{\"p\":1}}", nil, "the same file on macOS or Windows"},
		"another form":     {"{\"key\":\"\u00e9\",\"input\":{\"p\":1}}\n{\"key\":\"e\u0301\",\"input\":{\"p\":1}}", nil, "line 2 has the same key as line 1"},
		"dots at the end":  {"{\"key\":\"a\",\"input\":{\"p\":1}}\n{\"key\":\"a.\",\"input\":{\"p\":1}}", acctest.Values{"output_files": acctest.Values{"out/{key}/x": acctest.Values{}}}, "the same file on macOS or Windows"},
		"below a file":     {`{"key":"a","input":{"p":1}}`, acctest.Values{"output_files": acctest.Values{"out/{key}": acctest.Values{}, "out/{key}/x": acctest.Values{}}}, "is below it"},
		"the inputs":       {`{"key":"inputs","input":{"p":1}}`, nil, "is the inputs file"},
		"the inputs, case": {`{"key":"INPUTS","input":{"p":1}}`, nil, "is the inputs file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, "inputs.jsonl"), []byte(tc.inputs), 0o600); err != nil {
				t.Fatal(err)
			}
			switch name {
			case "the inputs":
				tc.more = acctest.Values{"output_files": acctest.Values{folder + "/{key}.jsonl": acctest.Values{}}}
			case "the inputs, case":
				tc.more = acctest.Values{"output_files": acctest.Values{folder + "/{key}.JSONL": acctest.Values{}}}
			}
			plan := p.PlanResource(t.Context(), setType, nil, byFiles(folder, tc.more))
			if !plan.Diagnostics.HasError() || !strings.Contains(plan.Diagnostics.String(), tc.want) {
				t.Errorf("%s", plan.Diagnostics)
			}
		})
	}
}

// TestJobSetResource_filesAsSent checks that a selected string is written in the Unicode form
// in which the worker sent it.
func TestJobSetResource_filesAsSent(t *testing.T) {
	t.Parallel()
	_, p := start(t, simulator.Options{})
	folder := t.TempDir()
	const decomposed = "cafe\u0301 \u1100\u1161"
	if err := os.WriteFile(folder+"/inputs.jsonl", []byte(`{"key":"k","input":{"mock_return":{"text":"`+decomposed+`"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	state, diags := p.CreateResource(t.Context(), setType, byFiles(folder))
	diags.RequireNone(t)
	if got := textOf(t, folder+"/out/k.txt"); got != decomposed {
		t.Errorf("%+q", got)
	}
	p.PlanResource(t.Context(), setType, state, byFiles(folder)).Diagnostics.RequireNone(t)
}

// TestJobSetResource_replacedNotWritable checks the replacement of a set whose creation
// failed when its files cannot be written any more. Its results are kept, also if the API
// has forgotten them, and only the remaining keys are refused.
func TestJobSetResource_replacedNotWritable(t *testing.T) {
	t.Parallel()
	inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
		folder := t.TempDir()
		link := filepath.Join(folder, "link")
		if err := os.Symlink(folder, link); err != nil {
			t.Skip(err) // on Windows, links need a privilege
		}
		config := set(failing(), acctest.Values{"output_files": acctest.Values{link + "/{key}": acctest.Values{}}})
		state := createFailing(t, p, config)
		requests(t, sim, "run", handed)
		time.Sleep(2 * time.Hour)
		if err := errors.Join(os.Remove(link), os.Symlink("/proc/self/none", link)); err != nil {
			t.Fatal(err)
		}
		state, diags := replace(t, p, state, config)
		if !diags.HasError() || !strings.Contains(diags.String(), "It cannot be written") || state.Values == nil || state.Values["succeeded"] != int64(handed-1) {
			t.Fatalf("%v\n%s", state.Values, diags)
		}
		requests(t, sim, "run", handed)
		if err := errors.Join(os.Remove(link), os.Symlink(folder, link)); err != nil {
			t.Fatal(err)
		}
		state, diags = replace(t, p, state, config)
		if !strings.Contains(diags.String(), "1 of 4 jobs failed") || state.Values["succeeded"] != int64(handed-1) {
			t.Errorf("%s", diags)
		}
		requests(t, sim, "run", handed+1)
	})
}

// TestJobSetResource_noOutputForFiles checks the warning about jobs with output_files that
// complete without an output, and that no files are written.
func TestJobSetResource_noOutputForFiles(t *testing.T) {
	t.Parallel()
	_, p := start(t, simulator.Options{})
	inputs := same(3, acctest.Values{"sim_no_output": true})
	inputs["good"] = acctest.Values{"mock_return": 1}
	folder := t.TempDir()
	config := set(inputs, acctest.Values{"output_files": acctest.Values{folder + "/{key}": acctest.Values{}}})
	state, diags := p.CreateResource(t.Context(), setType, config)
	diags.RequireNoError(t)
	if len(diags) != 1 || !strings.Contains(diags.String(), "completed without an output") || !strings.Contains(diags.String(), "k0002") || strings.Contains(diags.String(), "good") {
		t.Errorf("%s", diags)
	}
	if written := modified(t, folder); len(written) != 1 {
		t.Errorf("%v", written)
	}
	p.PlanResource(t.Context(), setType, state, config).Diagnostics.RequireNone(t)
}

// TestJobSetResource_filesNotWritable checks that neither the creation of a set nor an
// update submits keys whose files cannot be written.
func TestJobSetResource_filesNotWritable(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no folder in which no user can create files")
	}
	sim := simtest.Start(t, simulator.Options{})
	p := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": "demo"})
	const nowhere = "/proc/self/none/{key}"
	files := acctest.Values{"output_files": acctest.Values{nowhere: acctest.Values{}}}
	config := set(acctest.Values{}, files)
	state, diags := p.CreateResource(t.Context(), setType, config)
	diags.RequireNone(t)
	config = set(acctest.Values{"a": acctest.Values{"mock_return": 1}}, files)
	refused := func(diags acctest.Diagnostics) {
		t.Helper()
		if !diags.HasError() || !strings.Contains(diags.String(), "It cannot be written") {
			t.Errorf("%s", diags)
		}
	}
	_, diags = p.ApplyResource(t.Context(), p.PlanResource(t.Context(), setType, state, config))
	refused(diags)
	config["triggers"] = acctest.Values{"another": "set"}
	config["output_files"] = acctest.Values{nowhere + ".json": acctest.Values{}}
	_, diags = p.CreateResource(t.Context(), setType, config)
	refused(diags)
	if n := sim.Journal().Count("run"); n > 0 {
		t.Errorf("%d submissions", n)
	}
}

// TestJobSetResource_secretInput: the secret part of the inputs and the bucket reach
// the worker and nothing else; a new version runs every job again.
func TestJobSetResource_secretInput(t *testing.T) {
	t.Parallel()
	inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
		bucket := acctest.Values{"access_id": "AKID", "access_secret": "s3-secret-value", "bucket_name": "b", "endpoint_url": "https://s3.example.com"}
		config := set(same(3, acctest.Values{"mock_return": "fine", "auth": acctest.Values{"user": "me"}}), acctest.Values{
			"input_wo": acctest.Values{"auth": acctest.Values{"token": "secret-token-value"}}, "input_wo_version": int64(1), "s3_config": bucket,
		})
		state, diags := p.CreateResource(t.Context(), setType, config)
		diags.RequireNone(t)
		for _, x := range sim.Journal().Op("run") {
			for _, want := range []string{`"auth":{"token":"secret-token-value","user":"me"}`, `"accessSecret":"s3-secret-value"`, `"bucketName":"b"`} {
				if !strings.Contains(string(x.Body), want) {
					t.Errorf("%s is not in %s", want, x.Body)
				}
			}
		}
		if text := fmt.Sprint(state.Values); strings.Contains(text, "secret-token-value") || strings.Contains(text, "s3-secret-value") {
			t.Errorf("a secret is in the state: %s", text)
		}
		unchanged(t, sim, p, state, config)
		config["input_wo"] = acctest.Values{"auth": acctest.Values{"token": "another"}}
		unchanged(t, sim, p, state, config)
		config["input_wo_version"] = int64(2)
		if plan := p.PlanResource(t.Context(), setType, state, config); len(plan.RequiresReplace) == 0 {
			t.Error("a new version replaces nothing")
		}
		requests(t, sim, "run", 3)
	})
}
