package acctest_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// TestLedger_destroyed checks a kill of Terraform before it has stored a resource whose
// creation failed. The next apply takes over the jobs and is interrupted. The destroy
// cancels the jobs, because no other resource has them.
func TestLedger_destroyed(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		instance  instance
		cancelled string
		want      int
	}{
		"job":   {instance{typeName: typeJob, config: acctest.Values{"input": tenMinutes}}, "cancel", 1},
		"set":   {instance{typeName: typeSet, config: acctest.Values{"inputs": acctest.Values{"a": tenMinutes, "b": tenMinutes}}}, "cancel", 2},
		"batch": {instance{typeName: typeBatch, config: acctest.Values{"requests": []any{tenMinutes, tenMinutes}}}, "batch-cancel", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := simulator.New(simulator.Options{})
				defer sim.Close()
				w := &world{Server: sim, t: t, dir: filepath.Join(t.TempDir(), "ledger"), instances: []*instance{&tc.instance}}
				accept := w.refuse()
				steps := acctest.NewStepsUntil("state returned")
				w.apply(steps)
				accept()
				if !steps.Dead() {
					t.Fatalf("the process did not die: %s", w.diags)
				}
				w.stopAfter = 20 * time.Second
				if w.apply(acctest.NewSteps(0)); !w.healthy() {
					t.Fatalf("nothing was taken over: %s", w.diags)
				}
				if left := w.inLedger(); left != "" {
					t.Errorf("left in the ledger:\n%s", left)
				}
				w.destroy()
				if got := sim.Journal().Accepted().Count(tc.cancelled); got != tc.want {
					t.Errorf("%d were cancelled, want %d: %s", got, tc.want, w.diags)
				}
				if left := w.inLedger(); left != "" {
					t.Errorf("left in the ledger by the destroy:\n%s", left)
				}
			})
		})
	}
}

// TestLedger_removalNotStored checks a kill of Terraform before it has stored the removal of
// a tainted resource whose job was taken over. The next apply removes the resource again,
// and leaves the job running.
func TestLedger_removalNotStored(t *testing.T) {
	t.Parallel()
	for name, i := range map[string]instance{
		"job":   {typeName: typeJob, config: acctest.Values{"input": tenMinutes}},
		"set":   {typeName: typeSet, config: acctest.Values{"inputs": acctest.Values{"a": tenMinutes, "b": tenMinutes}}},
		"batch": {typeName: typeBatch, config: acctest.Values{"requests": []any{tenMinutes, tenMinutes}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := simulator.New(simulator.Options{})
				defer sim.Close()
				i.createBefore = true
				w := &world{Server: sim, t: t, dir: filepath.Join(t.TempDir(), "ledger"), instances: []*instance{&i}}
				w.taint()
				w.stopAfter = 20 * time.Second // while the job runs
				steps := acctest.NewStepsUntil("removal returned")
				if w.apply(steps); !steps.Dead() {
					t.Fatalf("the process did not die: %s", w.diags)
				}
				w.stopAfter = 0
				w.settle()
				journal := sim.Journal()
				if n := journal.Count("cancel") + journal.Count("batch-cancel"); n > 0 {
					t.Errorf("%d were cancelled", n)
				}
				if ids, completed := w.jobIDs(); !completed || len(ids) != journal.Count("run")+journal.Count("batch-create") {
					t.Errorf("%d in the state, completed: %t, %d jobs and %d batches", len(ids), completed, journal.Count("run"), journal.Count("batch-create"))
				}
				if left := w.inLedger(); left != "" {
					t.Errorf("left in the ledger:\n%s", left)
				}
			})
		})
	}
}

// destroy refreshes all resources in one process and removes them in another.
func (w *world) destroy() {
	w.t.Helper()
	w.diags = nil
	steps := acctest.NewSteps(0)
	w.plan(steps)
	p := acctest.NewDyingProcess(w.t, w.Server, w.dir, steps)
	defer p.End()
	w.removeDeposed(p, steps)
	for _, i := range w.instances {
		if i.state != nil && w.remove(p, steps, i, i.state, i.state.Private) {
			i.state = nil
		}
	}
}
