package wait

import (
	"context"
	"errors"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// loop is what the waits for a job, for its stream and for a batch have in common:
// they read something again and again until it ends.
type loop struct {
	started time.Time
	since   time.Time // when what is read was created; zero when not known
	seen    bool      // it was read at least once
	missing int       // readings in a row that did not find it
	failure error     // of the last reading; nil when it succeeded
}

// succeeded notes a reading.
func (l *loop) succeeded() { l.seen, l.missing, l.failure = true, 0, nil }

// failed notes a reading that failed. It returns the pause before the next one, or the
// error that ends the wait.
func (l *loop) failed(ctx context.Context, err error, next time.Duration) (time.Duration, error) {
	if ctx.Err() != nil {
		return 0, context.Cause(ctx) // a request that the end of the wait cut off is not a failure
	}
	l.failure = err
	switch {
	case runpod.IsEndpointNotFound(err):
		return 0, err
	case runpod.IsJobNotFound(err), runpod.IsBatchNotFound(err):
		l.missing++
		if !l.mayBeInvisible() {
			if l.missing > 1 {
				return 0, err
			}
			next = max(next, secondRead)
		}
	case runpod.IsCertificateRefused(err) && !l.seen && !l.mayBeInvisible():
		return 0, err // for something that was read before, it may be transient
	case !runpod.IsTransient(err) && !runpod.IsNotFound(err): // another 404 says nothing about what is read
		return 0, err
	}
	return next, nil
}

// mayBeInvisible reports whether the API may just not show it yet: it was created a
// short while ago and has not been read since.
func (l *loop) mayBeInvisible() bool { return !l.seen && Recent(l.since) }

// pause waits until next has passed since a request, or for as long as its error asks
// for. If the server held the request, that is no time at all. It returns an error if
// the wait ends first.
func (l *loop) pause(ctx context.Context, asked time.Time, next time.Duration, err error) error {
	if rest := max(next, askedFor(err)) - time.Since(asked); rest > 0 && !runpod.Sleep(ctx, rest) {
		return context.Cause(ctx)
	}
	return nil
}

// end returns the error of a wait whose loop returned err. waiting is the wait's own
// context, which is derived from ctx. timedOut returns the error of a timeout; it may
// return nil if the end turns out to have come meanwhile.
func (l *loop) end(ctx, waiting context.Context, err error, timedOut func() error) error {
	interrupted, over := ended(ctx, waiting)
	switch {
	case err == nil:
		return nil
	case interrupted != nil:
		return &InterruptedError{interrupted, l.failure}
	case over, errors.Is(err, errQueueTimeout):
		return timedOut()
	default:
		return err
	}
}

// ended returns the error of the caller's context, nil unless it has ended, and
// whether the wait's own context, which is derived from it, has ended. It checks the
// wait's context first: if the caller's ends between the two checks, that is an
// interrupt and not a timeout.
func ended(ctx, waiting context.Context) (interrupted error, over bool) {
	over = waiting.Err() != nil
	return ctx.Err(), over
}
