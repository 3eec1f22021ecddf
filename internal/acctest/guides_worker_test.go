package acctest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/demoworker"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// startWorkers returns a CLI with a configuration of the guide "Test your own worker"
// and a simulator whose workers run this handler.
func startWorkers(t *testing.T, folder string, handler demoworker.Handler) (*acctest.CLI, *simtest.Sim) {
	t.Helper()
	cli := acctest.NewCLI(t)
	copyExample(t, cli, folder)
	sim := serveWorkers(t, cli, handler)
	cli.KeepProvider()
	return cli, sim
}

// serveWorkers points a CLI to a simulator whose workers run this handler.
func serveWorkers(t *testing.T, cli *acctest.CLI, handler demoworker.Handler) *simtest.Sim {
	t.Helper()
	sim := simtest.Start(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"mine": {External: true}}})
	cli.Setenv("RUNPOD_API_KEY", sim.APIKey)
	cli.Setenv("RUNPOD_ENDPOINT_BASE_URL", sim.URL)
	cli.Setenv("RUNPOD_MANAGEMENT_BASE_URL", sim.ManagementURL)
	cli.Setenv("RUNPOD_ENDPOINT_ID", "mine")
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	t.Cleanup(func() {
		cancel()
		running.Wait()
	})
	for n := range 3 {
		env := simulator.WorkerEnvironment(sim.URL, "mine", sim.APIKey, fmt.Sprintf("worker-%d", n+1))
		w := demoworker.Worker{Handler: handler, Getenv: demoworker.Lookup(env)}
		running.Go(func() { _ = w.Run(ctx) })
	}
	return sim
}

// TestAccGuideTestYourWorker: the guide's test passes with the handler in the guide and
// fails with the broken one.
func TestAccGuideTestYourWorker(t *testing.T) {
	t.Parallel()
	cli, sim := startWorkers(t, "guides/test-your-worker", demoworker.Demo)
	if out := cli.MustRun("test", "-no-color").Stdout; !strings.Contains(out, "Success! 2 passed, 0 failed.") {
		t.Error(out)
	}
	if got := sim.Journal().Count("run"); got != 2 {
		t.Errorf("%d jobs were submitted, want 2", got)
	}
	cli, _ = startWorkers(t, "guides/test-your-worker", func(_ context.Context, job demoworker.Job, _ demoworker.Reporter) (any, error) {
		var in struct{ Text string }
		err := json.Unmarshal(job.Input, &in)
		return map[string]any{"text": strings.ToLower(in.Text)}, err
	})
	if r := cli.Run("test", "-no-color"); r.ExitCode != 1 || !strings.Contains(flat(r.Output()), `-u1 is COMPLETED, and returned: {"text":"hello"}`) {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
}

// TestAccGuideTestYourWorkerDemo verifies the output of "make demo-worker".
func TestAccGuideTestYourWorkerDemo(t *testing.T) {
	t.Parallel()
	cli, sim := startWorkers(t, "guides/test-your-worker/demo", demoworker.Demo)
	out := cli.MustRun("apply", "-auto-approve", "-no-color").Output()
	for _, want := range []string{`"text" = "A LIGHTHOUSE AT DAWN"`, `error = "out of memory"`, `streamed = "Once upon a time"`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	cli.MustRun("destroy", "-auto-approve")
	states := make(map[string]int)
	for _, job := range sim.Jobs("mine") {
		states[job.Status]++
	}
	if states["COMPLETED"] != 2 || states["FAILED"] != 1 || states["CANCELLED"] != 1 {
		t.Errorf("%v", states)
	}
}
