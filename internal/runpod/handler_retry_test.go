package runpod_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

func busy(pause string) answer {
	return answer{status: 429, header: http.Header{"Retry-After": {pause}}}
}

// TestRetries_deadline: a pause that would outlast the caller's deadline is skipped,
// and the error says so.
func TestRetries_deadline(t *testing.T) {
	t.Parallel()
	for name, limit := range map[string]func(context.Context) (context.Context, context.CancelFunc){
		"deadline": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Minute)
		},
		"deadline of attempts": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return runpod.WithAttemptDeadline(ctx, time.Now().Add(time.Minute)), func() {}
		},
		"both": func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(runpod.WithAttemptDeadline(ctx, time.Now().Add(time.Hour)), time.Minute)
		},
	} {
		for _, op := range []runpod.Operation{runpod.OpRun, runpod.OpHealth, runpod.OpStatus} {
			t.Run(name+"/"+string(op), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := &script{answers: []answer{busy("40"), busy("299")}}
					ctx, cancel := limit(t.Context())
					defer cancel()
					started := time.Now()
					err := operations[op](ctx, newClient(t, s))
					if took := time.Since(started); s.count() != 2 || took != 40*time.Second {
						t.Errorf("%d requests in %s", s.count(), took)
					}
					if err == nil || !runpod.IsTooMany(err) || !strings.Contains(err.Error(), "the pause before the next attempt (4m59s) is longer") || runpod.OutcomeUnknown(err) {
						t.Errorf("got %v", err)
					}
				})
			})
		}
	}
}

// TestRetries_attemptInProgress: the deadline of attempts ends no attempt in
// progress, and lets none begin that waits for its slot.
func TestRetries_attemptInProgress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []answer{{status: 200, body: success[runpod.OpRun], delay: 20 * time.Second}}}
		client := newClient(t, s, func(o *runpod.Options) { o.MaxConcurrent = 1 })
		ctx := runpod.WithAttemptDeadline(t.Context(), time.Now().Add(time.Second))
		first := make(chan error)
		go func() {
			_, err := client.Run(ctx, "ep", aRequest)
			first <- err
		}()
		synctest.Wait()
		started := time.Now()
		_, err := client.Run(ctx, "ep", aRequest)
		if err == nil || runpod.OutcomeUnknown(err) || time.Since(started) != time.Second || !strings.Contains(err.Error(), "no room") {
			t.Errorf("after %s: %v", time.Since(started), err)
		}
		if err := <-first; err != nil || s.count() != 1 {
			t.Errorf("%d requests, %v", s.count(), err)
		}
	})
}

// TestStaleConnection: once, a connection that was closed while idle costs neither a
// pause nor a retry.
func TestStaleConnection(t *testing.T) {
	t.Parallel()
	stale := answer{err: errors.New("http: server closed idle connection")}
	reset := answer{err: errors.New("readLoopPeekFailLocked: connection reset by peer")}
	for name, tc := range map[string]struct {
		answers []answer
		count   int
		fails   bool
		unknown bool
	}{
		"closed":              {[]answer{stale, {status: 200, body: success[runpod.OpRun]}}, 2, false, false},
		"reset":               {[]answer{reset, {status: 200, body: success[runpod.OpRun]}}, 2, false, false},
		"again and again":     {[]answer{stale}, 2, true, false},
		"then it breaks":      {[]answer{stale, {err: io.EOF}}, 2, true, true},
		"a bare end":          {[]answer{{err: io.EOF}}, 1, true, true},
		"refused, then stale": {[]answer{stale, {status: 429}}, 2, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s, none := &script{answers: tc.answers}, 0
				started := time.Now()
				_, err := newClient(t, s, func(o *runpod.Options) { o.MaxRetries = &none }).Run(t.Context(), "ep", aRequest)
				if s.count() != tc.count || (err != nil) != tc.fails || runpod.OutcomeUnknown(err) != tc.unknown || time.Since(started) != 0 {
					t.Errorf("%d requests in %s, unknown %v: %v", s.count(), time.Since(started), runpod.OutcomeUnknown(err), err)
				}
				if e, ok := runpod.AsError(err); ok && e.Attempts != tc.count {
					t.Errorf("%d attempts are counted", e.Attempts)
				}
			})
		})
	}
}
