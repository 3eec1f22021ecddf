package acctest_test

import (
	"testing"
	"testing/synctest"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// TestLedger_drafts: two processes die after each has created a draft of the same
// batch. The next apply cancels both drafts, which count toward the endpoint's active
// batches, and runs one batch.
func TestLedger_drafts(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		sim := simulator.New(simulator.Options{})
		defer sim.Close()
		config := acctest.Values{"requests": []any{quick, quick}}
		var dead []*acctest.DyingProcess
		for range 2 {
			p := acctest.NewDyingProcess(t, sim, dir, acctest.NewStepsUntil("request: POST /v2/demo/batch/"))
			p.CreateResource(p.Context, typeBatch, config)
			dead = append(dead, p)
		}
		for _, p := range dead { // at the same time, so that none of them finds the draft of the other
			p.End()
		}
		p := acctest.NewDyingProcess(t, sim, dir, acctest.NewSteps(0))
		defer p.End()
		_, diags := p.CreateResource(p.Context, typeBatch, config)
		diags.RequireNoError(t)
		journal := sim.Journal()
		if created, cancelled, finished := journal.Count("batch-create"), journal.Count("batch-cancel"), journal.Count("batch-finalize"); created != 3 || cancelled != 2 || finished != 1 {
			t.Errorf("%d batches created, %d cancelled, %d finalized; want 3, 2 and 1", created, cancelled, finished)
		}
	})
}
