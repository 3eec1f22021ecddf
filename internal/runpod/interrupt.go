package runpod

import (
	"context"
	"time"
)

// InterruptGrace is how long an exchange that cannot be made twice continues
// after an interrupt: its reply holds the id of a job, or shows whether anything
// was done at all.
const InterruptGrace = 10 * time.Second

type attemptDeadlineKey struct{}

// WithAttemptDeadline returns a context with which no attempt at a request begins
// after deadline, nor a pause that would last until then. An attempt that is under
// way continues: its reply may hold what cannot be read again.
func WithAttemptDeadline(ctx context.Context, deadline time.Time) context.Context {
	return context.WithValue(ctx, attemptDeadlineKey{}, deadline)
}

// attemptDeadline returns the earlier of the two deadlines of a context.
func attemptDeadline(ctx context.Context) (deadline time.Time, ok bool) {
	deadline, ok = ctx.Deadline()
	if attempt, set := ctx.Value(attemptDeadlineKey{}).(time.Time); set && (!ok || attempt.Before(deadline)) {
		return attempt, true
	}
	return deadline, ok
}

// WithGracePeriod returns a context that ends grace after its parent does.
func WithGracePeriod(parent context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() {
		timer := newTimeout(grace, func() { cancel(context.Cause(parent)) })
		context.AfterFunc(ctx, timer.stop)
	})
	return ctx, func() {
		stop()
		cancel(context.Canceled)
	}
}
