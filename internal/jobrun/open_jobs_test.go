package jobrun_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// TestOpenJobs: at the end of the process, the jobs that nothing has closed are
// cancelled, and no others.
func TestOpenJobs(t *testing.T) {
	inBubble(t, simulator.Options{}, func(b *bench) {
		ctx := b.t.Context()
		var open jobrun.OpenJobs
		open.CancelAll(ctx, nil) // of none
		var ids []string
		for range 3 {
			job := b.submit(ctx, `{"mock_delay":300}`)
			ids = append(ids, job.ID)
			open.Add(b.runner, jobrun.OpenJob{EndpointID: "demo", ID: job.ID, SubmittedAt: time.Now()})
		}
		if err := open.Cancel(ctx, b.runner, jobrun.OpenJob{EndpointID: "demo", ID: ids[0]}); err != nil {
			b.t.Error(err)
		}
		other := b.submit(ctx, `{"mock_delay":300}`)
		open.CancelAll(ctx, func(job jobrun.OpenJob, err error) { b.t.Errorf("%s: %v", job.ID, err) })
		b.requests("cancel", 3)
		for _, job := range b.Jobs("demo") {
			if (job.Status == "CANCELLED") == (job.ID == other.ID) {
				b.t.Errorf("job %s is %s", job.ID, job.Status)
			}
		}
		open.CancelAll(ctx, nil)
		b.requests("cancel", 3)
	})
}

// TestOpenJobs_failures: jobs that cannot be cancelled are reported, and an API that
// does not answer delays the end of the process no longer than ctx.
func TestOpenJobs_failures(t *testing.T) {
	for name, tc := range map[string]struct {
		fault    simulator.Fault
		reported int
	}{
		"refused":   {simulator.Fault{Op: "cancel", Kind: simulator.StatusReply, Status: 403, Body: `{"detail":"no"}`}, 1},
		"no answer": {simulator.Fault{Op: "cancel", Kind: simulator.SlowBefore, Delay: 30 * time.Second}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, simulator.Options{}, func(b *bench) {
				var open jobrun.OpenJobs
				job := b.submit(b.t.Context(), `{"mock_delay":300}`)
				open.Add(b.runner, jobrun.OpenJob{EndpointID: "demo", ID: job.ID, SubmittedAt: time.Now()})
				b.Inject(tc.fault)
				ctx, cancel := context.WithTimeout(b.t.Context(), time.Second)
				defer cancel()
				var mu sync.Mutex
				var reported []string
				begun := time.Now()
				open.CancelAll(ctx, func(job jobrun.OpenJob, _ error) {
					mu.Lock()
					defer mu.Unlock()
					reported = append(reported, job.ID)
				})
				if took := time.Since(begun); took > time.Second {
					b.t.Errorf("it took %s", took)
				}
				mu.Lock()
				got := slices.Clone(reported)
				mu.Unlock()
				if len(got) != tc.reported {
					b.t.Errorf("reported %q, want %d", got, tc.reported)
				}
				time.Sleep(time.Minute) // what was left behind ends before the bubble does
			})
		})
	}
}
