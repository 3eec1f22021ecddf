package runpod_test

import (
	"context"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// TestInterruptedSubmission: an interrupt never cuts off a request whose reply cannot
// be requested again, and prevents another one.
func TestInterruptedSubmission(t *testing.T) {
	t.Parallel()
	good := answer{status: 200, body: success[runpod.OpRun]}
	for _, tc := range []struct {
		name      string
		answers   []answer
		exchanges int
		took      time.Duration // an interrupt comes after a second
		unknown   bool
		fails     bool
	}{
		{"the reply comes within the grace", []answer{{status: 200, body: good.body, delay: 8 * time.Second}}, 1, 8 * time.Second, false, false},
		{"the reply comes too late", []answer{{status: 200, body: good.body, delay: 25 * time.Second}}, 1, 11 * time.Second, true, true},
		{"during the pause before another attempt", []answer{{status: 429, header: http.Header{"Retry-After": {"5"}}}, good}, 1, time.Second, false, true},
		{"a 429 comes within the grace", []answer{{status: 429, delay: 3 * time.Second}, good}, 1, 3 * time.Second, false, true},
	} {
		for _, op := range []runpod.Operation{runpod.OpRun, runpod.OpRunSync, runpod.OpRetry} {
			t.Run(string(op)+"/"+tc.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := &script{answers: tc.answers}
					ctx, interrupt := context.WithCancel(t.Context())
					time.AfterFunc(time.Second, interrupt)
					started := time.Now()
					err := operations[op](ctx, newClient(t, s))
					if s.count() != tc.exchanges || (err != nil) != tc.fails || runpod.OutcomeUnknown(err) != tc.unknown || time.Since(started) != tc.took {
						t.Errorf("%d exchanges in %s, unknown %v, error %v", s.count(), time.Since(started), runpod.OutcomeUnknown(err), err)
					}
				})
			})
		}
	}
}

// TestInterruptedSubmission_notSent: a submission that is interrupted while it waits
// for a slot is not sent.
func TestInterruptedSubmission_notSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []answer{{status: 200, body: success[runpod.OpRun], delay: 5 * time.Second}}}
		client := newClient(t, s, func(o *runpod.Options) { o.MaxConcurrent = 1 })
		go func() { _, _ = client.Health(t.Context(), "ep") }() // takes the only place
		synctest.Wait()
		ctx, interrupt := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, interrupt)
		started := time.Now()
		_, err := client.Run(ctx, "ep", aRequest)
		if err == nil || runpod.OutcomeUnknown(err) || s.count() != 1 || time.Since(started) != time.Second {
			t.Errorf("%d exchanges in %s, error %v", s.count(), time.Since(started), err)
		}
	})
}
