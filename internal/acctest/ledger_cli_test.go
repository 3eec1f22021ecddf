package acctest_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

const (
	titleTaken = "Took over what an earlier apply had submitted"

	// envRounds is how often TestAccLedger_kill kills each configuration.
	envRounds = "RUNPODSERVERLESS_LEDGER_ROUNDS"
)

// ledgerCLI is a CLI with a configuration for the simulator.
func ledgerCLI(t *testing.T, sim *simtest.Sim, body string) *acctest.CLI {
	t.Helper()
	cli := acctest.NewCLI(t)
	cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim, `endpoint_id = "demo"`)+body)
	return cli
}

// inState are the ids of jobs and batches in a state, and what did not complete.
func inState(t *testing.T, cli *acctest.CLI) (ids map[string]bool, open []string) {
	t.Helper()
	var state struct {
		Resources []struct {
			Type, Mode string
			Instances  []struct {
				Status, Deposed string
				Attributes      struct {
					ID, Status, Phase string
					Jobs              map[string]struct {
						ID     *string
						Status string
					}
				}
			}
		}
	}
	ids = make(map[string]bool)
	content, err := os.ReadFile(filepath.Join(cli.Dir, "terraform.tfstate"))
	if err != nil {
		return ids, []string{"no state"}
	}
	if err := json.Unmarshal(content, &state); err != nil {
		t.Fatal(err)
	}
	for _, r := range state.Resources {
		for _, i := range r.Instances {
			if i.Status != "" || i.Deposed != "" {
				open = append(open, "tainted or deposed: "+i.Attributes.ID)
			}
			a := i.Attributes
			switch r.Type {
			case typeSet:
				for key, job := range a.Jobs {
					if job.ID == nil || job.Status != "COMPLETED" {
						open = append(open, key+": "+job.Status)
						continue
					}
					ids[*job.ID] = true
				}
			case typeJob, typeBatch:
				ids[a.ID] = true
				if a.Status != "COMPLETED" && a.Phase != "done" {
					open = append(open, a.ID+": "+a.Status+a.Phase)
				}
			}
		}
	}
	return ids, open
}

// ledgerFiles are the files of entries below a CLI's directory.
func ledgerFiles(t *testing.T, dir string) (files []string) {
	t.Helper()
	_ = filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".jsonl") {
			files = append(files, path)
		}
		return nil
	})
	return files
}

// killable are configurations, with how many submissions each makes.
var killable = map[string]struct {
	body string
	jobs int
}{
	"a job":          {"resource \"runpodserverless_job\" \"a\" {\n input = { mock_return = 1, sim_delay_ms = 700 }\n}\n", 1},
	"ten jobs":       {"resource \"runpodserverless_job\" \"a\" {\n for_each = toset([for i in range(10) : tostring(i)])\n input = { mock_return = each.key, sim_delay_ms = 300 }\n}\n", 10},
	"two equal jobs": {"resource \"runpodserverless_job\" \"a\" {\n count = 2\n input = { mock_return = 1, sim_delay_ms = 500 }\n}\n", 2},
	"a set of 30":    {"resource \"runpodserverless_job_set\" \"a\" {\n inputs = { for i in range(30) : \"k${i}\" => { mock_return = i, sim_delay_ms = 100 } }\n max_in_flight = 5\n}\n", 30},
	"a batch":        {"resource \"runpodserverless_batch\" \"a\" {\n requests = [for i in range(8) : { mock_return = i, sim_delay_ms = 200 }]\n}\n", 1},
}

// TestAccLedger_kill: Terraform and the provider are killed at a random moment.
// After the next apply every result is there, and nothing was submitted twice,
// but for what was on its way, which an error says once.
func TestAccLedger_kill(t *testing.T) {
	t.Parallel()
	rounds := 1
	if n, err := strconv.Atoi(os.Getenv(envRounds)); err == nil {
		rounds = n
	}
	for name, tc := range killable {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for done := 0; done < rounds; {
				if killRound(t, tc.body, tc.jobs, rand.Uint64()) {
					done++
				}
			}
		})
	}
}

