package acctest_test

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// slowJobs are the work of each type: jobs that outlast the wait for /runsync.
var slowJobs = map[string]acctest.Values{
	jobType:   {"input": tenMinutes},
	setType:   {"inputs": acctest.Values{"a": tenMinutes}}, // one, which is submitted before the wait begins
	batchType: {"requests": []any{tenMinutes, tenMinutes}},
}

var tenMinutes = acctest.Values{"mock_return": 1, "sim_delay_ms": 600_000}

// TestLedger_everyArgument: of an earlier apply, which was killed or failed in the
// wait, the next one takes over what it had submitted with the same arguments, and
// nothing that was submitted with another value of an argument that forces a new
// job. What is not known when the plan is made may be the same. With the race
// detector it is every seventh argument; "make testacc" runs them all without it.
func TestLedger_everyArgument(t *testing.T) {
	t.Parallel()
	resources := acctest.NewUnconfiguredProtocolServer(t).Schema().ResourceSchemas
	acctest.RequireCases(t, "slowJobs", resources, slowJobs, map[string]string{purgeType: "a purge is in no ledger: nothing is lost when it is repeated"})
	stride := acctest.Sized(1, 7) // each type has its turns
	n := 0
	for _, typeName := range slices.Sorted(maps.Keys(slowJobs)) {
		for _, name := range slices.Sorted(maps.Keys(lateArguments[typeName])) {
			argument := lateArguments[typeName][name]
			if !argument.replaces {
				continue
			}
			if n++; n%stride != 0 {
				continue
			}
			for _, from := range []string{"stays", "changes"} {
				t.Run(typeName+"/"+name+"/"+from, func(t *testing.T) {
					t.Parallel()
					stays, changes := bothValues(t, typeName, name, argument)
					same, other := stays, changes
					if from == "changes" {
						same, other = changes, stays
					}
					takesOver(t, typeName, same, other, with(same, name, acctest.Unknown))
				})
			}
		}
	}
}

// bothValues returns a configuration with the value of an argument that stays, and
// one with the value that changes it.
func bothValues(t *testing.T, typeName, name string, argument lateArgument) (stays, changes acctest.Values) {
	t.Helper()
	c := lateCase{typeName: typeName, at: stored{config: slowJobs[typeName]}, name: name, argument: argument, late: argument.changes, folder: t.TempDir()}
	stays, late := c.values(t)
	stays["timeouts"] = nil // the defaults
	switch name {           // the table has jobs that end at once
	case "input":
		late = with(tenMinutes, "mock_return", 2)
	case "requests":
		late = []any{tenMinutes}
	case "requests_file":
		late = writeLines(t, c.folder, "late.jsonl", []any{tenMinutes})
	}
	return stays, with(stays, name, late)
}

// takesOver checks what is taken over from an apply with a configuration, by one
// with the same configuration and by one with another.
func takesOver(t *testing.T, typeName string, same, other, unknown acctest.Values) {
	t.Helper()
	for _, step := range []struct {
		name  string
		prior func(*world)
		apply func(w *world, next acctest.Values)
	}{
		{"killed", (*world).kill, (*world).applyConfig},
		{"failed", (*world).taint, (*world).applyConfig},
		{"failed, not known at plan", (*world).taint, func(w *world, next acctest.Values) { w.replaceLate(unknown, next) }},
	} {
		t.Run(step.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				for i, next := range []acctest.Values{same, other} {
					sim := simulator.New(simulator.Options{})
					sim.SetEndpoint("other", simulator.Endpoint{})
					w := &world{Server: sim, t: t, dir: filepath.Join(t.TempDir(), "ledger"), instances: []*instance{{typeName: typeName, config: same}}}
					step.prior(w)
					earlier := stage{sim: sim}.counted(typeName)
					if earlier == 0 {
						t.Fatal("nothing was submitted")
					}
					want := i * earlier // all of it, or nothing
					step.apply(w, next)
					if got := (stage{sim: sim}).counted(typeName) - earlier; got != want {
						t.Errorf("%d submissions after %d, want %d: %s", got, earlier, want, w.diags)
					}
					sim.Close()
				}
			})
		})
	}
}

// kill kills the process in the wait, when everything is submitted.
func (w *world) kill() {
	w.t.Helper()
	steps := acctest.NewSteps(0)
	time.AfterFunc(2*time.Minute, steps.Kill) // a request to /runsync is held for less
	if w.apply(steps); !steps.Dead() {
		w.t.Fatalf("the process did not die: %s", w.diags)
	}
}

// applyConfig applies a configuration of the only instance.
func (w *world) applyConfig(config acctest.Values) {
	w.t.Helper()
	w.instances[0].config = config
	w.apply(acctest.NewSteps(0))
}

// replaceLate replaces the tainted instance by a plan that does not know all of
// its configuration.
func (w *world) replaceLate(planned, known acctest.Values) {
	w.t.Helper()
	p := acctest.NewDyingProcess(w.t, w.Server, w.dir, acctest.NewSteps(0))
	defer p.End()
	i := w.instances[0]
	prior := *i.state
	prior.Private = p.PlanResource(p.Context, i.typeName, nil, planned).Private
	left, diags := p.DestroyResource(p.Context, i.typeName, &prior)
	if w.report(diags); left != nil && left.Values != nil {
		w.t.Fatalf("it is not removed: %s", diags)
	}
	_, diags = p.CreateResource(p.Context, i.typeName, known)
	w.report(diags)
}
