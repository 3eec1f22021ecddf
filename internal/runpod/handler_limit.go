package runpod

import (
	"context"
	"time"
)

// withLimits waits for a slot within the client's limits and keeps it until the reply
// is read. An attempt begins when it has its slot.
func withLimits(next handler, limits *limiter) handler {
	return func(ctx context.Context, k *call) *Error {
		waiting, stop := ctx, func() {}
		if deadline, ok := ctx.Value(attemptDeadlineKey{}).(time.Time); ok {
			waiting, stop = context.WithDeadline(ctx, deadline)
		}
		release, err := limits.acquire(waiting, k.endpoint, policies[k.op].bucket, k.hold > 0)
		stop()
		switch {
		case err != nil && ctx.Err() == nil:
			e := k.interrupted(waiting)
			e.Message = "the limits of the API, or max_concurrent_requests, left no room for the request in time"
			return e
		case err != nil:
			return k.interrupted(ctx)
		}
		defer release()
		if ctx.Err() != nil {
			return k.interrupted(ctx) // nothing begins after an interrupt
		}
		k.attempts++
		k.started = time.Now()
		return next(ctx, k)
	}
}