// killRound is one round. It returns false when Terraform was killed while it
// rewrote its state file in place, after the provider had ended: that leaves an
// empty file, whatever was in it.
func killRound(t *testing.T, body string, jobs int, seed uint64) bool {
	t.Helper()
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // a test
	sim := simtest.Start(t, simulator.Options{})
	cli := ledgerCLI(t, sim, body)
	run := cli.Start("apply", "-auto-approve", "-no-color")
	submitted := make(chan struct{})
	go func() {
		defer close(submitted)
		for len(sim.Journal()) == 0 && !run.Ended() && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
		}
	}()
	<-submitted
	time.Sleep(time.Duration(random.Int64N(int64(1200 * time.Millisecond)))) // a random moment is the point
	run.Kill()
	killed := run.Wait().Output()
	remembered := len(ledgerFiles(t, cli.Dir))
	state, err := os.ReadFile(filepath.Join(cli.Dir, "terraform.tfstate"))
	if err == nil && len(state) == 0 && remembered == 0 && strings.Contains(killed, "Creation complete") {
		t.Logf("seed %d: the state file was lost by Terraform itself", seed)
		return false
	}
	unknown := settleCLI(t, cli)

	ids, open := inState(t, cli)
	accepted := sim.Journal().Accepted()
	submissions := accepted.Count("run")
	if strings.Contains(body, typeBatch) {
		submissions = 0
		for _, b := range sim.Batches("demo") {
			if b.Status == "FINALIZED" {
				submissions++
			}
		}
	}
	if len(open) > 0 || len(ids) != jobs || submissions-jobs > unknown || accepted.Count("cancel") > 0 {
		t.Errorf("seed %d: %d jobs in the state, want %d; not complete: %v; %d submissions, %d of unknown outcome\nAfter the kill: %d bytes of state, %d files in the ledger\n%s", seed, len(ids), jobs, open, submissions, unknown, len(state), remembered, killed)
	}
	if left := ledgerFiles(t, cli.Dir); len(left) > 0 {
		content, _ := os.ReadFile(left[0])
		t.Errorf("seed %d: left in the ledger: %s", seed, content)
	}
	t.Logf("seed %d: %d submissions for %d, %d of unknown outcome", seed, submissions, jobs, unknown)
	return true
}

// settleCLI applies until nothing is left to do, and returns how many submissions
// had an unknown outcome.
func settleCLI(t *testing.T, cli *acctest.CLI) (unknown int) {
	t.Helper()
	_ = os.Remove(filepath.Join(cli.Dir, ".terraform.tfstate.lock.info"))
	for range 4 {
		r := cli.Run("apply", "-auto-approve", "-no-color")
		if r.ExitCode == 0 {
			cli.MustRun("plan", "-detailed-exitcode")
			return unknown
		}
		out := unwrap(r.Output())
		parts := strings.Split(out, "Error: ")[1:]
		for _, part := range parts {
			if !strings.HasPrefix(part, titleUnknown) {
				t.Fatalf("exit code %d\n%s", r.ExitCode, r.Output())
			}
			unknown += keysIn(part)
		}
	}
	t.Fatal("it does not come to rest")
	return 0
}

// unwrap undoes the frame and the line breaks of diagnostics.
func unwrap(out string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(out)), " ")
}

// TestAccLedger_killAlone: only Terraform is killed. The provider ends by itself,
// and the next apply takes its job over.
func TestAccLedger_killAlone(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := ledgerCLI(t, sim, "resource \"runpodserverless_job\" \"a\" {\n input = { mock_return = 1, mock_delay = 3 }\n}\n")
	run := cli.Start("apply", "-auto-approve", "-no-color")
	waiting := make(chan struct{})
	go func() {
		defer close(waiting)
		for sim.Journal().Count("status-sync") == 0 && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
		}
	}()
	run.WaitFor(waiting)
	run.KillAlone()
	_ = os.Remove(filepath.Join(cli.Dir, ".terraform.tfstate.lock.info"))
	out := cli.MustRun("apply", "-auto-approve", "-no-color").Output()
	if n := sim.Journal().Count("run"); n != 1 || !strings.Contains(out, titleTaken) {
		t.Errorf("%d submissions\n%s", n, out)
	}
}

