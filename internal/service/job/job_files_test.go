package job_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// filing returns a job whose output is an object with a text and bytes in base64, and
// goes to three files of a folder.
func filing(folder string, more ...acctest.Values) acctest.Values {
	config := acctest.Values{
		"input": acctest.Values{"mock_return": acctest.Values{"text": "a\nb", "image": "AAECAwT/", "n": int64(1)}, "sim_delay_ms": int64(60000)},
		"output_files": acctest.Values{
			filepath.Join(folder, "out", "all.json"):  acctest.Values{},
			filepath.Join(folder, "out", "text.txt"):  acctest.Values{"select": "text", "encoding": "text"},
			filepath.Join(folder, "out", "image.bin"): acctest.Values{"select": "image", "encoding": "base64"},
		},
	}
	for _, m := range more {
		for name, value := range m {
			config[name] = value
		}
	}
	return config
}

// holds checks the content of the three files, and that nothing else is in their
// folder.
func (w *workspace) holds(folder string) {
	w.t.Helper()
	entries, err := os.ReadDir(filepath.Join(folder, "out"))
	if err != nil || len(entries) != 3 {
		w.t.Errorf("%v, %v", entries, err)
	}
	for name, want := range map[string]string{"all.json": `{"image":"AAECAwT/","n":1,"text":"a\nb"}`, "text.txt": "a\nb", "image.bin": "\x00\x01\x02\x03\x04\xff"} {
		path := filepath.Join(folder, "out", name)
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want {
			w.t.Errorf("%s: %q, %v", name, got, err)
		}
		digest := sha256.Sum256(got)
		if w.file(path) != hex.EncodeToString(digest[:]) {
			w.t.Errorf("%s: digest %v", name, w.file(path))
		}
	}
}

// file returns the stored digest of a file; nil when it is null or not there.
func (w *workspace) file(path string) any {
	files, _ := w.value("files").(acctest.Values)
	return files[path]
}

// runs checks how many jobs were submitted.
func (w *workspace) runs(want int) {
	w.t.Helper()
	if n := len(w.Journal().Op("run")); n != want {
		w.t.Errorf("%d submissions, want %d", n, want)
	}
}

// TestJobResource_outputFiles: an output goes to files and not into the state, and
// missing files are written again, without another job.
func TestJobResource_outputFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	inWorkspace(t, simulator.Options{}, nil, filing(folder), func(w *workspace) {
		if r := w.apply(w.t.Context()); len(r.diags) > 0 {
			t.Fatal(r.diags)
		}
		w.holds(folder)
		if w.value("output") != nil || w.value("output_bytes") == nil {
			t.Errorf("output: %v, %v bytes", w.value("output"), w.value("output_bytes"))
		}
		w.settled()

		all, text := filepath.Join(folder, "out", "all.json"), filepath.Join(folder, "out", "text.txt")
		before, err := os.Stat(all)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(text, []byte("changed"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(folder, "out", "image.bin")); err != nil {
			t.Fatal(err)
		}
		if r := w.apply(w.t.Context()); r.action != actionUpdate || w.only(r) != "warning: Writes output files again" {
			t.Errorf("%s: %s", r.action, r.diags)
		}
		w.holds(folder)
		if after, err := os.Stat(all); err != nil || !after.ModTime().Equal(before.ModTime()) {
			t.Errorf("a file that was there was written again: %v", err)
		}
		w.settled()

		// The API forgets the output: one warning, and nothing more, ever.
		w.ExpireJob("demo", w.text("id"))
		w.settled()
		if err := os.Remove(text); err != nil {
			t.Fatal(err)
		}
		r := w.apply(w.t.Context())
		if r.action != actionUpdate || r.diags.HasError() || !strings.Contains(r.diags.String(), "Output files can no longer be written") {
			t.Errorf("%s: %s", r.action, r.diags)
		}
		if w.file(text) != nil || w.file(all) == nil {
			t.Errorf("files: %v", w.value("files"))
		}
		w.settled()
		w.runs(1)
		if r := w.destroy(w.t.Context()); r.diags.HasError() {
			t.Error(r.diags)
		}
		if _, err := os.Stat(all); err != nil {
			t.Errorf("a destroy deleted a file: %v", err)
		}
	})
}

