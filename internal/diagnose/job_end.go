package diagnose

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// Severity says which ends of a job are errors. Other ends are warnings.
type Severity struct{ Failure, Expiry bool }

// JobEnd is the end of a wait for a job.
type JobEnd struct {
	Job      Job
	Outcome  jobrun.Outcome
	Messages *JobMessages
	Fails    Severity
	// Context returns what else helps to find the cause; it may be nil.
	Context func() Context
}

// Diagnostics returns the error or the warning about the end. It is empty for a job that
// completed, and for one that was not waited for.
func (e *JobEnd) Diagnostics() diag.Diagnostics {
	m, out := e.Messages, e.Outcome
	switch out.End {
	case jobrun.EndNone:
	case jobrun.EndFinished:
		if out.Job.Status != runpod.StatusCompleted {
			return diag.Diagnostics{e.badEnd()}
		}
	case jobrun.EndTimedOut:
		return diag.Diagnostics{e.timedOut()}
	case jobrun.EndInterrupted:
		return diag.Diagnostics{e.interrupted()}
	case jobrun.EndExpired:
		return diag.Diagnostics{m.expired(e.facts(), e.Fails.Expiry).ErrorIf(e.Fails.Expiry)}
	case jobrun.EndWaitFailed:
		return diag.Diagnostics{e.Job.facts().explain(out.Err).paragraph("%s", m.Broken).titled("Unable to wait for the job").Error()}
	}
	return nil
}

// facts returns the facts of an end of the wait that is not the end of the job.
func (e *JobEnd) facts() *detail {
	state := "State when last seen" // which may be that of the submission
	if e.Outcome.Cancelled {
		state = "State"
	}
	return e.Job.facts().field(state, string(e.Outcome.Job.Status))
}

func (e *JobEnd) addContext(text *detail) {
	if e.Context != nil {
		text.context(e.Context())
	}
}

func (e *JobEnd) timedOut() diag.Diagnostic {
	m, out := e.Messages, e.Outcome
	about := e.facts().overdue(string(out.Job.Status), out.Err)
	e.addContext(about)
	switch {
	case out.Unread != "":
		return e.unread(about)
	case queueTimedOut(out) && (out.Cancelled || out.CancelErr == nil || m.RunningFail):
		return about.paragraph("%s", m.queuedAdvice(out)).titled("No worker took the job").ErrorIf(out.Cancelled || m.RunningFail)
	case out.Cancelled:
		return about.paragraph("%s", afterTimeout(out.Err, m.TimedOut)).titled("Job timed out and was cancelled").Error()
	case out.CancelErr != nil:
		return about.cancelFailed(out.CancelErr, m.Lost).titled("Job timed out and could not be cancelled").Error()
	default:
		advice := m.Running
		if m.RunningFail {
			advice = afterTimeout(out.Err, advice+"\n\n"+m.TimedOut)
		}
		return about.paragraph("%s", advice).titled("Job is still running").ErrorIf(m.RunningFail)
	}
}

func (e *JobEnd) interrupted() diag.Diagnostic {
	m, out, about := e.Messages, e.Outcome, e.facts()
	switch {
	case out.Unread != "":
		return e.unread(about)
	case out.Cancelled:
		return about.paragraph("%s", m.Cancelled).titled("Interrupted; the job was cancelled").Error()
	case out.CancelErr != nil:
		return about.cancelFailed(out.CancelErr, m.Lost).titled("Interrupted; the job could not be cancelled").Error()
	default:
		return about.paragraph("%s", m.Interrupted).titled("Interrupted; the job keeps running").ErrorIf(m.InterruptedFail)
	}
}

// cancelFailed adds why something could not be cancelled, and what to do about it.
func (t *detail) cancelFailed(err error, advice string) *detail {
	return t.field("The cancelling failed", Cause(err)).paragraph("%s", advice)
}

// queueTimedOut reports whether the queue timeout ended the wait.
func queueTimedOut(out jobrun.Outcome) bool {
	var timeout *wait.TimeoutError
	return errors.As(out.Err, &timeout) && timeout.Queued
}

func (m *JobMessages) queuedAdvice(out jobrun.Outcome) string {
	text := "The job was in the queue for longer than queue_timeout, and no worker ever took it. "
	if out.Cancelled {
		text += "It was cancelled; nothing ran."
	} else {
		text += m.Running
	}
	return text + "\n\nTo fix this: look at the health above. Throttled workers wait for a free machine, unhealthy ones crash at start (see their logs), and an endpoint without workers needs a higher maximum or a positive balance. Raise queue_timeout for slow starts."
}

// unread returns the message about a job that has ended and whose result could not be
// read.
func (e *JobEnd) unread(about *detail) diag.Diagnostic {
	return about.field("Ended as", string(e.Outcome.Unread)).paragraph("%s", e.Messages.Unread).
		titled("Result could not be read").ErrorIf(e.Messages.UnreadFail)
}

// badEnd returns the message about a final job that did not complete.
func (e *JobEnd) badEnd() diag.Diagnostic {
	about := failure(e.Job, e.Outcome)
	e.addContext(about)
	if e.Fails.Failure {
		about.paragraph("%s", e.Messages.failed(e.Outcome.Job.Status))
	}
	return about.titled("Job ended as " + string(e.Outcome.Job.Status)).ErrorIf(e.Fails.Failure)
}

// failure returns the facts of a final job that did not complete.
func failure(j Job, out jobrun.Outcome) *detail {
	about := j.facts().field("State", string(out.Job.Status)).field("Worker", out.Job.WorkerID)
	if out.Job.ExecutionTime != nil {
		about.field("Time on a worker", fmt.Sprintf("%d ms", *out.Job.ExecutionTime))
	}
	if out.Attempts > 1 {
		about.field("Runs", fmt.Sprint(out.Attempts))
	}
	if out.RetryErr != nil {
		about.field("Retrying failed", Cause(out.RetryErr))
	}
	if e := out.Job.Error; e != nil {
		about.field("Error type", e.Type).field("Error", shorten(e.Message, 2000))
		if e.Traceback != "" {
			about.paragraph("Last lines of the traceback:\n%s", runpod.PrintableEnd(lastLines(e.Traceback, 8), runpod.MaxShown))
		}
	}
	return about
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
