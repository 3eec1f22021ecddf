package queue_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// inBubble runs f in fake time against a simulator that enforces the limits.
func inBubble(t *testing.T, f func(t *testing.T, sim *simulator.Server)) {
	t.Helper()
	simtest.Bubble(t, simulator.Options{EnforceLimits: true}, func(t *testing.T, sim *simtest.Sim) {
		f(t, sim.Server)
		time.Sleep(time.Minute) // the client's windows end with it
	})
}

func refused(sim *simulator.Server) int {
	n := 0
	for _, x := range sim.Journal() {
		if x.Status == http.StatusTooManyRequests {
			n++
		}
	}
	return n
}

// TestQueuePurge_limit: two purges in ten seconds are allowed. Resources,
// destroys and actions of one run share that, and wait for their turn.
func TestQueuePurge_limit(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *simulator.Server) {
		p := acctest.NewBubbleServer(t, sim, acctest.Values{"endpoint_id": "demo"})
		started := time.Now()
		var all sync.WaitGroup
		for range 3 {
			all.Go(func() {
				state, diags := p.CreateResource(t.Context(), purgeType, acctest.Values{"on_destroy": "purge"})
				if len(diags) > 0 {
					t.Error(diags)
					return
				}
				if _, diags := p.DestroyResource(t.Context(), purgeType, state); len(diags) > 0 {
					t.Error(diags)
				}
			})
		}
		all.Go(func() {
			if _, diags := p.InvokeAction(t.Context(), purgeType, acctest.Values{}); len(diags) > 0 {
				t.Error(diags)
			}
		})
		all.Wait()
		if got := sim.Journal().Count("purge-queue"); got != 7 || refused(sim) != 0 {
			t.Errorf("%d purges, %d of them refused", got, refused(sim))
		}
		if took := time.Since(started); took != 30*time.Second {
			t.Errorf("took %s, want 30s for 7 purges", took)
		}
	})
}

// TestQueuePurge_limitUsedUpByOthers: another process, such as the previous apply, may
// have used up the limit. Its window is waited for as well.
func TestQueuePurge_limitUsedUpByOthers(t *testing.T) {
	t.Parallel()
	inBubble(t, func(t *testing.T, sim *simulator.Server) {
		for range 3 {
			process := acctest.NewBubbleServer(t, sim, acctest.Values{"endpoint_id": "demo"})
			for range 2 {
				if _, diags := process.CreateResource(t.Context(), purgeType, acctest.Values{}); len(diags) > 0 {
					t.Error(diags)
				}
			}
		}
		if got := len(sim.Journal().Op("purge-queue").Accepted()); got != 6 {
			t.Errorf("%d purges took effect, want 6", got)
		}
	})
}