// TestJobResource_outputFilesBack: of files that can no longer be written, only the
// one with the whole output is recognized when it is back.
func TestJobResource_outputFilesBack(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	inWorkspace(t, simulator.Options{}, nil, filing(folder), func(w *workspace) {
		w.apply(w.t.Context())
		contents := map[string][]byte{}
		for _, name := range []string{"all.json", "text.txt"} {
			path := filepath.Join(folder, "out", name)
			content, err := os.ReadFile(path)
			if err != nil || os.Remove(path) != nil {
				t.Fatal(name, err)
			}
			contents[path] = content
		}
		all, text := filepath.Join(folder, "out", "all.json"), filepath.Join(folder, "out", "text.txt")
		w.ExpireJob("demo", w.text("id"))
		if r := w.apply(w.t.Context()); !strings.Contains(r.diags.String(), "Output files can no longer be written") || w.file(all) != nil {
			t.Errorf("%s: %s", r.action, r.diags)
		}
		if err := os.WriteFile(all, []byte("something else"), 0o600); err != nil {
			t.Fatal(err)
		}
		w.settled()
		if w.file(all) != nil {
			t.Errorf("another content is taken for the output")
		}
		for path, content := range contents {
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		w.refreshed()
		if w.file(all) != w.value("output_sha256") || w.file(text) != nil {
			t.Errorf("files: %v", w.value("files"))
		}
		w.settled()
		if err := os.Remove(all); err != nil { // and it is noticed again
			t.Fatal(err)
		}
		if r := w.apply(w.t.Context()); r.action != actionUpdate || !strings.Contains(r.diags.String(), "Output files can no longer be written") {
			t.Errorf("%s: %s", r.action, r.diags)
		}
		w.settled()
		w.runs(1)
	})
}

// TestJobResource_outputFilesSync: the reply to the submission may or may not contain
// the output.
func TestJobResource_outputFilesSync(t *testing.T) {
	t.Parallel()
	for _, wait := range []string{"2m", "5s"} {
		t.Run(wait, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			inWorkspace(t, simulator.Options{}, nil, filing(folder, acctest.Values{"mode": "sync", "sync_wait": wait}), func(w *workspace) {
				if r := w.apply(w.t.Context()); len(r.diags) > 0 {
					t.Fatal(r.diags)
				}
				w.holds(folder)
				w.settled()
				if n := w.submissions(); n != 1 {
					t.Errorf("%d submissions", n)
				}
			})
		})
	}
}

// TestJobResource_outputFilesChange: other files are written in place, from the
// result or, where the API has forgotten it, from what is stored as a whole.
func TestJobResource_outputFilesChange(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	config := filing(folder)
	files := config["output_files"]
	delete(config, "output_files")
	inWorkspace(t, simulator.Options{}, nil, config, func(w *workspace) {
		w.apply(w.t.Context())
		if w.value("output") == nil || w.value("files") != nil {
			t.Errorf("output %v, files %v", w.value("output"), w.value("files"))
		}
		w.ExpireJob("demo", w.text("id"))
		w.config["output_files"] = files
		w.config["output_select"] = acctest.Values{"n": "n"}
		if r := w.apply(w.t.Context()); r.action != actionUpdate || len(r.diags) > 0 {
			t.Errorf("%s: %s", r.action, r.diags)
		}
		w.holds(folder)
		if output, _ := w.value("output").(acctest.Values); len(output) != 1 {
			t.Errorf("output: %v", w.value("output"))
		}
		w.settled()
		w.runs(1)
	})
}

// TestJobResource_outputFilesUnwritable: a file that cannot be written when the job
// has ended fails the apply and loses nothing.
func TestJobResource_outputFilesUnwritable(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	inWorkspace(t, simulator.Options{}, nil, filing(folder), func(w *workspace) {
		out := filepath.Join(folder, "out")
		time.AfterFunc(30*time.Second, func() {
			if os.Remove(out) != nil || os.WriteFile(out, nil, 0o600) != nil {
				t.Error("the folder cannot be replaced")
			}
		})
		r := w.apply(w.t.Context())
		if w.only(r) != "error: Unable to write output files" || w.text("status") != "COMPLETED" || !strings.Contains(r.diags.String(), "is not a folder") {
			t.Fatalf("%s", r.diags)
		}
		w.tainted = false // the ledger's business
		if r := w.apply(w.t.Context()); r.action != actionRefused || !strings.Contains(r.diags.String(), "Invalid output file") {
			t.Errorf("%s: %s", r.action, r.diags)
		}
		if err := os.Remove(out); err != nil {
			t.Fatal(err)
		}
		if r := w.apply(w.t.Context()); r.action != actionUpdate || r.diags.HasError() {
			t.Errorf("%s: %s", r.action, r.diags)
		}
		w.holds(folder)
		w.settled()
		w.runs(1)
	})
}

