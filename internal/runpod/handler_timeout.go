package runpod

import (
	"context"
	"time"
)

// timeoutError is the cause that ends an exchange after the request timeout.
type timeoutError struct{}

func (timeoutError) Error() string        { return context.DeadlineExceeded.Error() }
func (timeoutError) Timeout() bool        { return true }
func (timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// withTimeout bounds an exchange by the request timeout and the time for which
// the server may hold it. What must not be sent twice survives an interrupt for
// a grace period, in which its reply may still arrive.
func withTimeout(next handler, timeout time.Duration) handler {
	return func(ctx context.Context, k *call) *Error {
		if policies[k.op].repeat == repeatIfRefused {
			graced, stop := WithGracePeriod(ctx, InterruptGrace)
			defer stop()
			ctx = graced
		}
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(context.Canceled)
		defer afterFunc(timeout+k.hold, func() { cancel(timeoutError{}) })()
		return next(ctx, k)
	}
}

const (
	// overdue is how late a timer must be to show that the process was stopped
	// meanwhile, as by Ctrl-Z or a frozen container, and not just short of CPU time.
	overdue = 250 * time.Millisecond
	// catchUp is what such a process gets to read what has arrived meanwhile.
	catchUp = 2 * time.Second
)

// afterFunc calls f after d, like [time.AfterFunc], and later when the process
// did not run at that time: a reply that is in the socket is read first.
func afterFunc(d time.Duration, f func()) (stop func()) {
	due := time.Now().Add(d)
	timer := time.AfterFunc(d, func() { whenDue(time.Since(due), f) })
	return func() { timer.Stop() }
}

func whenDue(late time.Duration, f func()) {
	if late < overdue {
		f()
		return
	}
	time.AfterFunc(catchUp, f)
}
