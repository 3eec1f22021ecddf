package batchrun

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

const (
	// maxReads is how often a draft is read, readPause apart, before it is believed that
	// what was sent to it did not arrive.
	maxReads  = 3
	readPause = 500 * time.Millisecond
	// freshReads is how often a batch is read that was just created and that the API
	// may not show yet, and knownReads how often another one is.
	freshReads, knownReads = 15, 3
	// singles is how many requests are added one by one, so that the id of each is
	// known. They show whether the API lists the requests of a batch in the order in
	// which they were added: only in one of thousands of batches would another order,
	// such as by id, look like it. If at most one request follows, they determine the
	// whole order.
	singles = 5
	// maxAttempts is the maximum number of attempts at one call, each after the batch
	// showed that the one before did not arrive.
	maxAttempts = 2
)

// Progress is how much of a batch has been filled. It is stored between two applies,
// so that the second continues where the first ended.
type Progress struct {
	Sent      int      `json:"sent"`                // requests that are in the batch
	Pending   int      `json:"pending,omitempty"`   // requests of a call of unknown outcome
	IDs       []string `json:"ids,omitempty"`       // of the first requests, in the order of the inputs
	Finalized bool     `json:"finalized,omitempty"` // for certain
}

// mismatchError says that a draft does not have what was sent to it. It is not
// finalized.
type mismatchError struct{ Got, Want int64 }

// Error implements error.
func (e *mismatchError) Error() string {
	return fmt.Sprintf("the draft has %d requests where %d were expected, so it was not finalized, and nothing of it runs", e.Got, e.Want)
}

// endedError says that a batch ended before it was finalized, because something else
// cancelled it.
type endedError struct{ Batch runpod.Batch }

// Error implements error.
func (e *endedError) Error() string {
	return fmt.Sprintf("the batch is %s before all requests were added to it", e.Batch.Status)
}

// Errors about the inputs, and about what the API does with a batch.
var (
	errChanged      = errors.New("the requests are not those of the plan any more: the file was changed meanwhile; the batch was not finalized")
	errStillDraft   = errors.New("the API accepted the finalizing, and the batch is still a draft")
	errNotCounted   = errors.New("the API does not say how many requests the draft has, so it is not known whether the last call arrived")
	errInputTooLong = errors.New("one request alone is larger than a call may be")
)

// Create creates a draft with the first request, which is the first of the singles: a
// draft with one request costs no more than an empty one.
//
// An error for which runpod.OutcomeUnknown holds means that a draft may exist
// whose id is unknown.
func (r *Runner) Create(ctx context.Context, endpointID string, w Work) (runpod.Batch, *Progress, error) {
	if err := ctx.Err(); err != nil {
		return runpod.Batch{}, nil, err
	}
	var chunk runpod.BatchChunk
	for input, err := range w.Inputs {
		if err != nil {
			return runpod.Batch{}, nil, err
		}
		if !chunk.Add(input) {
			return runpod.Batch{}, nil, errInputTooLong
		}
		break
	}
	batch, err := r.api.CreateBatch(ctx, endpointID, &chunk)
	return batch, &Progress{Sent: chunk.Len()}, err
}

// filling is the filling of one draft.
type filling struct {
	*Runner
	endpointID, batchID string
	work                Work
	progress            *Progress
	fresh               bool // just created
	chunk               *runpod.BatchChunk
	last                runpod.Batch
	reported            bool // the API returned the ids of a chunk
}

// run does what is left to do until the batch is finalized. It first reads the batch
// to see how far it got.
func (f *filling) run(ctx context.Context) error {
	if err := f.read(ctx, f.settled); err != nil || f.progress.Finalized {
		return err
	}
	if err := f.learnSingle(ctx); err != nil {
		return err
	}
	if f.progress.Sent < f.work.Count {
		if err := f.appendRest(ctx); err != nil {
			return err
		}
	}
	return f.finalize(ctx)
}

