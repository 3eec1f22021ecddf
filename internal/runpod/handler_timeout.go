package runpod

import (
	"context"
	"sync"
	"time"
)

// timeoutError is the cause that ends an exchange after the request timeout.
type timeoutError struct{}

func (timeoutError) Error() string        { return context.DeadlineExceeded.Error() }
func (timeoutError) Timeout() bool        { return true }
func (timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// withTimeout bounds an exchange by the request timeout and the time for which the
// server may hold it. A request that must not be repeated continues after an interrupt
// for a grace period, in which its reply may still arrive.
func withTimeout(next handler, limit, grace time.Duration) handler {
	return func(ctx context.Context, k *call) *Error {
		if policies[k.op].repeat == repeatIfRefused {
			graced, stop := WithGracePeriod(ctx, grace)
			defer stop()
			ctx = graced
		}
		ctx, cancel := context.WithCancelCause(ctx)
		defer cancel(context.Canceled)
		k.timeout = newTimeout(limit+k.hold, func() { cancel(timeoutError{}) })
		defer k.timeout.stop()
		return next(ctx, k)
	}
}

const (
	// overdue is how late a timer must be to show that the process was stopped
	// meanwhile, as by Ctrl-Z or a frozen container, and not just short of CPU time.
	overdue = 250 * time.Millisecond
	// catchUp is how long such a process gets to read what has arrived meanwhile.
	catchUp = 2 * time.Second
)

// timeout calls a function after a duration, like [time.AfterFunc], but later if the
// process was stopped then: a reply that is already in the socket is read first.
type timeout struct {
	mu    sync.Mutex
	timer *time.Timer
	due   time.Time
}

func newTimeout(d time.Duration, f func()) *timeout {
	t := &timeout{due: time.Now().Add(d)}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.timer = time.AfterFunc(d, func() {
		t.mu.Lock()
		late := time.Since(t.due)
		t.mu.Unlock()
		whenDue(late, f)
	})
	return t
}

func (t *timeout) stop() { t.timer.Stop() }

// pause stops the clock until resume is called.
func (t *timeout) pause() (resume func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.timer.Stop() {
		return func() {}
	}
	left := time.Until(t.due)
	return func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		t.due = time.Now().Add(left)
		t.timer.Reset(left)
	}
}

// pauseTimeout stops the clock of the exchange until resume is called.
func (k *call) pauseTimeout() (resume func()) {
	if k.timeout == nil {
		return func() {}
	}
	return k.timeout.pause()
}

func whenDue(late time.Duration, f func()) {
	if late < overdue {
		f()
		return
	}
	time.AfterFunc(catchUp, f)
}