// TestAccLedger_refusedKey: the key is refused for a while during the creation. The
// next apply pays for nothing again, whatever Terraform makes of the resource.
func TestAccLedger_refusedKey(t *testing.T) {
	t.Parallel()
	const before = " lifecycle {\n  create_before_destroy = true\n }\n"
	for name, tc := range map[string]struct {
		body string
		jobs int
	}{
		"job":   {"resource \"runpodserverless_job\" \"a\" {\n input = { mock_return = 1, mock_delay = 2 }\n%s}\n", 1},
		"set":   {"resource \"runpodserverless_job_set\" \"a\" {\n inputs = { for i in range(5) : \"k${i}\" => { mock_return = i, mock_delay = 2 } }\n%s}\n", 5},
		"batch": {"resource \"runpodserverless_batch\" \"a\" {\n requests = [for i in range(5) : { mock_return = i, mock_delay = 3 }]\n%s}\n", 1},
	} {
		for _, lifecycle := range []string{"", before} {
			t.Run(fmt.Sprintf("%s, create before: %t", name, lifecycle != ""), func(t *testing.T) {
				t.Parallel()
				sim := simtest.Start(t, simulator.Options{})
				cli := ledgerCLI(t, sim, strings.Replace(tc.body, "%s", lifecycle, 1))
				refused := simulator.Fault{Op: "GET", Kind: simulator.StatusReply, Status: 401, Body: `{"detail":"invalid api key"}`}
				if name != "batch" { // which is read before it is finalized
					sim.Inject(refused)
				}
				run := cli.Start("apply", "-auto-approve", "-no-color")
				begun := make(chan struct{})
				go func() {
					defer close(begun)
					for t.Context().Err() == nil && sim.Journal().Accepted().Count("run") < tc.jobs && !finalized(sim) && !run.Ended() {
						time.Sleep(time.Millisecond)
					}
				}()
				<-begun
				if name == "batch" {
					sim.Inject(refused)
				}
				if r := run.Wait(); r.ExitCode == 0 {
					t.Fatalf("it was not refused: %s", r.Output())
				}
				sim.Heal()
				out := cli.MustRun("apply", "-auto-approve", "-no-color").Output()
				ids, open := inState(t, cli)
				journal := sim.Journal().Accepted()
				if len(ids) != tc.jobs || len(open) > 0 || journal.Count("run") > tc.jobs || len(sim.Batches("demo")) > 1 || journal.Count("cancel") > 0 || !strings.Contains(out, titleTaken) {
					t.Errorf("%d in the state, not complete: %v, %d submissions, %d batches\n%s", len(ids), open, journal.Count("run"), len(sim.Batches("demo")), out)
				}
				cli.MustRun("plan", "-detailed-exitcode")
				if left := ledgerFiles(t, cli.Dir); len(left) > 0 {
					t.Errorf("left in the ledger: %v", left)
				}
			})
		}
	}
}

func finalized(sim *simtest.Sim) bool {
	for _, b := range sim.Batches("demo") {
		if b.Status == "FINALIZED" {
			return true
		}
	}
	return false
}

// TestAccLedger_newJobs: what asks for a new job gets one.
func TestAccLedger_newJobs(t *testing.T) {
	t.Parallel()
	const address = "runpodserverless_job.a[0]"
	body := func(count int, input, more string) string {
		return fmt.Sprintf("resource \"runpodserverless_job\" \"a\" {\n count = %d\n input = { mock_return = %q }\n%s\n}\n", count, input, more)
	}
	sim := simtest.Start(t, simulator.Options{})
	cli := ledgerCLI(t, sim, body(1, "x", ""))
	jobs := 0
	expect := func(what string, more int, args ...string) {
		t.Helper()
		out := cli.MustRun(append([]string{"apply", "-auto-approve", "-no-color"}, args...)...).Output()
		jobs += more
		if n := sim.Journal().Count("run"); n != jobs || strings.Contains(out, titleTaken) {
			t.Fatalf("%s: %d submissions, want %d\n%s", what, n, jobs, out)
		}
	}
	write := func(body string) {
		cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim, `endpoint_id = "demo"`)+body)
	}
	expect("created", 1)
	expect("unchanged", 0)
	expect("replaced", 1, "-replace", address)
	cli.MustRun("taint", address)
	expect("tainted by hand", 1)
	write(body(1, "y", ""))
	expect("another input", 1)
	write(body(1, "y", "triggers = { run = 1 }"))
	expect("other triggers", 1)
	write(body(3, "y", "triggers = { run = 1 }"))
	expect("a higher count", 2)
	cli.MustRun("destroy", "-auto-approve")
	expect("after a destroy", 3)
}