// settled reports whether a draft has everything that was sent to it, including the
// last call.
func (f *filling) settled() bool {
	return f.last.Total == nil || int(*f.last.Total) == f.progress.Sent+f.progress.Pending
}

// read reads the batch, repeatedly until it looks as expected, and updates the
// progress to what it shows.
func (f *filling) read(ctx context.Context, expected func() bool) error {
	attempts := knownReads
	if f.fresh {
		attempts = freshReads
	}
	for n := 1; ; n++ {
		batch, err := f.BatchUntilVisible(ctx, f.endpointID, f.batchID, attempts)
		if err != nil {
			return err
		}
		f.last, f.fresh = batch, false
		if expected() || batch.Status != runpod.BatchDraft || n >= maxReads {
			break
		}
		if !runpod.Sleep(ctx, readPause) {
			return ctx.Err()
		}
	}
	p := f.progress
	switch {
	case f.last.Status.Final():
		return &endedError{f.last}
	case f.last.Status == runpod.BatchFinalized:
		p.Finalized, p.Sent, p.Pending = true, f.work.Count, 0
	case f.last.Total == nil:
		if p.Pending > 0 {
			return errNotCounted
		}
	case int(*f.last.Total) == p.Sent+p.Pending:
		p.Sent, p.Pending = p.Sent+p.Pending, 0
	case int(*f.last.Total) == p.Sent:
		p.Pending = 0
	default:
		return &mismatchError{*f.last.Total, int64(p.Sent + p.Pending)}
	}
	return nil
}

// appendRest appends the inputs that are not in the batch yet, in as few calls
// as the limit of a call allows. It reads all of them, to see that they are
// still the same.
func (f *filling) appendRest(ctx context.Context) error {
	skip, n, d := f.progress.Sent, 0, newDigest()
	f.chunk = new(runpod.BatchChunk)
	for input, err := range f.work.Inputs {
		if err != nil {
			return err
		}
		d.add(input)
		if n++; n <= skip || (f.chunk.Len() == 0 || !f.alone()) && f.chunk.Add(input) {
			continue
		}
		if f.chunk.Len() == 0 {
			return errInputTooLong
		}
		if err := f.send(ctx); err != nil {
			return err
		}
		if err := f.learnSingle(ctx); err != nil {
			return err
		}
		if !f.chunk.Add(input) {
			return errInputTooLong
		}
	}
	if d.String() != f.work.Digest {
		return errChanged
	}
	if f.chunk.Len() == 0 {
		return nil
	}
	return f.send(ctx)
}

// send appends the chunk. An interrupt does not cut the call off. After a call of
// unknown outcome, reading the batch shows whether it arrived.
func (f *filling) send(ctx context.Context) error {
	p := f.progress
	before := p.Sent
	for n := 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		going, stop := runpod.WithGracePeriod(ctx, runpod.InterruptGrace)
		p.Pending = f.chunk.Len()
		ids, err := f.api.AppendBatch(ctx, f.endpointID, f.batchID, f.chunk)
		if err == nil {
			stop()
			if len(p.IDs) == p.Sent {
				p.IDs, f.reported = append(p.IDs, ids...), len(ids) > 0
			}
			p.Sent, p.Pending = p.Sent+p.Pending, 0
			f.chunk.Reset()
			return nil
		}
		if !runpod.OutcomeUnknown(err) {
			stop()
			p.Pending = 0
			return err
		}
		readErr := f.read(going, f.settled)
		stop()
		switch {
		case readErr != nil && runpod.IsTransient(readErr):
			return err // says more; the next apply reads the batch again
		case readErr != nil:
			return readErr
		case p.Finalized:
			return &mismatchError{int64(p.Sent), int64(f.work.Count)} // something else added them
		case p.Sent > before:
			f.chunk = new(runpod.BatchChunk) // the failed call may still be reading the old one
			return nil
		case n == maxAttempts:
			return err
		}
	}
}

