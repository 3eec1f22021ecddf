package wait

import (
	"math/rand/v2"
	"time"
)

// Between two questions passes share of the time waited so far, at most
// maxInterval, from settled on. A constant share makes the number of questions
// the logarithm of the time waited, and bounds the delay after a job's end by
// the same share of its run time. There is no jitter in it: each question that
// comes early by a tenth has to be made up for by another one.
//
// Before settled such intervals would be shorter than a round trip, and twenty
// questions at minInterval would be spent on the first five seconds. So the
// first questions come at the moments in early.
const (
	share       = 0.05
	minInterval = 200 * time.Millisecond
	maxInterval = 10 * time.Second
	settled     = 5 * time.Second
)

var early = [...]time.Duration{
	minInterval, 600 * time.Millisecond, 1300 * time.Millisecond, 2300 * time.Millisecond, 3600 * time.Millisecond,
}

// tooNear is how close a moment in early may be without being passed over.
const tooNear = 3 * minInterval / 4

// interval returns the pause after which to ask again, having waited for
// waited. Many waiters that begin together spread out in the first seconds.
func interval(waited time.Duration) time.Duration {
	if waited >= settled {
		return min(time.Duration(float64(waited)*share), maxInterval)
	}
	for _, moment := range early {
		if pause := moment - waited; pause > tooNear {
			return jittered(pause)
		}
	}
	// Most of the first interval to come, so that they stay apart: the rest is for
	// the way to the server.
	return max(settled-waited+rand.N(interval(settled)*4/5), minInterval) //nolint:gosec // jitter needs no cryptographic randomness
}

// jittered moves d by up to a tenth, so that many waiters spread out.
func jittered(d time.Duration) time.Duration {
	return d - d/10 + rand.N(d/5+1) //nolint:gosec // jitter needs no cryptographic randomness
}
