package runpod

import (
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Backoff returns the pause before the given retry, counted from 0. It doubles from
// minWait to maxWait, with jitter, so that many waiters do not come back at once.
func Backoff(minWait, maxWait time.Duration, retry int) time.Duration {
	wait := min(minWait<<min(retry, 20), maxWait)
	if wait <= 0 {
		wait = maxWait
	}
	return wait/2 + rand.N(wait/2+1) //nolint:gosec // jitter needs no cryptographic randomness
}

var secondsPattern = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// retryAfter reads the two forms of Retry-After, seconds and a date; 0 when there is
// none. A date is that of the server's clock, so it is compared with the Date header
// of the reply.
func retryAfter(header http.Header) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if secondsPattern.MatchString(value) {
		seconds, _ := strconv.ParseFloat(value, 64) // an overflow gives +Inf
		return time.Duration(min(seconds, (365*24*time.Hour).Seconds()) * float64(time.Second))
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	replied, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		replied = time.Now()
	}
	return max(0, at.Sub(replied))
}
