package jobmodel

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// Messages is what a type tells its user to do at each end of a wait. The facts
// that stand before it are the same for all types.
type Messages struct {
	TimedOut        string // the job was cancelled
	Running         string // the wait ran out and the job keeps running
	RunningFail     bool   // and that is an error
	Cancelled       string // the user's interrupt cancelled the job
	Interrupted     string // the user's interrupt left the job running
	InterruptedFail bool   // and that is an error
	Lost            string // the job may run on although it was to be cancelled
	Expired         string // the API no longer knows the job, and that is an error
	ExpiredKept     string // it is a warning
	Unread          string // the job has ended, and its result could not be read
	UnreadFail      bool   // and that is an error
	Broken          string // the job cannot be asked for
	Failed          string // the job ended badly
}

// Severity says which ends of a job are errors. The others are warnings.
type Severity struct{ Failure, Expiry bool }

// Severity returns what on_failure and on_expired say.
func (e *WaitArgs) Severity() Severity { return Severity{Failure: e.Fails(), Expiry: e.ExpiryFails()} }

// Report says how a wait for a job ended.
func (a *Messages) Report(ctx context.Context, data *ProviderData, endpointID, jobID string, out jobrun.Outcome, fails Severity, diags *diag.Diagnostics) {
	state := "State when last seen" // which may be that of the submission
	if out.Cancelled {
		state = "State"
	}
	about := diagnose.Job(endpointID, jobID).Field(state, string(out.Job.Status))
	switch out.End {
	case jobrun.EndNone:
	case jobrun.EndFinished:
		a.reportEnd(ctx, data, endpointID, jobID, out, fails.Failure, diags)
	case jobrun.EndTimedOut:
		about.Overdue(string(out.Job.Status), out.Err)
		data.AddContext(ctx, about, endpointID, out)
		switch {
		case out.Unread != "":
			a.reportUnread(about, out, diags)
		case Queued(out) && (out.Cancelled || a.RunningFail):
			diags.AddError("No worker took the job", about.Paragraph("%s", a.queuedAdvice(out)).String())
		case Queued(out) && out.CancelErr == nil:
			diags.AddWarning("No worker took the job", about.Paragraph("%s", a.queuedAdvice(out)).String())
		case out.Cancelled:
			diags.AddError("Job timed out and was cancelled", about.Paragraph("%s", diagnose.AfterTimeout(out.Err, a.TimedOut)).String())
		case out.CancelErr != nil:
			diags.AddError("Job timed out and could not be cancelled", about.Field("The cancelling failed", diagnose.Cause(out.CancelErr)).Paragraph("%s", a.Lost).String())
		case a.RunningFail:
			diags.AddError("Job is still running", about.Paragraph("%s", a.Running).String())
		default:
			diags.AddWarning("Job is still running", about.Paragraph("%s", a.Running).String())
		}
	case jobrun.EndInterrupted:
		switch {
		case out.Unread != "":
			a.reportUnread(about, out, diags)
		case out.Cancelled:
			diags.AddError("Interrupted; the job was cancelled", about.Paragraph("%s", a.Cancelled).String())
		case out.CancelErr != nil:
			diags.AddError("Interrupted; the job could not be cancelled", about.Field("The cancelling failed", diagnose.Cause(out.CancelErr)).Paragraph("%s", a.Lost).String())
		case a.InterruptedFail:
			diags.AddError("Interrupted; the job keeps running", about.Paragraph("%s", a.Interrupted).String())
		default:
			diags.AddWarning("Interrupted; the job keeps running", about.Paragraph("%s", a.Interrupted).String())
		}
	case jobrun.EndExpired:
		if fails.Expiry {
			diags.AddError("Job has expired", about.Paragraph("%s", a.Expired).String())
		} else {
			diags.AddWarning("Job has expired", about.Paragraph("%s", a.ExpiredKept).String())
		}
	case jobrun.EndWaitFailed:
		diags.AddError("Unable to wait for the job", diagnose.Error(endpointID, jobID, out.Err)+"\n\n"+a.Broken)
	}
}

// Queued reports whether the queue timeout ended the wait.
func Queued(out jobrun.Outcome) bool {
	var timeout *wait.TimeoutError
	return errors.As(out.Err, &timeout) && timeout.Queued
}

