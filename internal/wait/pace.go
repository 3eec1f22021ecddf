package wait

import (
	"math/rand/v2"
	"time"
)

// The interval between two polls is a constant share of the time waited so far, at
// most maxInterval, once settled has passed. A constant share makes the number of
// polls logarithmic in the time waited, and bounds the delay after a job's end by the
// same share of its run time. There is no jitter in it: each poll that comes a tenth
// early has to be made up for by another one.
//
// Before settled, such intervals would be shorter than a round trip, and the first
// five seconds would take twenty polls at minInterval. So the first polls happen at
// the times in early.
const (
	share       = 0.05
	minInterval = 200 * time.Millisecond
	maxInterval = 10 * time.Second
	settled     = 5 * time.Second
)

var early = [...]time.Duration{
	minInterval, 600 * time.Millisecond, 1300 * time.Millisecond, 2300 * time.Millisecond, 3600 * time.Millisecond,
}

// tooNear is how soon a time in early may be without being skipped.
const tooNear = 3 * minInterval / 4

// interval returns the pause before the next poll after waiting for waited. Many
// waiters that begin together spread out in the first seconds.
func interval(waited time.Duration) time.Duration {
	if waited >= settled {
		return min(time.Duration(float64(waited)*share), maxInterval)
	}
	for _, moment := range early {
		if pause := moment - waited; pause > tooNear {
			return jittered(pause)
		}
	}
	// Spread over most of the first interval to come; the rest is for the way to the
	// server.
	return max(settled-waited+rand.N(interval(settled)*4/5), minInterval) //nolint:gosec // jitter needs no cryptographic randomness
}

// jittered moves d by up to a tenth, so that many waiters spread out.
func jittered(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1) //nolint:gosec // jitter needs no cryptographic randomness
}
