package runpod

import (
	"context"
	"time"
)

// InterruptGrace is how long an exchange that cannot be made twice goes on
// after an interrupt: its reply tells the id of a job, or whether anything was
// done at all.
const InterruptGrace = 10 * time.Second

// WithGracePeriod returns a context that ends grace after its parent does.
func WithGracePeriod(parent context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() {
		timer := time.AfterFunc(grace, func() { cancel(context.Cause(parent)) })
		context.AfterFunc(ctx, func() { timer.Stop() })
	})
	return ctx, func() {
		stop()
		cancel(context.Canceled)
	}
}
