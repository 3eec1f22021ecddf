package diagnose

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// TestOverdue: each fact of a wait that ran out is stated once.
func TestOverdue(t *testing.T) {
	t.Parallel()
	failure := &runpod.Error{Operation: runpod.OpBatchGet, EndpointID: "ep", JobID: "batch_1", Reason: runpod.ReasonStatus, StatusCode: 503, Message: "busy", Attempts: 1}
	draft := runpod.Batch{ID: "batch_1", Status: runpod.BatchDraft}
	for name, tc := range map[string]struct {
		state string
		err   error
		want  string
	}{
		"a batch":        {draft.String(), &wait.BatchTimeoutError{EndpointID: "ep", BatchID: "batch_1", Last: draft, Waited: time.Hour, Err: failure}, "Waited for: 1h0m0s\nLast error: HTTP 503 Service Unavailable: busy"},
		"one since":      {"CANCELLED", &wait.BatchTimeoutError{EndpointID: "ep", BatchID: "batch_1", Last: draft, Waited: time.Second}, "State before: " + draft.String() + "\nWaited for: 1s"},
		"one never seen": {"FINALIZED", &wait.BatchTimeoutError{EndpointID: "ep", BatchID: "batch_1", Waited: time.Second}, "Waited for: 1s"},
		"a job":          {"CANCELLED", &wait.TimeoutError{EndpointID: "ep", JobID: "job-1", Last: runpod.StatusInQueue, Waited: time.Second}, "State before: IN_QUEUE\nWaited for: 1s"},
		"something else": {"", errors.New("no luck"), "What happened: no luck"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := new(detail).overdue(tc.state, tc.err).String(); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

// TestCause: what happened to a request is stated without its endpoint and job,
// and what is wrapped around it is kept.
func TestCause(t *testing.T) {
	t.Parallel()
	failure := &runpod.Error{Operation: runpod.OpBatchGet, EndpointID: "ep", JobID: "batch_1", Reason: runpod.ReasonStatus, StatusCode: 503, Message: "busy", Attempts: 1}
	for want, err := range map[string]error{
		"Operation: batch-get\nWhat happened: HTTP 503 Service Unavailable: busy":                                                  failure,
		"Operation: batch-get\nWhat happened: page 2: batch-get on endpoint ep, batch batch_1: HTTP 503 Service Unavailable: busy": fmt.Errorf("page 2: %w", failure),
		"What happened: no luck": errors.New("no luck"),
	} {
		if got := new(detail).cause(err).String(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}

// TestWorkerLog: a worker's lines reach the screen one by one, bounded, and
// without what a terminal acts on.
func TestWorkerLog(t *testing.T) {
	t.Parallel()
	got := WorkerLog{runpod.Worker{ID: "w1", Status: runpod.WorkerThrottled}, []runpod.LogLine{
		{Line: "\x1b[31mred\x1b[0m \u202eright to left\u009b2J"}, {Line: "two\r\nin one"}, {Line: strings.Repeat("x", 10*maxLogLine)},
	}}.String()
	lines := strings.Split(got, "\n  ")
	if len(lines) != 4 || lines[0] != "Last lines of worker w1 (THROTTLED):" || lines[1] != "red right to left" || lines[2] != "two in one" {
		t.Errorf("got %q", got)
	}
	if len(lines[3]) > maxLogLine || !strings.Contains(lines[3], "cut off") {
		t.Errorf("the long line has %d bytes", len(lines[3]))
	}
}

// TestPurgeAdvice: the advice says whose jobs a purge removes.
func TestPurgeAdvice(t *testing.T) {
	t.Parallel()
	text := lookFirst("ep", "you apply again")
	for _, part := range []string{"endpoint ep in the console before you apply again", "cancel it there", "every other job that waits there", "of others"} {
		if !strings.Contains(text, part) {
			t.Errorf("%q is not in %s", part, text)
		}
	}
}
