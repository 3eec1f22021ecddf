package diagnose

import (
	"errors"
	"fmt"
	"strings"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// FailedTask is a key whose job did not complete.
type FailedTask struct {
	Key     string
	Outcome jobrun.Outcome
}

// Count adds the end of one task to the report.
func (r *SetReport) Count(key string, e jobrun.TaskEnd) {
	id := e.Job.ID
	r.countFailure(e.Err)
	switch {
	case errors.Is(e.SubmitErr, jobrun.ErrNotSubmitted):
		r.Skipped = append(r.Skipped, key)
	case runpod.OutcomeUnknown(e.SubmitErr):
		r.OutcomeUnknown.Add(key, "", e.SubmitErr.Error())
	case e.SubmitErr != nil:
		r.Refused.Add(key, "", e.SubmitErr.Error())
	case e.CancelErr == nil && queueTimedOut(e.Outcome):
		r.Queued.Add(key, id, string(e.Job.Status))
	case e.Unread != "":
		r.Unread.Add(key, id, "ended as "+string(e.Unread))
	case e.Cancelled:
		r.Cancelled.Add(key, id, "")
	case e.CancelErr != nil:
		r.Lost.Add(key, id, Cause(e.CancelErr))
	case e.Job.Status.Final():
		if e.Job.Status != runpod.StatusCompleted {
			r.Failed.Add(key, id, failureLine(e.Outcome))
			if r.FailedFirst == nil || key < r.FailedFirst.Key {
				r.FailedFirst = &FailedTask{key, e.Outcome}
			}
		}
	case e.End == jobrun.EndExpired:
		r.Expired.Add(key, id, lastSeen(e.Job.Status))
	case e.End == jobrun.EndWaitFailed && e.Err != nil:
		r.Broken.Add(key, id, Cause(e.Err))
	default:
		r.Live.Add(key, id, lastSeen(e.Job.Status))
	}
}

func lastSeen(state runpod.Status) string { return "last seen as " + string(state) }

// countFailure records why the last attempt to read a job failed whose wait ended
// early.
func (r *SetReport) countFailure(err error) {
	var interrupted *wait.InterruptedError
	if errors.As(err, &interrupted) && interrupted.Failure != nil {
		r.ReadFailure = interrupted.Failure
	}
}

// maxMessage bounds the length of one failure in a diagnostic.
const maxMessage = 200

// failureLine describes a job that did not complete in one line.
func failureLine(out jobrun.Outcome) string {
	text := string(out.Job.Status)
	if out.Job.Error != nil {
		text += ", " + strings.Join(strings.Fields(out.Job.Error.Message), " ")
	}
	text = shorten(text, maxMessage)
	if out.Attempts > 1 {
		text += fmt.Sprintf(" (after %d runs)", out.Attempts)
	}
	if out.RetryErr != nil {
		text += "; retrying failed: " + Cause(out.RetryErr)
	}
	return text
}

// CountRead adds a stored job that a refresh could not read to the report, with its
// last status.
func (r *SetReport) CountRead(key string, stored runpod.Job, result jobrun.ReadResult, err error) {
	last := lastSeen(stored.Status)
	switch result {
	case jobrun.Expired:
		r.Expired.Add(key, stored.ID, last)
	case jobrun.NotYetVisible:
		r.NotYetVisible.Add(key, stored.ID, last)
	case jobrun.Unauthorized:
		r.ReadErr = err
	default:
		if err != nil {
			r.UnavailableErr = err
			last += "; " + Cause(err)
		}
		r.Unavailable.Add(key, stored.ID, last)
	}
}

// CountCancelFailed adds an old job that could not be cancelled to the report.
func (r *SetReport) CountCancelFailed(key, jobID string, err error) {
	r.CancelFailed.Add(key, jobID, Cause(err))
	r.CancelErr = err
}
