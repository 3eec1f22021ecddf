package acctest_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// imageSet is a set of jobs that return bytes in base64, which go to files.
func imageSet(jobs, size int, delay time.Duration) string {
	return fmt.Sprintf(`
resource "runpodserverless_job_set" "a" {
  inputs        = { for i in range(%d) : format("k%%02d", i) => { n = i, sim_base64_bytes = %d, sim_delay_ms = %d } }
  output_files  = { "out/{key}.bin" = { encoding = "base64" } }
  max_in_flight = 200
}
`, jobs, size, delay.Milliseconds())
}

// written are the files of a folder, without those that are not whole yet.
func written(t *testing.T, folder string) (whole, partial []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".partial") {
			partial = append(partial, entry.Name())
		} else {
			whole = append(whole, entry.Name())
		}
	}
	return whole, partial
}

// asSent returns the digest of the JSON string that holds a file's content in base64.
func asSent(t *testing.T, path string) string {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256([]byte(`"` + base64.StdEncoding.EncodeToString(content) + `"`))
	return hex.EncodeToString(digest[:])
}

// allAsSent checks that each file of a folder holds the output of another job, to the
// byte, and returns how many files there are.
func allAsSent(t *testing.T, sim *simtest.Sim, folder string) int {
	t.Helper()
	sent := make(map[string]bool)
	for _, output := range sim.Outputs(simulator.DefaultEndpointID) {
		sent[output.SHA256] = true
	}
	whole, _ := written(t, folder)
	for _, name := range whole {
		digest := asSent(t, filepath.Join(folder, name))
		if !sent[digest] {
			t.Errorf("%s is not an output of a job, or that of another file as well", name)
		}
		delete(sent, digest)
	}
	return len(whole)
}

// TestAccFiles_killed: Terraform and the provider are killed while files are written.
// A file that has its name is whole, and the next apply writes the others from the
// results, without a submission.
func TestAccFiles_killed(t *testing.T) {
	t.Parallel()
	const jobs, size = 40, 300_000 // it takes a while to write them
	for _, after := range []int{1, 10, 30} {
		t.Run(fmt.Sprintf("after %d files", after), func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			cli := ledgerCLI(t, sim, imageSet(jobs, size, 3*time.Second))
			out := filepath.Join(cli.Dir, "out")
			run := cli.Start("apply", "-auto-approve", "-no-color")
			run.WaitFor(simtest.When(t, func() bool {
				whole, _ := written(t, out)
				return len(whole) >= after && sim.Journal().Accepted().Count("run") == jobs
			}))
			run.Kill()
			run.Wait()
			whole, partial := written(t, out)
			t.Logf("killed with %d whole files and %d others", len(whole), len(partial))
			if allAsSent(t, sim, out) == jobs {
				t.Log("the kill came after the last file") // on a machine that was busy with something else
			}
			settleCLI(t, cli)
			if n := sim.Journal().Count("run"); n != jobs {
				t.Errorf("%d submissions for %d jobs", n, jobs)
			}
			ids, open := inState(t, cli)
			if n := allAsSent(t, sim, out); n != jobs || len(ids) != jobs || len(open) > 0 {
				t.Errorf("%d files, %d jobs in the state, not complete: %v", n, len(ids), open)
			}
			if _, left := written(t, out); len(left) > 0 {
				t.Errorf("left: %v", left)
			}
		})
	}
}

// TestAccFiles_identical: outputs of megabytes arrive in the files to the byte, and a
// plan has nothing to do.
func TestAccFiles_identical(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := ledgerCLI(t, sim, imageSet(6, 1_875_000, 0)) // 2.5 MB of base64
	peak := acctest.WatchPeak(t, cli)
	cli.MustRun("apply", "-auto-approve", "-no-color")
	t.Logf("the provider took %d MB at most", peak()>>20)
	if n := allAsSent(t, sim, filepath.Join(cli.Dir, "out")); n != 6 {
		t.Errorf("%d files", n)
	}
	if size := len(cli.ReadFile("terraform.tfstate")); size > 50_000 {
		t.Errorf("the state has %d bytes", size)
	}
	cli.MustRun("plan", "-detailed-exitcode")
}