// TestJobResource_outputFilesRefused: what cannot be written is refused at plan.
func TestJobResource_outputFilesRefused(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	if err := os.WriteFile(path("file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(path("file"), path("link")); err != nil {
		t.Skip(err)
	}
	for name, tc := range map[string]struct {
		files acctest.Values
		want  string
	}{
		"a folder":         {acctest.Values{folder: acctest.Values{}}, "is a folder"},
		"a link":           {acctest.Values{path("link"): acctest.Values{}}, "symbolic link"},
		"below a file":     {acctest.Values{path("file/x"): acctest.Values{}}, "is not a folder"},
		"twice":            {acctest.Values{path("x"): acctest.Values{}, folder + "/./x": acctest.Values{}}, "the same file"},
		"another case":     {acctest.Values{path("x"): acctest.Values{}, path("X"): acctest.Values{}}, "the same file on macOS or Windows"},
		"below another":    {acctest.Values{path("x"): acctest.Values{}, path("x/y"): acctest.Values{}}, "is below it"},
		"a temporary name": {acctest.Values{path(".x.partial"): acctest.Values{}}, "reserved for files"},
		"a new folder":     {acctest.Values{path("new") + "/": acctest.Values{}}, "the name of a folder"},
		"a folder, a dot":  {acctest.Values{path("new") + "/.": acctest.Values{}}, "the name of a folder"},
		"a parent folder":  {acctest.Values{path("new") + "/..": acctest.Values{}}, "the name of a folder"},
		"no name":          {acctest.Values{"": acctest.Values{}}, "is empty"},
		"a wrong encoding": {acctest.Values{path("x"): acctest.Values{"encoding": "hex"}}, "encoding"},
		"a wrong select":   {acctest.Values{path("x"): acctest.Values{"select": "a["}}, "expression"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorkspace(t, simulator.Options{}, nil, filing(folder, acctest.Values{"output_files": tc.files}), func(w *workspace) {
				if r := w.apply(w.t.Context()); r.action != actionRefused || !strings.Contains(r.diags.String(), tc.want) {
					t.Errorf("%s: %s", r.action, r.diags)
				}
				w.runs(0)
			})
		})
	}
}

// TestJobKinds_noOutputForFiles checks the warning about a job with output_files that
// completes without an output, and that no file is written.
func TestJobKinds_noOutputForFiles(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	p := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	kinds := map[string]func(config acctest.Values) acctest.Diagnostics{
		"resource": func(config acctest.Values) acctest.Diagnostics {
			state, diags := p.CreateResource(t.Context(), jobType, config)
			if plan := p.PlanResource(t.Context(), jobType, state, config); fmt.Sprint(plan.Planned) != fmt.Sprint(state.Values) || len(plan.Diagnostics) > 0 {
				t.Errorf("planned: %v, %s", plan.Planned, plan.Diagnostics)
			}
			return diags
		},
		"ephemeral": func(config acctest.Values) acctest.Diagnostics {
			config["run"] = true
			_, _, diags := p.OpenEphemeral(t.Context(), jobType, config)
			return diags
		},
		"action": func(config acctest.Values) acctest.Diagnostics {
			_, diags := p.InvokeAction(t.Context(), runAction, config)
			return diags
		},
	}
	for kind, run := range kinds {
		for name, tc := range map[string]struct {
			input acctest.Values
			want  string // "" for no warning
		}{
			"no output":   {acctest.Values{"sim_no_output": true}, "completed without an output"},
			"null":        {acctest.Values{"mock_return": nil}, "completed without an output"},
			"empty text":  {acctest.Values{"mock_return": ""}, ""},
			"no file yet": {acctest.Values{"mock_return": 1}, ""},
		} {
			t.Run(kind+", "+name, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "out")
				diags := run(acctest.Values{"input": tc.input, "output_files": acctest.Values{path: acctest.Values{}}})
				diags.RequireNoError(t)
				if found := len(diags.Warnings()) > 0; found != (tc.want != "") || !strings.Contains(diags.String(), tc.want) || found && !strings.Contains(diags.String(), path) {
					t.Errorf("%s", diags)
				}
				if _, err := os.Stat(path); (err == nil) != (tc.want == "") {
					t.Errorf("the file: %v", err)
				}
			})
		}
	}
}

// TestJobResource_outputFilesLater: if a refresh sees the end of a job, the next apply
// writes its files: a plan writes nothing.
func TestJobResource_outputFilesLater(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	inWorkspace(t, simulator.Options{}, nil, filing(folder, acctest.Values{"wait_for_completion": false}), func(w *workspace) {
		w.apply(w.t.Context())
		time.Sleep(2 * time.Minute)
		w.refreshed()
		if _, err := os.Stat(filepath.Join(folder, "out", "all.json")); err == nil || w.text("status") != "COMPLETED" {
			t.Errorf("a refresh wrote files, or did not see the end: %s", w.text("status"))
		}
		if r := w.apply(w.t.Context()); r.action != actionUpdate || r.diags.HasError() {
			t.Errorf("%s: %s", r.action, r.diags)
		}
		w.holds(folder)
		w.settled()
		w.runs(1)
	})
}
