package diagnose_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// TestJobEnd_early: of a wait that did not see the job's end, each fact is stated
// once, and a state that may be old is called what it is.
func TestJobEnd_early(t *testing.T) {
	t.Parallel()
	messages := diagnose.JobMessages{TimedOut: "T.", Running: "R.", Cancelled: "C.", Interrupted: "I.", Lost: "L.", Expired: "G.", ExpiredKept: "G."}
	failure := &runpod.Error{Operation: runpod.OpCancel, EndpointID: "ep", JobID: "job-1", Reason: runpod.ReasonStatus, StatusCode: http.StatusInternalServerError, Message: "boom", Attempts: 5}
	ready := int64(2)
	late := &wait.TimeoutError{EndpointID: "ep", JobID: "job-1", Last: runpod.StatusInProgress, Waited: 5 * time.Minute, Health: &runpod.Health{Workers: runpod.WorkerCounts{Ready: &ready}}}
	lateUnseen := &wait.TimeoutError{EndpointID: "ep", JobID: "job-1", Waited: time.Second, Err: failure}
	interrupted := &wait.InterruptedError{Err: errors.New("stopped")}
	job := func(s runpod.Status) runpod.Job { return runpod.Job{ID: "job-1", Status: s} }
	for name, tc := range map[string]struct {
		out  jobrun.Outcome
		want string
	}{
		"late, cancelled": {
			jobrun.Outcome{End: jobrun.EndTimedOut, Job: job(runpod.StatusCancelled), Err: late, Cancelled: true},
			"Job timed out and was cancelled\nEndpoint: ep\nJob: job-1\nState: CANCELLED\nState before: IN_PROGRESS\nWaited for: 5m0s\nHealth of the endpoint: " + late.Health.String() + "\n\nT.",
		},
		"late, not cancelled": {
			jobrun.Outcome{End: jobrun.EndTimedOut, Job: job(runpod.StatusInProgress), Err: late, CancelErr: failure},
			"Job timed out and could not be cancelled\nEndpoint: ep\nJob: job-1\nState when last seen: IN_PROGRESS\nWaited for: 5m0s\nHealth of the endpoint: " + late.Health.String() + "\nThe cancelling failed: HTTP 500 Internal Server Error: boom (after 5 attempts)\n\nL.",
		},
		"late, never seen": {
			jobrun.Outcome{End: jobrun.EndTimedOut, Job: job(runpod.StatusInQueue), Err: lateUnseen},
			"Job is still running\nEndpoint: ep\nJob: job-1\nState when last seen: IN_QUEUE\nWaited for: 1s\nLast error: HTTP 500 Internal Server Error: boom (after 5 attempts)\n\nR.",
		},
		"interrupted": {
			jobrun.Outcome{End: jobrun.EndInterrupted, Job: job(runpod.StatusInQueue), Err: interrupted},
			"Interrupted; the job keeps running\nEndpoint: ep\nJob: job-1\nState when last seen: IN_QUEUE\n\nI.",
		},
		"interrupted, cancelled": {
			jobrun.Outcome{End: jobrun.EndInterrupted, Job: job(runpod.StatusCancelled), Err: interrupted, Cancelled: true},
			"Interrupted; the job was cancelled\nEndpoint: ep\nJob: job-1\nState: CANCELLED\n\nC.",
		},
		"interrupted, not cancelled": {
			jobrun.Outcome{End: jobrun.EndInterrupted, Job: job(runpod.StatusInProgress), Err: interrupted, CancelErr: failure},
			"Interrupted; the job could not be cancelled\nEndpoint: ep\nJob: job-1\nState when last seen: IN_PROGRESS\nThe cancelling failed: HTTP 500 Internal Server Error: boom (after 5 attempts)\n\nL.",
		},
		"gone": {
			jobrun.Outcome{End: jobrun.EndExpired, Job: job(runpod.StatusInQueue), Err: &wait.ExpiredError{EndpointID: "ep", JobID: "job-1"}},
			"Job has expired\nEndpoint: ep\nJob: job-1\nState when last seen: IN_QUEUE\n\nG.",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			end := diagnose.JobEnd{Job: diagnose.Job{Endpoint: "ep", ID: "job-1"}, Outcome: tc.out, Messages: &messages, Fails: diagnose.Severity{Failure: true, Expiry: true}}
			diags := end.Diagnostics()
			if len(diags) != 1 {
				t.Fatalf("got %v", diags)
			}
			if got := diags[0].Summary() + "\n" + diags[0].Detail(); got != tc.want {
				t.Errorf("got\n%s\n\nwant\n%s", got, tc.want)
			}
		})
	}
}
