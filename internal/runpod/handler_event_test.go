package runpod

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"
)

// TestEvents: every attempt is reported once, with its result; one that ended before
// anything was sent took no time.
func TestEvents(t *testing.T) {
	t.Parallel()
	failure := &Error{Operation: OpStatus, Reason: ReasonStatus, StatusCode: http.StatusBadGateway}
	early := &Error{Operation: OpStatus, Reason: ReasonInterrupted}
	for name, tc := range map[string]struct {
		sent    bool
		dropped []string
		e       *Error
		want    Event
	}{
		"a reply":          {true, nil, nil, Event{Attempt: 3, StatusCode: http.StatusOK, Duration: time.Second}},
		"a part left out":  {true, []string{"status: a list"}, nil, Event{Attempt: 3, StatusCode: http.StatusOK, Duration: time.Second}},
		"a failure":        {true, nil, failure, Event{Attempt: 3, StatusCode: http.StatusBadGateway, Duration: time.Second, Err: failure}},
		"nothing was sent": {false, nil, early, Event{Attempt: 2, Err: early}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var events []Event
				h := withEvents(func(_ context.Context, k *call) *Error {
					if len(k.reply.dropped) > 0 {
						t.Errorf("the reply before is still there: %q", k.reply.dropped)
					}
					if tc.sent {
						k.attempts++
						k.started = time.Now()
						time.Sleep(time.Second)
					}
					for _, what := range tc.dropped {
						k.fields().dropped = append(k.reply.dropped, what)
					}
					return tc.e
				}, func(_ context.Context, e Event) { events = append(events, e) })
				k := &call{op: OpStatus, endpoint: "ep", jobID: "job-1", attempts: 2, reply: fields{dropped: []string{"of the reply before"}}}
				if got := h(t.Context(), k); got != tc.e {
					t.Errorf("got %v", got)
				}
				if len(events) != 1 {
					t.Fatalf("%d events", len(events))
				}
				got := events[0]
				if got.Operation != OpStatus || got.EndpointID != "ep" || got.JobID != "job-1" || len(got.Dropped) != len(tc.dropped) {
					t.Errorf("got %+v", got)
				}
				if got.Attempt != tc.want.Attempt || got.StatusCode != tc.want.StatusCode || got.Duration != tc.want.Duration || !errors.Is(got.Err, tc.want.Err) {
					t.Errorf("got %+v, want %+v", got, tc.want)
				}
			})
		})
	}
}

// TestEvents_unwanted: without OnEvent, there is no handler.
func TestEvents_unwanted(t *testing.T) {
	t.Parallel()
	called := false
	h := withEvents(func(context.Context, *call) *Error { called = true; return nil }, nil)
	if e := h(t.Context(), &call{}); e != nil || !called {
		t.Errorf("called %v, got %v", called, e)
	}
}
