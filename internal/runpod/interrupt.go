package runpod

import (
	"context"
	"time"
)

// InterruptGrace is how long an exchange that cannot be made twice continues
// after an interrupt: its reply holds the id of a job, or shows whether anything
// was done at all.
const InterruptGrace = 10 * time.Second

// WithGracePeriod returns a context that ends grace after its parent does.
func WithGracePeriod(parent context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() {
		stopTimer := afterFunc(grace, func() { cancel(context.Cause(parent)) })
		context.AfterFunc(ctx, stopTimer)
	})
	return ctx, func() {
		stop()
		cancel(context.Canceled)
	}
}