// finalize starts the requests. It is the last moment at which nothing has been paid
// for: the draft must have every request exactly once.
func (f *filling) finalize(ctx context.Context) error {
	if err := f.learnOrder(ctx); err != nil {
		return err
	}
	if err := f.read(ctx, f.settled); err != nil || f.progress.Finalized {
		return err
	}
	if f.progress.Sent != f.work.Count {
		return &mismatchError{int64(f.progress.Sent), int64(f.work.Count)}
	}
	for n := 1; ; n++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		going, stop := runpod.WithGracePeriod(ctx, runpod.InterruptGrace)
		err := f.api.FinalizeBatch(going, f.endpointID, f.batchID)
		readErr := f.read(going, func() bool { return false }) // until it is not a draft any more
		stop()
		switch {
		case readErr == nil && f.progress.Finalized:
			return nil
		case err != nil && (readErr != nil || n == maxAttempts || !runpod.OutcomeUnknown(err)):
			return err
		case readErr != nil:
			return readErr
		case n == maxAttempts:
			return errStillDraft
		}
	}
}

// alone reports whether the next request is to be added by itself.
func (f *filling) alone() bool {
	p := f.progress
	return !f.reported && p.Sent < singles && len(p.IDs) == p.Sent
}

// learnSingle learns the id of the request that was added last, if it was added by
// itself and the ids of those before it are known.
func (f *filling) learnSingle(ctx context.Context) error {
	p := f.progress
	if p.Sent > singles || len(p.IDs) != p.Sent-1 || p.Sent == f.work.Count {
		return nil
	}
	for n := 1; ; n++ {
		page, err := f.api.BatchRequests(ctx, f.endpointID, f.batchID, 0, firstPage)
		if err != nil {
			return f.withoutOrder(err)
		}
		if len(page.Requests) == p.Sent {
			listed := make([]string, p.Sent)
			for i, request := range page.Requests {
				listed[i] = request.ID
			}
			if ids := withLast(listed, p.IDs); ids != nil {
				p.IDs = ids
			}
			return nil
		}
		if n == maxReads {
			return nil
		}
		if !runpod.Sleep(ctx, readPause) {
			return ctx.Err()
		}
	}
}

// learnOrder learns the ids of all requests in the order of the inputs, unless the
// replies have already shown them.
func (f *filling) learnOrder(ctx context.Context) error {
	if len(f.progress.IDs) == f.work.Count {
		return nil
	}
	var listed []string
	err := f.pager().each(ctx, func(request runpod.BatchRequest) error {
		listed = append(listed, request.ID)
		return nil
	})
	if err == nil {
		if ids := inOrder(listed, f.progress.IDs, f.work.Count); ids != nil {
			f.progress.IDs = ids
		}
	}
	return f.withoutOrder(err)
}

// withoutOrder tolerates a failure to learn the order if it would be the same next
// time: the results are then in the API's order.
func (f *filling) withoutOrder(err error) error {
	if e, ok := runpod.AsError(err); ok && e.Reason != runpod.ReasonInterrupted && !runpod.IsTransient(err) && !runpod.IsUnauthorized(err) {
		return nil
	}
	return err
}

func (f *filling) pager() *pager {
	return &pager{api: f.api, endpointID: f.endpointID, batchID: f.batchID}
}

// inOrder returns listed in the order of the inputs: as listed or reversed, whichever
// begins with the known ids. It returns nil if neither does, or if too few ids are
// known to rule out chance.
func inOrder(listed, known []string, count int) []string {
	switch {
	case len(listed) != count || len(known) < min(singles, count-1):
		return nil
	case len(known) == count-1: // whatever the order is
		return withLast(listed, known)
	}
	for range 2 {
		if slices.Equal(listed[:len(known)], known) {
			return listed
		}
		slices.Reverse(listed)
	}
	return nil
}

// withLast returns the known ids followed by the one other id that is listed; nil if
// there is not exactly one.
func withLast(listed, known []string) []string {
	others := slices.DeleteFunc(slices.Clone(listed), func(id string) bool { return slices.Contains(known, id) })
	if len(others) != 1 {
		return nil
	}
	return append(slices.Clone(known), others[0])
}
