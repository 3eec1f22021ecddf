package jobset_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

const titleKept = "Took over what an earlier apply had submitted"

// ten returns the argument inputs with ten keys, of which k3 has the given input.
func ten(k3 string) string {
	return fmt.Sprintf("inputs = { for i in range(10) : \"k${i}\" => { mock_return = i, sim_raise = i == 3 ? %s : null } }\n", k3)
}

// applies runs an apply with an expected exit code.
func applies(t *testing.T, cli *acctest.CLI, exitCode int, args ...string) string {
	t.Helper()
	r := cli.Run(append([]string{"apply", "-auto-approve", "-no-color"}, args...)...)
	if r.ExitCode != exitCode {
		t.Fatalf("exit code %d, want %d\n%s", r.ExitCode, exitCode, r.Output())
	}
	return unboxed(r.Output())
}

// idsOf returns the ids in a state file, by key.
func idsOf(s stored) map[string]string {
	known := make(map[string]string)
	for key, j := range s.Jobs {
		if j.ID != nil {
			known[key] = *j.ID
		}
	}
	return known
}

// TestAccJobSetResource_failedCreation: the apply after a creation that failed
// replaces the set and runs only what did not complete, however often it fails.
func TestAccJobSetResource_failedCreation(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := acctest.NewCLI(t)
	const outputs = "output \"outputs\" {\n value = " + address + ".outputs\n}\n"
	cli.WriteFile("main.tf", config(sim, ten(`"kaboom"`))+outputs)
	out := applies(t, cli, 1)
	before := readState(t, cli)
	requests(t, sim, "run", 10)
	if before.Status != "tainted" || !before.CreationFailed || before.Succeeded != 9 || !strings.Contains(out, "takes over the jobs that are running or completed") {
		t.Fatalf("%q, %v, %d completed\n%s", before.Status, before.CreationFailed, before.Succeeded, out)
	}

	// It fails again: one more run, and the others are kept once more.
	out = applies(t, cli, 1)
	requests(t, sim, "run", 11)
	if planned := `Keeps the results of a set whose creation failed`; !strings.Contains(out, planned) || !strings.Contains(out, "Keys whose results are kept: 9") || !strings.Contains(out, "Keys to submit: 1: k3") {
		t.Errorf("the plan does not say %q, and of how many keys:\n%s", planned, out)
	}
	if again := readState(t, cli); again.Status != "tainted" || again.Succeeded != 9 || !strings.Contains(out, titleKept) || !strings.Contains(out, "Keys: 9: k0, k1, k2, k4") {
		t.Fatalf("%q, %d completed\n%s", again.Status, again.Succeeded, out)
	}

	cli.WriteFile("main.tf", config(sim, ten("null"))+outputs)
	out = applies(t, cli, 0)
	requests(t, sim, "run", 12)
	after := readState(t, cli)
	if after.Status != "" || after.CreationFailed || after.Succeeded != 10 || !strings.Contains(out, titleKept) {
		t.Errorf("%q, %v, %d completed\n%s", after.Status, after.CreationFailed, after.Succeeded, out)
	}
	for key, id := range idsOf(before) {
		if same := idsOf(after)[key] == id; same == (key == "k3") {
			t.Errorf("%s: job %s before, %s after", key, id, idsOf(after)[key])
		}
	}
	if r := cli.Run("plan", "-detailed-exitcode"); r.ExitCode != 0 {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	if got := cli.MustRun("output", "-json", "outputs").Stdout; strings.Join(strings.Fields(got), "") != `{"k0":0,"k1":1,"k2":2,"k3":3,"k4":4,"k5":5,"k6":6,"k7":7,"k8":8,"k9":9}` {
		t.Error(got)
	}
}

// TestAccJobSetResource_refusedInTheMiddle: the key is refused after some
// submissions. What was accepted and completed is kept by the next apply.
func TestAccJobSetResource_refusedInTheMiddle(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	remove := sim.Inject(simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: 401, Body: `{"detail":"no"}`, Skip: 6})
	cli := acctest.NewCLI(t)
	cli.WriteFile("main.tf", config(sim, ten("null")+"max_in_flight = 2"))
	out := applies(t, cli, 1)
	before := readState(t, cli)
	if before.Status != "tainted" || !before.CreationFailed || len(idsOf(before)) != 6 || before.Succeeded < 4 || !strings.Contains(out, "Jobs could not all be run") {
		t.Fatalf("%q, %d ids, %d completed\n%s", before.Status, len(idsOf(before)), before.Succeeded, out)
	}
	remove()
	out = applies(t, cli, 0)
	after := readState(t, cli)
	kept := 0 // those that ended after the first apply as well
	for key, id := range idsOf(before) {
		if idsOf(after)[key] == id {
			kept++
		}
	}
	if after.Succeeded != 10 || after.CreationFailed || kept < before.Succeeded || !strings.Contains(out, fmt.Sprintf("Keys: %d: ", kept)) {
		t.Errorf("%d completed, %v, %d kept of %d\n%s", after.Succeeded, after.CreationFailed, kept, before.Succeeded, out)
	}
	if made, want := len(sim.Jobs("demo")), 6+10-kept; made != want {
		t.Errorf("%d jobs, want %d", made, want)
	}
}

