package batchrun

import (
	"context"
	"errors"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// API is the part of the API that a [Runner] needs; *runpod.Client implements it.
type API interface {
	wait.BatchAPI
	CreateBatch(ctx context.Context, endpointID string, chunk *runpod.BatchChunk) (runpod.Batch, error)
	AppendBatch(ctx context.Context, endpointID, batchID string, chunk *runpod.BatchChunk) (ids []string, err error)
	FinalizeBatch(ctx context.Context, endpointID, batchID string) error
	CancelBatch(ctx context.Context, endpointID, batchID string) error
}

var _ API = (*runpod.Client)(nil)

// Runner runs batches. It is safe for concurrent use.
type Runner struct{ api API }

// New returns a runner.
func New(api API) *Runner { return &Runner{api: api} }

// Options say how to run what is left of a batch.
type Options struct {
	Timeout     time.Duration // for all of it
	CreatedAt   time.Time     // zero when not known
	Fresh       bool          // the batch was just created, and the API may not show it yet
	Wait        bool          // for its end, once it is finalized
	OnTimeout   jobrun.Choice
	OnInterrupt jobrun.Choice
}

// Outcome is the outcome of a batch.
type Outcome struct {
	End   jobrun.End   // EndFinished without a wait: it is finalized
	Batch runpod.Batch // as last seen
	// Cancelled is set when the batch was cancelled because of a timeout or an
	// interrupt; CancelErr when cancelling it failed, so that it may still be running.
	Cancelled bool
	CancelErr error
	Err       error // for every end but Finished
}

// Resumable reports whether the batch is in order as far as is known, so that a later
// run can continue it: only the API did not answer.
func (o *Outcome) Resumable() bool {
	return o.End == jobrun.EndWaitFailed && (runpod.IsTransient(o.Err) || runpod.OutcomeUnknown(o.Err))
}

var errTimeout = errors.New("the timeout passed before the batch was finalized")

// Run does what is left to do for a batch: it appends, finalizes and waits, and keeps
// progress up to date.
func (r *Runner) Run(ctx context.Context, endpointID, batchID string, w Work, progress *Progress, o Options) Outcome {
	deadline := time.Now().Add(o.Timeout)
	out := Outcome{End: jobrun.EndFinished, Batch: runpod.Batch{ID: batchID, Status: runpod.BatchFinalized}}
	if !progress.Finalized {
		f := &filling{Runner: r, endpointID: endpointID, batchID: batchID, work: w, progress: progress, fresh: o.Fresh}
		f.last = runpod.Batch{ID: batchID, Status: runpod.BatchDraft}
		filling, stop := context.WithDeadlineCause(ctx, deadline, errTimeout)
		err := f.run(filling)
		cause := context.Cause(filling)
		stop()
		out.Batch = f.last
		var ended *endedError
		switch {
		case err == nil:
		case errors.As(err, &ended): // there is nothing to wait for
			return out
		case ctx.Err() != nil:
			return r.endEarly(ctx, endpointID, out, &wait.InterruptedError{Err: ctx.Err()}, o)
		case errors.Is(cause, errTimeout):
			if cutOff(err) {
				err = nil
			}
			return r.endEarly(ctx, endpointID, out, &wait.BatchTimeoutError{EndpointID: endpointID, BatchID: batchID, Last: out.Batch, Waited: o.Timeout, Err: err}, o)
		default:
			return r.endEarly(ctx, endpointID, out, err, o)
		}
	}
	if !o.Wait {
		return out
	}
	last, err := wait.Batch(ctx, r.api, endpointID, batchID, wait.BatchOptions{Timeout: time.Until(deadline), CreatedAt: o.CreatedAt})
	if last.Status != "" {
		out.Batch = last
	}
	if err != nil {
		return r.endEarly(ctx, endpointID, out, err, o)
	}
	return out
}

// cutOff reports whether an error says only that the context ended, so that nothing
// has failed.
func cutOff(err error) bool {
	if e, ok := runpod.AsError(err); ok {
		return e.Reason == runpod.ReasonInterrupted
	}
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}

// endEarly turns the end of a run that is not the end of the batch into an outcome.
func (r *Runner) endEarly(ctx context.Context, endpointID string, out Outcome, err error, o Options) Outcome {
	out.Err = err
	var timeout *wait.BatchTimeoutError
	var interrupted *wait.InterruptedError
	switch {
	case errors.As(err, &timeout):
		out.End = jobrun.EndTimedOut
		return r.applyPolicy(ctx, endpointID, out, o.OnTimeout)
	case errors.As(err, &interrupted):
		out.End = jobrun.EndInterrupted
		return r.applyPolicy(ctx, endpointID, out, o.OnInterrupt)
	case runpod.IsBatchNotFound(err):
		out.End = jobrun.EndExpired
	default:
		out.End = jobrun.EndWaitFailed
	}
	return out
}

// applyPolicy leaves a live batch running or cancels it. The outcome is Finished if
// the batch turns out to be done.
func (r *Runner) applyPolicy(ctx context.Context, endpointID string, out Outcome, choice jobrun.Choice) Outcome {
	if choice != jobrun.Cancel {
		return out
	}
	batch, err := r.Cancel(ctx, endpointID, out.Batch.ID)
	if batch.Status != "" {
		out.Batch = batch
	}
	switch {
	case err != nil:
		out.CancelErr = err
	case batch.Done():
		out.End, out.Err = jobrun.EndFinished, nil
	default:
		out.Cancelled = true
	}
	return out
}

// visibilityPause is the pause before another attempt to read a batch that the API does
// not show.
const visibilityPause = time.Second

// BatchUntilVisible reads a batch, at most attempts times while the API does not show it.
// Every 404 of the API that is not about the endpoint is a reason to read again: what it
// says about a batch that it does not know is not documented. Whether the batch is gone is
// for the caller to decide, by [runpod.IsBatchNotFound].
func (r *Runner) BatchUntilVisible(ctx context.Context, endpointID, batchID string, attempts int) (runpod.Batch, error) {
	batch, err := r.api.Batch(ctx, endpointID, batchID)
	for n := 1; n < attempts && runpod.IsNotFound(err) && !runpod.IsEndpointNotFound(err); n++ {
		runpod.Sleep(ctx, visibilityPause) // if interrupted, the next request fails for that reason
		batch, err = r.api.Batch(ctx, endpointID, batchID)
	}
	return batch, err
}

// Cancel cancels a batch and returns it as it is afterwards; running requests end
// first. A batch that the API does not know counts as cancelled. Cancel works on a
// context that has ended, for at most 10 s.
func (r *Runner) Cancel(ctx context.Context, endpointID, batchID string) (runpod.Batch, error) {
	ctx, stop := runpod.WithGracePeriod(ctx, runpod.InterruptGrace)
	defer stop()
	cancelled := runpod.Batch{ID: batchID, Status: runpod.BatchCancelled}
	err := r.api.CancelBatch(ctx, endpointID, batchID)
	switch {
	case runpod.IsEndpointNotFound(err):
		return runpod.Batch{}, err
	case runpod.IsBatchNotFound(err):
		return cancelled, nil
	}
	// The reply is not documented, least of all for a batch that has ended: only
	// reading the batch shows its status.
	batch, readErr := r.api.Batch(ctx, endpointID, batchID)
	switch {
	case err == nil && readErr != nil, runpod.IsBatchNotFound(readErr):
		return cancelled, nil
	case err != nil && readErr == nil && (batch.Status.Final() || batch.Done()):
		return batch, nil
	}
	return batch, err
}
