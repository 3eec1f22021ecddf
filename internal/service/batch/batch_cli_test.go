package batch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/querycheck"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestAccBatchResource_interrupt: Ctrl-C ends the apply with exit code 1 and an
// untainted resource, and the next apply continues with the same batch.
func TestAccBatchResource_interrupt(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"batch-append", "batch-get"} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			cli := acctest.NewCLI(t)
			cli.WriteFile("main.tf", config(sim, `requests = [{ mock_return = 1, mock_delay = 300 }, { mock_return = 2 }]`))
			sim.Inject(simulator.Fault{Op: op, Kind: simulator.SlowAfter, Delay: time.Second, Times: 1})
			run := cli.Start("apply", "-auto-approve")
			run.WaitFor(sim.Reached(t, op, 1))
			run.Interrupt()
			if r := run.Wait(); r.ExitCode != 1 || !strings.Contains(r.Output(), "Interrupted; the batch is kept") {
				t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
			}
			if state := cli.ReadFile("terraform.tfstate"); !strings.Contains(state, "batch_") || strings.Contains(state, "tainted") {
				t.Errorf("the state is %s", state)
			}
			if r := cli.Run("plan"); !strings.Contains(r.Output(), "0 to add, 1 to change, 0 to destroy") || !regexp.MustCompile("Resumes (filling|waiting for) a batch").MatchString(r.Output()) {
				t.Error(r.Output())
			}
			finalized := simtest.When(t, func() bool { return sim.Journal().Accepted().Count("batch-finalize") > 0 })
			go func() {
				select {
				case <-t.Context().Done():
				case <-finalized:
					sim.Advance(10 * time.Minute)
				}
			}()
			cli.MustRun("apply", "-auto-approve")
			if r := cli.Run("plan", "-detailed-exitcode"); r.ExitCode != 0 {
				t.Error(r.Output())
			}
			requests(t, sim, "batch-create", 1)
			requests(t, sim, "batch-append", 1)
			requests(t, sim, "batch-finalize", 1)
		})
	}
}

// TestAccBatchResource_fileChanged: a file that changes after the plan was saved
// stops the apply before anything is sent, in the words of the command-line
// interface; with the file gone, a destroy works without a refresh.
func TestAccBatchResource_fileChanged(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	name := lines(t, 2)
	cli := acctest.NewCLI(t)
	cli.WriteFile("main.tf", config(sim, fmt.Sprintf("requests_file = %q", name)))
	cli.MustRun("plan", "-out", "saved")
	if err := os.WriteFile(name, []byte("{\"mock_return\":7}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := cli.Run("apply", "-no-color", "saved"); r.ExitCode == 0 || !strings.Contains(r.Output(), "Provider produced inconsistent final plan") || !strings.Contains(r.Output(), ".requests_sha256") {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	if n := len(sim.Journal()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
	cli.MustRun("apply", "-auto-approve")
	if err := os.Remove(name); err != nil {
		t.Fatal(err)
	}
	if r := cli.Run("destroy", "-auto-approve", "-no-color"); r.ExitCode == 0 || !strings.Contains(r.Output(), "Unable to read the requests file") || !strings.Contains(r.Output(), "-refresh=false") {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	cli.MustRun("destroy", "-auto-approve", "-refresh=false")
	requests(t, sim, "batch-create", 1)
}

// TestAccBatchResource_memory: 5,000 requests of 20 KB, and results of the same
// size, pass through the provider's program in less than 150 MB.
func TestAccBatchResource_memory(t *testing.T) {
	t.Parallel()
	acctest.SkipWithRace(t)
	const (
		n     = 5000
		limit = 150 << 20
	)
	sim := acctest.StartSimulator(t, "-workers", "1000")
	cli := acctest.NewCLI(t)
	results := filepath.Join(cli.Dir, "results.jsonl")
	cli.WriteFile("main.tf", config(sim.Sim, fmt.Sprintf("requests_file = %q\nresults_file = %q\n", echoingLines(t, n, 20_000), results)))
	peak := acctest.WatchPeak(t, cli)
	cli.MustRun("apply", "-auto-approve")
	if got := peak(); got == 0 || got >= limit {
		t.Errorf("the provider took %d MB", got>>20)
	} else {
		t.Logf("the provider took %d MB at most", got>>20)
	}
	lines := readResults(t, results)
	if len(lines) != n {
		t.Fatalf("%d results", len(lines))
	}
	for i, r := range lines {
		if r.Index == nil || *r.Index != i || !strings.HasPrefix(string(r.Output), fmt.Sprintf(`{"line":%d,`, i)) {
			t.Fatalf("result %d: %.60s", i, r.Output)
		}
	}
	// 100 MB in calls of 10 MiB, after the first five requests, one by one.
	if got := sim.Journal().Count("batch-append"); got != 14 {
		t.Errorf("%d requests to /batch-append, want 14", got)
	}
}

// echoingLines writes a file with n requests of size bytes, whose outputs are of
// that size as well.
func echoingLines(t *testing.T, n, size int) string {
	t.Helper()
	var b strings.Builder
	pad := strings.Repeat("x", size-50)
	for i := range n {
		fmt.Fprintf(&b, "{\"mock_return\":{\"line\":%d,\"pad\":\"%s\"}}\n", i, pad)
	}
	path := filepath.Join(t.TempDir(), "requests.jsonl")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAccBatchList_query(t *testing.T) {
	t.Parallel()
	acctest.RequireQuery(t)
	sim := simtest.Start(t, simulator.Options{})
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config(sim, `requests = [{ mock_return = 1 }]`)},
		{
			Query: true,
			Config: `
list "runpodserverless_batch" "all" {
  provider = runpodserverless
  config {
    endpoint_id = "demo"
  }
}`,
			QueryResultChecks: []querycheck.QueryResultCheck{
				querycheck.ExpectLength("runpodserverless_batch.all", 1),
				querycheck.ExpectIdentity("runpodserverless_batch.all", map[string]knownvalue.Check{
					"endpoint_id": knownvalue.StringExact("demo"), "id": knownvalue.StringRegexp(regexp.MustCompile("^batch_")),
				}),
			},
		},
	}})
}