// TestAccLedger_shared: folders and workspaces that share a ledger do not take each
// other's jobs while they live.
func TestAccLedger_shared(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	dir := filepath.Join(t.TempDir(), "shared")
	var runs []*acctest.Process
	const applies = 3
	for range applies {
		cli := ledgerCLI(t, sim, "resource \"runpodserverless_job\" \"a\" {\n input = { mock_return = 1, mock_delay = 3 }\n}\n")
		cli.Setenv("RUNPODSERVERLESS_LEDGER_DIR", dir)
		runs = append(runs, cli.Start("apply", "-auto-approve", "-no-color"))
	}
	for _, run := range runs {
		if r := run.Wait(); r.ExitCode != 0 || strings.Contains(r.Output(), titleTaken) {
			t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
		}
	}
	if n := sim.Journal().Count("run"); n != applies {
		t.Errorf("%d submissions", n)
	}
	if left := ledgerFiles(t, dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestAccLedger_secrets: nothing of a submission can be read in the ledger.
func TestAccLedger_secrets(t *testing.T) {
	t.Parallel()
	acctest.RequireWriteOnly(t)
	sim := simtest.Start(t, simulator.Options{})
	cli := ledgerCLI(t, sim, `
resource "runpodserverless_job" "a" {
  input            = { mock_delay = 30, prompt = "hush-input" }
  input_wo         = { token = "hush-written-only" }
  input_wo_version = 1
  webhook          = "https://hook.example.com/hush-webhook"
  triggers         = { run = "hush-trigger" }
  s3_config = {
    access_id     = "hush-access"
    access_secret = "hush-secret"
    bucket_name   = "hush-bucket"
    endpoint_url  = "https://s3.example.com"
  }
}
resource "runpodserverless_job_set" "a" {
  inputs  = { one = { mock_delay = 30, prompt = "hush-input" } }
  webhook = "https://hook.example.com/hush-webhook"
}
resource "runpodserverless_batch" "a" {
  requests = [{ mock_delay = 30, prompt = "hush-input" }]
}
`)
	run := cli.Start("apply", "-auto-approve", "-no-color")
	begun := make(chan struct{})
	go func() {
		defer close(begun)
		for t.Context().Err() == nil && (sim.Journal().Accepted().Count("run") < 2 || !finalized(sim)) {
			time.Sleep(time.Millisecond)
		}
	}()
	run.WaitFor(begun)
	run.Kill()
	run.Wait()
	files := ledgerFiles(t, cli.Dir)
	if len(files) == 0 {
		t.Fatal("there is no ledger")
	}
	for _, name := range files {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if text := strings.ToLower(string(content)); strings.Contains(text, "hush") || strings.Contains(text, "example.com") || strings.Contains(string(content), sim.APIKey) {
			t.Errorf("%s:\n%s", name, content)
		}
		if !strings.Contains(string(content), `"kind":"job"`) || !strings.Contains(string(content), `"kind":"job_set"`) || !strings.Contains(string(content), `"kind":"batch"`) {
			t.Errorf("not all is there:\n%s", content)
		}
	}
}

// TestAccLedger_useless: where the folder cannot be used, everything else works.
func TestAccLedger_useless(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(t *testing.T, dir string) error{
		"a link":       func(t *testing.T, dir string) error { t.Helper(); return os.Symlink(t.TempDir(), dir) },
		"a file":       func(_ *testing.T, dir string) error { return os.WriteFile(dir, nil, 0o600) },
		"turned off":   func(*testing.T, string) error { return nil },
		"open to all":  func(_ *testing.T, dir string) error { _ = os.Mkdir(dir, 0o700); return os.Chmod(dir, 0o777) }, //nolint:gosec // on purpose
		"not writable": func(_ *testing.T, dir string) error { return os.Mkdir(dir, 0o500) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			dir := filepath.Join(t.TempDir(), "ledger")
			if err := prepare(t, dir); err != nil {
				t.Skip(err)
			}
			argument := fmt.Sprintf("ledger_dir = %q", dir)
			if name == "turned off" {
				argument = `ledger_dir = ""`
			}
			cli := acctest.NewCLI(t)
			cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim, `endpoint_id = "demo"`, argument)+killable["a set of 30"].body)
			cli.MustRun("apply", "-auto-approve")
			cli.MustRun("destroy", "-auto-approve")
			if n := sim.Journal().Count("run"); n != 30 {
				t.Errorf("%d submissions", n)
			}
			if name == "turned off" && len(ledgerFiles(t, cli.Dir)) > 0 {
				t.Error("there is a ledger")
			}
		})
	}
}

// TestAccGuideInterrupted_kill: the two blocks of the guide need no ledger. The id is in
// the state when the wait is killed.
func TestAccGuideInterrupted_kill(t *testing.T) {
	t.Parallel()
	cli, sim := startGuide(t, "interrupted")
	if cli.Product.Name == acctest.OpenTofu {
		t.Skip("OpenTofu writes the state every 20 seconds, not after each resource")
	}
	cli.Setenv("RUNPODSERVERLESS_LEDGER_DIR", filepath.Join(t.TempDir(), "lost"))
	run := cli.Start("apply", "-auto-approve", "-no-color")
	waiting := make(chan struct{})
	go func() {
		defer close(waiting)
		for sim.Journal().Count("status-sync") == 0 && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
		}
	}()
	run.WaitFor(waiting)
	run.Kill()
	run.Wait()
	_ = os.Remove(filepath.Join(cli.Dir, ".terraform.tfstate.lock.info"))
	cli.Setenv("RUNPODSERVERLESS_LEDGER_DIR", filepath.Join(t.TempDir(), "another"))
	cli.MustRun("apply", "-auto-approve")
	if got := strings.TrimSpace(cli.MustRun("output", "-raw", "text").Stdout); got != "better than expected" || sim.Journal().Count("run") != 1 {
		t.Errorf("%q, %d submissions", got, sim.Journal().Count("run"))
	}
}
