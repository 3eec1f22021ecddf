package jobrun

import (
	"context"
	"sync"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// ToCancel is a job to be cancelled.
type ToCancel struct {
	Key, JobID  string
	SubmittedAt time.Time
}

// CancelMany cancels jobs as [Runner.CancelRecent] does, a few at once, and reports
// the outcome of each, one at a time. After an interrupt it continues for up to a
// minute. When a cancel is refused for a reason that concerns all jobs, no more are
// sent.
func (r *Runner) CancelMany(ctx context.Context, endpointID string, jobs []ToCancel, done func(c ToCancel, job runpod.Job, err error)) {
	ctx, stop := runpod.WithGracePeriod(ctx, cancelGraceMany)
	defer stop()
	var mu sync.Mutex
	var refused error
	InParallel(jobs, cancelAtOnce, func(c ToCancel) {
		mu.Lock()
		err := refused
		mu.Unlock()
		var job runpod.Job
		if err == nil {
			job, err = r.CancelRecent(ctx, endpointID, c.JobID, c.SubmittedAt)
		}
		mu.Lock()
		defer mu.Unlock()
		if ConcernsAll(err) {
			refused = err
		}
		done(c, job, err)
	})
}

// ConcernsAll reports whether an error means that every request about the endpoint
// fails.
func ConcernsAll(err error) bool { return runpod.IsUnauthorized(err) || runpod.IsEndpointNotFound(err) }

// InParallel calls do for each item, in their order and with at most the given number
// of calls at once, and returns when all calls have returned.
func InParallel[T any](items []T, most int, do func(T)) {
	var wg sync.WaitGroup
	queue := make(chan T)
	for range min(max(most, 1), len(items)) {
		wg.Go(func() {
			for item := range queue {
				do(item)
			}
		})
	}
	for _, item := range items {
		queue <- item
	}
	close(queue)
	wg.Wait()
}
