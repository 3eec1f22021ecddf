package runpod

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// maxRetryAfter is the longest Retry-After that the client waits for. A longer one is
// reported in the error, so that the user can decide.
const maxRetryAfter = 5 * time.Minute

// withRetries repeats a call where the operation's policy allows it: at most
// maxRetries times, with a pause before each. Nothing below it repeats anything.
func withRetries(next handler, maxRetries int, minWait, maxWait time.Duration) handler {
	return func(ctx context.Context, k *call) *Error {
		for retries := 0; ; retries++ {
			e := next(ctx, k)
			switch {
			case e == nil:
				return nil
			case ctx.Err() != nil || !mayRepeat(e):
				return e
			case e.stale && !k.fresh:
				// An idle connection had been closed and the request was not written:
				// no failure of the server. A fresh connection cannot have that fault.
				k.fresh = true
				retries--
				continue
			case retries >= maxRetries:
				return e
			}
			pause := max(Backoff(minWait, maxWait, retries), e.RetryAfter)
			if deadline, ok := attemptDeadline(ctx); ok && time.Until(deadline) <= pause {
				e.noTimeFor = pause
				return e
			}
			if !Sleep(ctx, pause) {
				// The last failure says more than "interrupted".
				e.Err = errors.Join(e.Err, context.Cause(ctx))
				return e
			}
		}
	}
}

// mayRepeat reports whether the operation's policy allows another attempt after a
// failed one.
func mayRepeat(e *Error) bool {
	if e.Reason == ReasonInterrupted || e.RetryAfter > maxRetryAfter {
		return false
	}
	if status, refused := ProxyStatus(e); isCertificateError(e.Err) || errors.Is(e.Err, errProxyAddress) || refused && !transientStatus(status) {
		return false // another attempt fails the same way
	}
	if e.notSent || e.StatusCode == http.StatusTooManyRequests {
		return true // nothing was accepted
	}
	switch policies[e.Operation].repeat {
	case repeatFreely:
		return IsTransient(e) && !lasting(e)
	case repeatIfAnswered:
		return e.Reason == ReasonStatus && IsTransient(e) && !lasting(e)
	default:
		return false
	}
}

// lasting reports whether another attempt would get the same answer: a redirect, or a
// missing route or job. How long to ask for a job that may not be visible yet is up to
// the caller.
func lasting(e *Error) bool {
	return e.Reason == ReasonStatus && (e.StatusCode < 400 || e.StatusCode == http.StatusNotFound || IsNotServed(e))
}
