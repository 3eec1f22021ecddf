package runpod

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// TestLimits: an attempt begins when it has its slot, and frees it when it ends.
func TestLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h := withLimits(func(context.Context, *call) *Error { time.Sleep(time.Minute); return nil }, newLimiter(1))
		began, first := time.Now(), &call{op: OpHealth, endpoint: "ep"}
		go func() { _ = h(t.Context(), first) }()
		synctest.Wait()
		second := &call{op: OpHealth, endpoint: "ep"}
		if e := h(t.Context(), second); e != nil {
			t.Fatal(e)
		}
		for k, want := range map[*call]time.Duration{first: 0, second: time.Minute} {
			if got := k.started.Sub(began); k.attempts != 1 || got != want {
				t.Errorf("%d attempts, the last after %s, want %s", k.attempts, got, want)
			}
		}
	})
}

// TestLimits_noSlot: a call that gets no slot is not an attempt, and its error says
// why.
func TestLimits_noSlot(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		limit func(context.Context) (context.Context, context.CancelFunc)
		says  string
	}{
		"interrupted while it waits": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, ""},
		"past the deadline of attempts": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return WithAttemptDeadline(ctx, time.Now().Add(time.Second)), func() {}
		}, "left no room"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				limits := newLimiter(1)
				release, err := limits.acquire(t.Context(), "ep", policies[OpHealth].bucket, false)
				if err != nil {
					t.Fatal(err)
				}
				defer release()
				ctx, cancel := tc.limit(t.Context())
				defer cancel()
				h := withLimits(func(context.Context, *call) *Error { t.Error("it was sent"); return nil }, limits)
				began, k := time.Now(), &call{op: OpHealth, endpoint: "ep"}
				e := h(ctx, k)
				if e == nil || e.Reason != ReasonInterrupted || !strings.Contains(e.Message, tc.says) || k.attempts != 0 || time.Since(began) != time.Second {
					t.Errorf("%d attempts, after %s: %v", k.attempts, time.Since(began), e)
				}
			})
		})
	}
}

// TestLimits_interrupted: nothing begins after an interrupt, even if a slot is free.
func TestLimits_interrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	k := &call{op: OpHealth, endpoint: "ep"}
	h := withLimits(func(context.Context, *call) *Error { t.Error("it was sent"); return nil }, newLimiter(1))
	if e := h(ctx, k); e == nil || e.Reason != ReasonInterrupted || k.attempts != 0 {
		t.Errorf("%d attempts: %v", k.attempts, e)
	}
}
