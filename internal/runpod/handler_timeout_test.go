package runpod

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// TestTimeout_longPoll: a long poll's wait is added to the request timeout.
func TestTimeout_longPoll(t *testing.T) {
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

// TestTimeout_lateTimer: a process that was stopped when a timer was due gets a moment
// to read what has arrived; one that was running does not.
func TestTimeout_lateTimer(t *testing.T) {
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