// numbers are the values of "n" in the inputs of what was submitted.
func numbers(t *testing.T, journal simulator.Journal) (all []int) {
	t.Helper()
	for _, x := range journal.Op("run") {
		var body struct {
			Input struct{ N int }
		}
		if err := json.Unmarshal(x.Body, &body); err != nil {
			t.Fatal(err)
		}
		all = append(all, body.Input.N)
	}
	slices.Sort(all)
	return all
}

// TestAccFiles_purged: somebody else purges the queue while a set waits. The apply
// fails, and the next one runs exactly the jobs that were lost.
func TestAccFiles_purged(t *testing.T) {
	t.Parallel()
	const jobs, workers, lasts = 35, 30, 5 * time.Minute
	sim := simtest.Start(t, simulator.Options{
		NoStatusSync: true, // so that each job is seen while it waits
		Endpoints:    map[string]simulator.Endpoint{simulator.DefaultEndpointID: {Workers: workers}},
	})
	cli := ledgerCLI(t, sim, imageSet(jobs, 1000, lasts))
	run := cli.Start("apply", "-auto-approve", "-no-color")
	run.WaitFor(simtest.When(t, func() bool {
		seen := make(map[string]bool)
		for _, x := range sim.Journal().Op("status") {
			seen[x.JobID] = true
		}
		return len(seen) == jobs
	}))
	queued := make(map[int]bool)
	for _, job := range sim.Jobs(simulator.DefaultEndpointID) {
		if job.Status == "IN_QUEUE" {
			var input struct{ N int }
			if err := json.Unmarshal(job.Input, &input); err != nil {
				t.Fatal(err)
			}
			queued[input.N] = true
		}
	}
	sim.PurgeQueue(simulator.DefaultEndpointID)
	sim.Advance(lasts)
	r := run.Wait()
	out := unwrap(r.Output())
	if r.ExitCode == 0 || len(queued) != jobs-workers || !strings.Contains(out, "Error: Jobs have expired") || !strings.Contains(out, fmt.Sprintf("%d completed, 0 failed, %d expired", workers, jobs-workers)) {
		t.Fatalf("exit code %d, %d purged\n%s", r.ExitCode, len(queued), r.Output())
	}
	if n := allAsSent(t, sim, filepath.Join(cli.Dir, "out")); n != workers {
		t.Errorf("%d files", n)
	}
	again := cli.Start("apply", "-auto-approve", "-no-color")
	again.WaitFor(simtest.When(t, func() bool {
		running := 0
		for _, job := range sim.Jobs(simulator.DefaultEndpointID) {
			if job.Status == "IN_PROGRESS" {
				running++
			}
		}
		return running == len(queued)
	}))
	sim.Advance(lasts)
	if r := again.Wait(); r.ExitCode != 0 {
		t.Fatalf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	want := slices.Sorted(maps.Keys(queued))
	for n := range jobs {
		want = append(want, n)
	}
	slices.Sort(want)
	if got := numbers(t, sim.Journal()); !slices.Equal(got, want) {
		t.Errorf("submitted: %v, want %v", got, want)
	}
	if n := allAsSent(t, sim, filepath.Join(cli.Dir, "out")); n != jobs {
		t.Errorf("%d files", n)
	}
	cli.MustRun("plan", "-detailed-exitcode")
}

// TestAccFiles_changedLine: a changed line of the inputs file is one submission and
// one file.
func TestAccFiles_changedLine(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := ledgerCLI(t, sim, `
resource "runpodserverless_job_set" "a" {
  inputs_file  = "inputs.jsonl"
  output_files = { "out/{key}.json" = {} }
}
`)
	inputs := func(changed int) {
		var b bytes.Buffer
		for i := range 20 {
			text := "as before"
			if i == changed {
				text = "changed"
			}
			fmt.Fprintf(&b, `{"key": "k%02d", "input": {"n": %d, "mock_return": {"text": %q, "n": %d}}}`+"\r\n", i, i, text, i)
		}
		cli.WriteFile("inputs.jsonl", b.String())
	}
	times := func() map[string]os.FileInfo {
		all := make(map[string]os.FileInfo)
		whole, partial := written(t, filepath.Join(cli.Dir, "out"))
		for _, name := range append(whole, partial...) {
			info, err := os.Stat(filepath.Join(cli.Dir, "out", name))
			if err != nil {
				t.Fatal(err)
			}
			all[name] = info
		}
		return all
	}
	inputs(-1)
	cli.MustRun("apply", "-auto-approve", "-no-color")
	cli.MustRun("plan", "-detailed-exitcode")
	before := times()
	inputs(7)
	cli.MustRun("apply", "-auto-approve", "-no-color")
	if got := numbers(t, sim.Journal()); len(got) != 21 || !slices.Equal(got[7:9], []int{7, 7}) {
		t.Errorf("submitted: %v", got)
	}
	after := times()
	for name, info := range after {
		if same := os.SameFile(info, before[name]) && info.ModTime().Equal(before[name].ModTime()); same != (name != "k07.json") {
			t.Errorf("%s: the same file as before: %v", name, same)
		}
	}
	if len(after) != 20 || !strings.Contains(cli.ReadFile("out/k07.json"), "changed") {
		t.Errorf("%d files, k07.json: %s", len(after), cli.ReadFile("out/k07.json"))
	}
	cli.MustRun("plan", "-detailed-exitcode")
}

// TestAccFiles_decomposedKey checks keys of an inputs file that are not in Unicode normal
// form C, in which Terraform stores every string: their jobs do not run again with each
// apply.
func TestAccFiles_decomposedKey(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := ledgerCLI(t, sim, `
resource "runpodserverless_job_set" "a" {
  inputs_file  = "inputs.jsonl"
  output_files = { "out/e{key}.json" = {} }
}
`)
	cli.WriteFile("inputs.jsonl", "{\"key\":\"cafe\u0301\",\"input\":{\"mock_return\":1}}\n{\"key\":\"\u0301\",\"input\":{\"mock_return\":2}}\n")
	cli.MustRun("apply", "-auto-approve")
	cli.MustRun("plan", "-detailed-exitcode")
	cli.MustRun("apply", "-auto-approve")
	if n := sim.Journal().Count("run"); n != 2 {
		t.Errorf("%d submissions for two keys", n)
	}
	for name, want := range map[string]string{"out/ecaf\u00e9.json": "1", "out/\u00e9.json": "2"} {
		if got := cli.ReadFile(name); got != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// TestAccFiles_destroyWithoutInputs: a destroy needs no inputs file when it does not
// refresh, and keeps the files of outputs.
func TestAccFiles_destroyWithoutInputs(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := ledgerCLI(t, sim, `
resource "runpodserverless_job_set" "a" {
  inputs_file  = "inputs.jsonl"
  output_files = { "out/{key}.json" = {} }
}
`)
	cli.WriteFile("inputs.jsonl", `{"key": "a", "input": {"mock_return": 1}}`)
	cli.MustRun("apply", "-auto-approve")
	if err := os.Remove(filepath.Join(cli.Dir, "inputs.jsonl")); err != nil {
		t.Fatal(err)
	}
	if r := cli.Run("plan", "-no-color"); r.ExitCode == 0 || !strings.Contains(unwrap(r.Output()), "the file must exist when the plan is made") {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	cli.MustRun("destroy", "-auto-approve", "-refresh=false")
	if got := cli.ReadFile("out/a.json"); got != "1" {
		t.Errorf("a.json: %q", got)
	}
}

// TestAccFiles_destroyInTheWay checks that a folder in place of an output file is an error of
// the plan, not of the validation: Terraform also validates before a destroy, which must
// work with -refresh=false.
func TestAccFiles_destroyInTheWay(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := ledgerCLI(t, sim, `
resource "runpodserverless_job" "a" {
  input        = { mock_return = 1 }
  output_files = { "out/job.json" = {} }
}

resource "runpodserverless_job_set" "a" {
  inputs       = { set = { mock_return = 1 } }
  output_files = { "out/{key}.json" = {} }
}

resource "runpodserverless_batch" "a" {
  requests     = [{ mock_return = 1 }]
  results_file = "out/batch.jsonl"
}

ephemeral "runpodserverless_job" "a" {
  run          = false
  input        = { mock_return = 1 }
  output_files = { "out/ephemeral.json" = {} }
}
`)
	cli.MustRun("apply", "-auto-approve")
	files := []string{"out/job.json", "out/set.json", "out/batch.jsonl", "out/ephemeral.json"}
	for _, name := range files {
		path := filepath.Join(cli.Dir, name)
		if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		if err := os.Mkdir(path, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	r := cli.Run("plan", "-no-color")
	for _, name := range files {
		if r.ExitCode == 0 || !strings.Contains(unwrap(r.Output()), name+" is a folder") {
			t.Errorf("exit code %d, nothing about %s\n%s", r.ExitCode, name, r.Output())
		}
	}
	cli.MustRun("validate")
	cli.MustRun("destroy", "-auto-approve", "-refresh=false")
}

// TestAccFiles_unwritable: a creation fails because a file cannot be written when its
// job has ended. Terraform replaces the resource; the replacement takes the result over
// and submits nothing.
func TestAccFiles_unwritable(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body  string
		jobs  int
		files []string
	}{
		"job": {`resource "runpodserverless_job" "a" {
  input        = { mock_return = "fine", sim_delay_ms = 1500 }
  output_files = { "out/broken/a.txt" = { encoding = "text" }, "out/b.txt" = { encoding = "text" } }
}
`, 1, []string{"out/broken/a.txt", "out/b.txt"}},
		"set": {`resource "runpodserverless_job_set" "a" {
  inputs       = { for key in ["broken", "b", "c"] : key => { mock_return = "fine", sim_delay_ms = 1500 } }
  output_files = { "out/{key}/a.txt" = { encoding = "text" } }
}
`, 3, []string{"out/broken/a.txt", "out/b/a.txt", "out/c/a.txt"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			cli := ledgerCLI(t, sim, tc.body)
			run := cli.Start("apply", "-auto-approve", "-no-color")
			run.WaitFor(sim.Reached(t, "run", tc.jobs))
			broken := filepath.Join(cli.Dir, "out", "broken")
			if err := os.Remove(broken); err != nil {
				t.Fatal(err)
			}
			cli.WriteFile("out/broken", "in the way")
			r := run.Wait()
			if out := unwrap(r.Output()); r.ExitCode == 0 || !strings.Contains(out, "Error: Unable to write output files") || !strings.Contains(out, "a.txt") {
				t.Fatalf("exit code %d\n%s", r.ExitCode, r.Output())
			}
			// What is in the way is found by the plan, before anything is replaced.
			before := cli.ReadFile("terraform.tfstate")
			if r := cli.Run("apply", "-auto-approve", "-no-color"); r.ExitCode == 0 || !strings.Contains(r.Output(), "Invalid output file") || cli.ReadFile("terraform.tfstate") != before {
				t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
			}
			if err := os.Remove(broken); err != nil {
				t.Fatal(err)
			}
			out := cli.MustRun("apply", "-auto-approve", "-no-color").Output()
			if n := sim.Journal().Count("run"); n != tc.jobs || !strings.Contains(unwrap(out), titleTaken) {
				t.Errorf("%d submissions\n%s", n, out)
			}
			for _, file := range tc.files {
				if got := cli.ReadFile(file); got != "fine" {
					t.Errorf("%s: %q", file, got)
				}
			}
			cli.MustRun("plan", "-detailed-exitcode")
			if left := ledgerFiles(t, cli.Dir); len(left) > 0 {
				t.Errorf("left in the ledger: %v", left)
			}
		})
	}
}
