package wait

import (
	"context"
	"math/rand/v2"
	"time"
)

// The interval between two questions is share of the time waited so far,
// within these bounds.
const (
	share       = 0.05
	minInterval = 200 * time.Millisecond
	maxInterval = 10 * time.Second
)

// interval returns the pause after which to ask again, having waited for
// waited, without jitter.
func interval(waited time.Duration) time.Duration {
	return min(max(time.Duration(float64(waited)*share), minInterval), maxInterval)
}

// jittered moves d by up to a tenth, so that many waiters spread out.
func jittered(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1) //nolint:gosec // jitter needs no cryptographic randomness
}

// sleep lasts d, or until the context ends, and then returns its cause.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
