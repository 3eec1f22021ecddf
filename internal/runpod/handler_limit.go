package runpod

import (
	"context"
	"time"
)

// withLimits waits for a place within the client's limits and holds it until the
// reply is read. An attempt begins with its place.
func withLimits(next handler, limits *limiter) handler {
	return func(ctx context.Context, k *call) *Error {
		release, err := limits.acquire(ctx, k.endpoint, policies[k.op].bucket, k.hold > 0)
		if err != nil {
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