func (a *Messages) queuedAdvice(out jobrun.Outcome) string {
	text := "The job was in the queue for longer than queue_timeout, and no worker ever took it. "
	if out.Cancelled {
		text += "It was cancelled; nothing ran."
	} else {
		text += a.Running
	}
	return text + "\n\nTo fix this: look at the health above. Throttled workers wait for a free machine, unhealthy ones crash at start (see their logs), and an endpoint without workers needs a higher maximum or a positive balance. Raise queue_timeout for slow starts."
}

// reportUnread reports a job that has ended and whose result could not be read.
func (a *Messages) reportUnread(about *diagnose.Text, out jobrun.Outcome, diags *diag.Diagnostics) {
	about.Field("Ended as", string(out.Unread)).Paragraph("%s", a.Unread)
	if a.UnreadFail {
		diags.AddError("Result could not be read", about.String())
	} else {
		diags.AddWarning("Result could not be read", about.String())
	}
}

// reportEnd reports a job that is final and did not complete.
func (a *Messages) reportEnd(ctx context.Context, data *ProviderData, endpointID, jobID string, out jobrun.Outcome, fails bool, diags *diag.Diagnostics) {
	if out.Job.Status == runpod.StatusCompleted {
		return
	}
	title := fmt.Sprintf("Job ended as %s", out.Job.Status)
	about := Failure(endpointID, jobID, out)
	data.AddContext(ctx, about, endpointID, out)
	if !fails {
		diags.AddWarning(title, about.String())
		return
	}
	diags.AddError(title, about.Paragraph("%s", a.Failed).String())
}

// Failure tells the facts of a job that is final and did not complete.
func Failure(endpointID, jobID string, out jobrun.Outcome) *diagnose.Text {
	about := diagnose.Job(endpointID, jobID).Field("State", string(out.Job.Status)).Field("Worker", out.Job.WorkerID)
	if out.Job.ExecutionTime != nil {
		about.Field("Time on a worker", fmt.Sprintf("%d ms", *out.Job.ExecutionTime))
	}
	if out.Attempts > 1 {
		about.Field("Runs", fmt.Sprint(out.Attempts))
	}
	if out.RetryErr != nil {
		about.Field("Retrying failed", diagnose.Cause(out.RetryErr))
	}
	if e := out.Job.Error; e != nil {
		about.Field("Error type", e.Type).Field("Error", diagnose.Shorten(e.Message, 2000))
		if e.Traceback != "" {
			about.Paragraph("Last lines of the traceback:\n%s", runpod.PrintableEnd(lastLines(e.Traceback, 8), runpod.MaxShown))
		}
	}
	return about
}

// ReportSubmission reports a submission that gave no id. next says what a
// repetition by the user would do.
func ReportSubmission(ctx context.Context, client *runpod.Client, endpointID string, err error, next string, diags *diag.Diagnostics) {
	if !runpod.OutcomeUnknown(err) {
		diags.AddError("Unable to submit the job", diagnose.Error(endpointID, "", err))
		return
	}
	diags.AddError("Outcome of the submission unknown", diagnose.UnknownOutcome{
		EndpointID: endpointID, Err: err, MayExist: "A job may exist on the endpoint whose id Terraform does not know.",
		ToFix: LookFirst(endpointID, next), Health: BriefHealth(ctx, client, endpointID),
	}.String())
}

// LookFirst says what to do about a submission with an unknown outcome. next
// says what a repetition by the user would do.
func LookFirst(endpointID, next string) string {
	return fmt.Sprintf("look at the requests of endpoint %s in the console before %s. If there is one that should not run, cancel it there. Purging the queue would remove it while it waits, and with it every other job that waits there, those of others as well.", endpointID, next)
}

// BriefHealth returns the endpoint's health in one line if it can be had quickly,
// else "". It works on a context that has ended.
func BriefHealth(ctx context.Context, client *runpod.Client, endpointID string) string {
	health := wait.BriefHealth(context.WithoutCancel(ctx), client, endpointID)
	if health == nil {
		return ""
	}
	return health.String()
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