// TestAccJobSetResource_again: a healthy set that is replaced on purpose, and one with
// other triggers, run again. Nothing else does, even if the new set is created before
// the old one is deleted.
func TestAccJobSetResource_again(t *testing.T) {
	t.Parallel()
	const earlier = "\nlifecycle {\n create_before_destroy = true\n}\n"
	for name, tc := range map[string]struct {
		before, after string
		command       []string
		args          []string
		first, second int // submissions
		takes         bool
	}{
		"replaced":                      {ten("null"), ten("null"), nil, []string{"-replace", address}, 10, 10, false},
		"tainted by hand":               {ten("null"), ten("null"), []string{"taint", address}, nil, 10, 10, false},
		"other triggers":                {ten(`"kaboom"`), ten("null") + "triggers = { run = 2 }", nil, nil, 10, 10, false},
		"other triggers after untaint":  {ten(`"kaboom"`), ten("null") + "triggers = { run = 2 }", []string{"untaint", address}, nil, 10, 10, false},
		"created before the removal":    {ten(`"kaboom"`) + earlier, ten("null") + earlier, nil, nil, 10, 1, true},
		"destroyed by a run of its own": {ten(`"kaboom"`), ten("null"), []string{"destroy", "-auto-approve"}, nil, 10, 10, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			cli := acctest.NewCLI(t)
			cli.WriteFile("main.tf", config(sim, tc.before))
			if r := cli.Run("apply", "-auto-approve"); (r.ExitCode == 0) != (tc.before == tc.after) {
				t.Fatalf("exit code %d\n%s", r.ExitCode, r.Output())
			}
			requests(t, sim, "run", tc.first)
			if tc.command != nil {
				cli.MustRun(tc.command...)
			}
			cli.WriteFile("main.tf", config(sim, tc.after))
			if out := applies(t, cli, 0, tc.args...); strings.Contains(out, titleKept) != tc.takes {
				t.Error(out)
			}
			requests(t, sim, "run", tc.first+tc.second)
			if state := readState(t, cli); state.Succeeded != 10 || state.CreationFailed {
				t.Errorf("%d completed, %v", state.Succeeded, state.CreationFailed)
			}
		})
	}
}

// TestAccJobSetResource_wellAfterAll: a set whose creation failed is healthy after
// terraform untaint if a refresh found its jobs completed: replacing it runs
// everything.
func TestAccJobSetResource_wellAfterAll(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	heal := sim.Inject(simulator.Fault{Op: "status-sync", Kind: simulator.StatusReply, Status: 400, Body: `{"error":"no"}`})
	cli := acctest.NewCLI(t)
	cli.WriteFile("main.tf", config(sim, ten("null")))
	applies(t, cli, 1)
	heal()
	cli.MustRun("untaint", address)
	applies(t, cli, 0)
	if state := readState(t, cli); state.Succeeded != 10 || state.CreationFailed {
		t.Errorf("%d completed, %v", state.Succeeded, state.CreationFailed)
	}
	requests(t, sim, "run", 10)
	if r := cli.Run("plan", "-detailed-exitcode"); r.ExitCode != 0 {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	if out := applies(t, cli, 0, "-replace", address); strings.Contains(out, titleKept) {
		t.Error(out)
	}
	requests(t, sim, "run", 20)
}

// TestAccJobSetResource_equalSets: with equal sets, each result is kept by one of
// them. The fixed sets are healthy: replacing one runs all of it.
func TestAccJobSetResource_equalSets(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := acctest.NewCLI(t)
	const each = "for_each = toset([\"x\", \"y\"])\n"
	cli.WriteFile("main.tf", config(sim, each+ten(`"kaboom"`)))
	applies(t, cli, 1)
	requests(t, sim, "run", 20)
	cli.WriteFile("main.tf", config(sim, each+ten("null")))
	if out := applies(t, cli, 0); !strings.Contains(out, "Keys: 9: k0, k1, k2, k4") { // equal warnings are shown once
		t.Error(out)
	}
	requests(t, sim, "run", 22)
	if r := cli.Run("plan", "-detailed-exitcode"); r.ExitCode != 0 {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	applies(t, cli, 0, "-replace", address+`["x"]`)
	requests(t, sim, "run", 32)
}

// TestAccJobSetResource_interruptedRemoval: Ctrl-C while the live jobs of a set
// whose creation failed are cancelled. Terraform creates nothing after that, so
// the set stays, and the next apply keeps what completed.
func TestAccJobSetResource_interruptedRemoval(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := acctest.NewCLI(t)
	const a, b = `a = { mock_return = "a" }, `, `b = { mock_return = "b", mock_delay = 60 }, `
	cli.WriteFile("main.tf", config(sim, `inputs = { `+a+b+`c = { mock_delay = 3600 } }`))
	heal := sim.Inject(simulator.Fault{Op: "status-sync", Kind: simulator.StatusReply, Status: 400, Body: `{"error":"no"}`})
	applies(t, cli, 1)
	heal()
	sim.Advance(5 * time.Minute)

	cli.WriteFile("main.tf", config(sim, `inputs = { `+a+b+`c = { mock_return = "c" } }`))
	heal = sim.Inject(simulator.Fault{Op: "cancel", Kind: simulator.SlowAfter, Delay: 5 * time.Second})
	run := cli.Start("apply", "-auto-approve", "-no-color")
	run.WaitFor(simtest.When(t, func() bool {
		return slices.ContainsFunc(sim.Jobs("demo"), func(j simulator.JobView) bool { return j.Status == "CANCELLED" })
	}))
	run.Interrupt()
	r := run.Wait()
	heal()
	before := readState(t, cli)
	if r.ExitCode != 1 || !strings.Contains(r.Output(), "Interrupted; the set is kept") || before.Status != "tainted" || before.Succeeded != 2 || !before.CreationFailed {
		t.Fatalf("exit code %d, %q, %d completed\n%s", r.ExitCode, before.Status, before.Succeeded, r.Output())
	}
	requests(t, sim, "run", 3)

	if out := applies(t, cli, 0); !strings.Contains(out, "Keys: 2: a, b") {
		t.Error(out)
	}
	requests(t, sim, "run", 4)
	requests(t, sim, "cancel", 1)
}
