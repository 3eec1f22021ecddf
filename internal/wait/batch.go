package wait

import (
	"context"
	"fmt"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// BatchAPI is the part of the API that waiting for a batch needs; *runpod.Client
// implements it.
type BatchAPI interface {
	Batch(ctx context.Context, endpointID, batchID string) (runpod.Batch, error)
	BatchRequests(ctx context.Context, endpointID, batchID string, offset, limit int) (runpod.BatchPage, error)
	Health(ctx context.Context, endpointID string) (runpod.Health, error)
}

var _ BatchAPI = (*runpod.Client)(nil)

const (
	// stallNotice is how long a batch's counters may stand still, with nothing in
	// progress, before its requests are checked one by one. From then on the time
	// doubles, up to maxStallNotice.
	stallNotice    = time.Minute
	maxStallNotice = 16 * time.Minute
	// stallPage is how many requests one page of that check has.
	stallPage = 100
)

// BatchOptions configure a wait for a batch.
type BatchOptions struct {
	Timeout   time.Duration // from now; required
	CreatedAt time.Time     // when the batch was created; zero when not known
}

// BatchTimeoutError says that a batch did not end in time.
type BatchTimeoutError struct {
	EndpointID string
	BatchID    string
	Last       runpod.Batch // the zero value if it was never read
	Waited     time.Duration
	Health     *runpod.Health // nil if it could not be read
	Err        error          // the last failure to read the batch, if the last reading failed
}

// Error implements error.
func (e *BatchTimeoutError) Error() string {
	text := fmt.Sprintf("batch %s on endpoint %s did not end within %s", e.BatchID, e.EndpointID, e.Waited.Round(time.Millisecond))
	if e.Last.Status != "" {
		text += "; when last seen it was " + e.Last.String()
	}
	if e.Err != nil {
		text += "; the last attempt to read it failed: " + e.Err.Error()
	}
	if e.Health != nil {
		text += ". Health of the endpoint: " + e.Health.String()
	}
	return text
}

// Unwrap returns the last failure to read the batch.
func (e *BatchTimeoutError) Unwrap() error { return e.Err }

// Batch waits until no request of a batch is left to run: every one has completed or
// failed by the counters, the batch is FAILED or CANCELLED, or the counters stand
// still and each request turns out to have ended, because some were cancelled. With an
// error it returns the batch as it was last read. The errors are *BatchTimeoutError,
// *InterruptedError, or the *runpod.Error that ended the wait at once, such as one
// about a batch that the API does not know.
//
// A transient failure does not end the wait, as in [Waiter.Job].
func Batch(ctx context.Context, api BatchAPI, endpointID, batchID string, o BatchOptions) (runpod.Batch, error) {
	started := time.Now()
	waiting, cancel := context.WithTimeoutCause(ctx, o.Timeout, errTimeout)
	defer cancel()
	b := &batchWait{api: api, endpointID: endpointID, batchID: batchID, loop: loop{started: started, since: o.CreatedAt}, moved: started, patience: stallNotice}
	err := b.end(ctx, waiting, b.run(waiting), func() error {
		timeout := &BatchTimeoutError{EndpointID: endpointID, BatchID: batchID, Last: b.last, Waited: time.Since(started), Err: b.failure}
		timeout.Health = BriefHealth(ctx, api, endpointID)
		return timeout
	})
	return b.last, err
}

// batchWait is one wait for one batch.
type batchWait struct {
	loop
	api                 BatchAPI
	endpointID, batchID string
	last                runpod.Batch
	moved               time.Time     // when the counters last changed, or the requests were looked at
	patience            time.Duration // with counters that stand still
}

// run reads the batch until nothing is left to run. It returns nil then.
func (b *batchWait) run(ctx context.Context) error {
	for {
		asked := time.Now()
		batch, err := b.api.Batch(ctx, b.endpointID, b.batchID)
		next := jittered(interval(time.Since(b.started)))
		if err == nil {
			b.succeeded()
			if ended, err := b.ended(ctx, batch); ended || err != nil {
				return err
			}
		} else {
			var end error
			if next, end = b.failed(ctx, err, next); end != nil {
				return end
			}
		}
		if end := b.pause(ctx, asked, next, err); end != nil {
			return end
		}
	}
}

// ended processes a reading and reports whether nothing is left to run.
func (b *batchWait) ended(ctx context.Context, now runpod.Batch) (bool, error) {
	if now.Ended() != b.last.Ended() || now.Status != b.last.Status || runpod.CountOf(now.InProgress) > 0 {
		b.moved, b.patience = time.Now(), stallNotice
	}
	b.last = now
	if now.Status.Final() || now.Done() {
		return true, nil
	}
	if now.Status == runpod.BatchDraft || time.Since(b.moved) < b.patience {
		return false, nil
	}
	b.moved, b.patience = time.Now(), min(2*b.patience, maxStallNotice)
	ended, err := b.eachEnded(ctx)
	if err != nil && ctx.Err() == nil && (runpod.IsTransient(err) || runpod.IsNotFound(err)) {
		return false, nil // the counters will show when it ends
	}
	return ended, err
}

// eachEnded reads the requests until it finds one that has not ended.
func (b *batchWait) eachEnded(ctx context.Context) (bool, error) {
	seen := make(map[string]bool)
	for offset, more := 0, true; more; {
		page, err := b.api.BatchRequests(ctx, b.endpointID, b.batchID, offset, stallPage)
		if err != nil {
			return false, err
		}
		before := len(seen)
		for _, request := range page.Requests {
			if !request.Status.Final() {
				return false, nil
			}
			seen[request.ID] = true
		}
		offset += len(page.Requests) + page.Skipped
		more = page.HasMore && len(seen) > before
	}
	return b.last.Total != nil && int64(len(seen)) >= *b.last.Total, nil
}
