package runpod

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestTimeoutIsBoundedByTimeoutAndHold: a long poll has its wait on
// top of the request timeout.
func TestTimeoutIsBoundedByTimeoutAndHold(t *testing.T) {
	t.Parallel()
	for op, hold := range map[Operation]time.Duration{OpRun: 0, OpStatus: 0, OpStatusSync: time.Minute, OpRunSync: time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			var cause error
			h := withTimeout(func(ctx context.Context, _ *call) *Error {
				<-ctx.Done()
				cause = context.Cause(ctx)
				return nil
			}, 30*time.Second, InterruptGrace)
			started := time.Now()
			_ = h(t.Context(), &call{op: op, hold: hold})
			if took := time.Since(started); took != 30*time.Second+hold || !errors.As(cause, new(timeoutError)) || !errors.Is(cause, context.DeadlineExceeded) {
				t.Errorf("%s: %v after %s", op, cause, took)
			}
		})
	}
}

// TestALateTimerLeavesTimeToRead: a process that was stopped when a timer was due
// has a moment more to read what has arrived; one that was running has none.
func TestALateTimerLeavesTimeToRead(t *testing.T) {
	t.Parallel()
	for late, want := range map[time.Duration]time.Duration{0: 0, overdue - 1: 0, overdue: catchUp, time.Hour: catchUp} {
		synctest.Test(t, func(t *testing.T) {
			started, called := time.Now(), make(chan struct{})
			whenDue(late, func() { close(called) })
			<-called
			if took := time.Since(started); took != want {
				t.Errorf("late by %s: %s, want %s", late, took, want)
			}
		})
	}
}
