package jobset

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// shown is how many keys a diagnostic names.
const shown = 10

// firstOf returns the first of many keys in words.
func firstOf(keys []string) string {
	text := strings.Join(keys[:min(len(keys), shown)], ", ")
	if more := len(keys) - shown; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// list is something that is told of several keys.
type list []string

func (l *list) add(key, jobID, words string) {
	line := key
	if jobID != "" {
		line += " (job " + jobID + ")"
	}
	if words != "" {
		line += ": " + words
	}
	*l = append(*l, line)
}

// names are the keys in the list.
func (l list) names() []string {
	names := make([]string, len(l))
	for i, line := range l {
		names[i], _, _ = strings.Cut(line, " (job ")
	}
	slices.Sort(names)
	return names
}

// on adds the list to a diagnostic.
func (l list) on(text *diagnose.Text, title string) {
	if len(l) == 0 {
		return
	}
	lines := slices.Sorted(slices.Values(l))
	more := len(lines) - shown
	lines = lines[:min(len(lines), shown)]
	if more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	text.Paragraph("%s: %d\n  %s", title, len(l), strings.Join(lines, "\n  "))
}

// report gathers what is to be told of a set, so that it is told in one
// diagnostic and not in one for each key.
type report struct {
	endpointID string
	warnings   *warnings

	failed, live, cancelled, lost, expired, outcomeUnknown, refused, broken list
	takenOver, earlierFailed, earlierLost, earlierUnknown                   list  // what an earlier apply had submitted
	unchanged                                                               list  // of the set that this one replaces
	unread                                                                  list  // ended, and the result could not be read
	lookErr                                                                 error // of the last reading of a job whose wait ended early
	skipped                                                                 []string
	cancelFailed, notFound                                                  list           // old jobs that were to be cancelled
	cancelErr                                                               error          // of the last of uncancelled
	readErr                                                                 error          // why a refresh cannot read
	failedKey                                                               string         // the first of the keys that failed, in their order
	failure                                                                 jobrun.Outcome // and what became of its job

	unavailable, notYetVisible list
	queued                     list   // in the queue for too long
	unwritten, unrestorable    list   // files
	restoreErr                 error  // why results could not be read again
	reads                      int    // jobs that a refresh was to read
	cut                        string // why it did not read all of them, "" when it tried each
	unavailableErr             error  // of the last one that it could not read
}

func newReport(endpointID string) *report {
	return &report{endpointID: endpointID, warnings: &warnings{first: make(map[string]string), firstKey: make(map[string]string), keys: make(map[string]*list)}}
}

// count takes the end of one task into the report.
func (r *report) count(key string, e jobrun.TaskEnd) {
	id := e.Job.ID
	r.countFailure(e.Err)
	switch {
	case notSubmitted(e.SubmitErr):
		r.skipped = append(r.skipped, key)
	case runpod.OutcomeUnknown(e.SubmitErr):
		r.outcomeUnknown.add(key, "", e.SubmitErr.Error())
	case e.SubmitErr != nil:
		r.refused.add(key, "", e.SubmitErr.Error())
	case e.CancelErr == nil && jobmodel.Queued(e.Outcome):
		r.queued.add(key, id, string(e.Job.Status))
	case e.Unread != "":
		r.unread.add(key, id, "ended as "+string(e.Unread))
	case e.Cancelled:
		r.cancelled.add(key, id, "")
	case e.CancelErr != nil:
		r.lost.add(key, id, diagnose.Cause(e.CancelErr))
	case e.Job.Status.Final():
		if e.Job.Status != runpod.StatusCompleted {
			r.failed.add(key, id, failure(e))
			if r.failedKey == "" || key < r.failedKey {
				r.failedKey, r.failure = key, e.Outcome
			}
		}
	case e.End == jobrun.EndExpired:
		r.expired.add(key, id, "last seen as "+string(e.Job.Status))
	case e.End == jobrun.EndWaitFailed && e.Err != nil:
		r.broken.add(key, id, diagnose.Cause(e.Err))
	default:
		r.live.add(key, id, "last seen as "+string(e.Job.Status))
	}
}

// countFailure remembers why a job whose wait ended early could not be read last.
func (r *report) countFailure(err error) {
	var interrupted *wait.InterruptedError
	if errors.As(err, &interrupted) && interrupted.Failure != nil {
		r.lookErr = interrupted.Failure
	}
}

// maxMessage bounds how much of one failure stands in a diagnostic.
const maxMessage = 200

func failure(e jobrun.TaskEnd) string {
	text := string(e.Job.Status)
	if e.Job.Error != nil {
		text += ", " + strings.Join(strings.Fields(e.Job.Error.Message), " ")
	}
	if len(text) > maxMessage {
		text = strings.ToValidUTF8(text[:maxMessage], "") + "…"
	}
	if e.Attempts > 1 {
		text += fmt.Sprintf(" (after %d runs)", e.Attempts)
	}
	if e.RetryErr != nil {
		text += "; retrying failed: " + diagnose.Cause(e.RetryErr)
	}
	return text
}

// detail tells all that was gathered.
func (r *report) detail(figures string, err error, health string) *diagnose.Text {
	text := diagnose.Job(r.endpointID, "").
		Field("Jobs", figures)
	if err != nil {
		text.Field("What happened", err.Error())
	}
	if r.lookErr != nil {
		text.Field("The last look at a job failed", diagnose.Cause(r.lookErr))
	}
	text.Field("Health of the endpoint now", health)
	r.outcomeUnknown.on(text, "Outcome of the submission unknown (a job may exist whose id Terraform does not know; nothing was sent again)")
	r.refused.on(text, "Not accepted")
	r.lost.on(text, "Could not be cancelled, and may run on")
	r.cancelFailed.on(text, "Could not be cancelled, so the key was left as it was")
	r.notFound.on(text, titleNotFound)
	r.broken.on(text, "Could not be waited for")
	r.failed.on(text, "Failed")
	r.unread.on(text, "Ended, and the result could not be read; the next apply reads it")
	r.cancelled.on(text, "Cancelled")
	r.unwritten.on(text, "Output files that could not be written")
	r.queued.on(text, "In the queue for longer than queue_timeout; no worker ever took them")
	r.live.on(text, "Still running, with the id in the state")
	r.expired.on(text, "Expired before the end was seen")
	if len(r.skipped) > 0 {
		text.Paragraph("Not submitted: %d\n  %s", len(r.skipped), firstOf(slices.Sorted(slices.Values(r.skipped))))
	}
	return text
}

const titleNotFound = "To be cancelled and not found (submitted a short while ago, so each may have been purged, or not be visible yet and still run: look for it at the requests of the endpoint in the console)"

// summary is how a run of the set is to be told.
type summary struct {
	title  string
	fails  bool
	advice string
}

const (
	adviceRest     = "The next apply submits the keys that had no turn and waits for the live ones; it does not run finished ones again."
	adviceBreak    = "To fix this: fix the cause and apply again."
	adviceTainted  = "This was the set's creation, so Terraform marks it as tainted and replaces it. The plan of that shows every key as to run, but the apply takes over the jobs that run or completed and submits the other keys only."
	adviceFailed   = "To fix this: fix the cause and apply again, which runs the failed keys again; set on_failure = \"warn\" or lower min_success_ratio to keep the failed jobs, or retry to repeat them."
	adviceTimedOut = "To fix this: raise timeouts or max_in_flight, or set on_timeout = \"detach\" to leave such jobs running. Jobs that are IN_QUEUE for long mean that no worker is free or that workers crash at start: look at the health above and at the workers' logs."
)

// reportEnd reports how the work ended.
func (w *run) reportEnd(ctx context.Context, end jobrun.ManyEnd, diags *diag.Diagnostics) {
	r := w.report
	r.reportEarlier(ctx, w, diags)
	r.warnings.report(diags)
	all := w.jobs.totals()
	v := w.summary(end, all)
	nothing := w.creating && len(w.inputs) > 0 && len(w.jobs.keys((*jobEntry).hasJob)) == 0
	if nothing {
		v.fails = true // without a state there is no resource
	}
	if v.title == "" {
		return
	}
	var health string
	if w.data.Client != nil && (end.End == jobrun.EndTimedOut || end.End == jobrun.EndStopped || len(r.outcomeUnknown) > 0) {
		health = jobmodel.BriefHealth(ctx, w.data.Client, r.endpointID)
	}
	text := r.detail(all.text(len(w.inputs)), end.Err, health)
	switch {
	case end.End == jobrun.EndTimedOut:
		w.data.AddContext(ctx, text, r.endpointID, jobrun.Outcome{End: end.End})
	case r.failedKey != "":
		w.data.AddContext(ctx, text, r.endpointID, r.failure)
	}
	if v.advice != "" {
		text.Paragraph("%s", v.advice)
	}
	if len(r.outcomeUnknown) > 0 {
		text.Paragraph("About the unknown outcomes: %s", jobmodel.LookFirst(r.endpointID, "you apply again, because the next apply submits new jobs for these keys"))
	}
	if !v.fails {
		diags.AddWarning(v.title, text.String())
		return
	}
	if w.creating && !nothing {
		text.Paragraph("%s", adviceTainted)
	}
	diags.AddError(v.title, text.String())
}

// reportEarlier reports what became of jobs that an earlier apply had submitted.
func (r *report) reportEarlier(ctx context.Context, w *run, diags *diag.Diagnostics) {
	for _, of := range []struct {
		keys list
		say  func(*diagnose.Text, time.Time, *diag.Diagnostics)
	}{
		{r.takenOver, jobmodel.ReportTakenOver},
		{r.unchanged, func(text *diagnose.Text, _ time.Time, diags *diag.Diagnostics) { jobmodel.ReportUnchanged(text, diags) }},
		{r.earlierFailed, jobmodel.ReportEarlierFailed},
		{r.earlierLost, jobmodel.ReportEarlierLost},
	} {
		if len(of.keys) > 0 {
			text := diagnose.Job(r.endpointID, "").Field("Keys", fmt.Sprintf("%d: %s", len(of.keys), firstOf(of.keys.names())))
			of.keys.on(text, "Jobs")
			of.say(text, time.Time{}, diags)
		}
	}
	if len(r.earlierUnknown) > 0 {
		text := diagnose.Job(r.endpointID, "").Field("Health of the endpoint now", jobmodel.BriefHealth(ctx, w.data.Client, r.endpointID))
		r.earlierUnknown.on(text, "Keys")
		diags.AddError(jobmodel.TitleEarlierUnknown, text.Paragraph("%s", jobmodel.EarlierUnknownText).
			Paragraph("To fix this: %s This error is shown once.", jobmodel.LookFirst(r.endpointID, "you apply again, because the next apply submits new jobs for these keys")).String())
	}
}

// summary decides what of all that happened is the title, and whether it fails
// the apply. An interrupt is a warning whatever else happened: the command-line
// interface stops anyway, and an error would taint a set that is being created.
func (w *run) summary(end jobrun.ManyEnd, all totals) summary {
	r := w.report
	switch {
	case end.End == jobrun.EndInterrupted && len(w.inputs) == len(r.skipped) && w.creating:
		return summary{"Interrupted before any job was submitted", true, ""}
	case len(r.unread) > 0 && len(r.cancelled)+len(r.lost)+len(r.outcomeUnknown)+len(r.refused)+len(r.broken) == 0:
		return summary{"Results could not be read", false, "When the jobs were to be cancelled, the API said that they had ended already, and their results could not be read. The next apply reads them, as long as the API keeps them (30 minutes after the end); it does not submit them again."}
	case end.End == jobrun.EndInterrupted && len(r.cancelled)+len(r.lost) == 0:
		return summary{"Interrupted; the jobs keep running", false, adviceRest}
	case end.End == jobrun.EndInterrupted && len(r.lost) > 0:
		return summary{"Interrupted; not every job could be cancelled", false, "To fix this: cancel the jobs named above in the console, or destroy the set. Otherwise the next apply waits for them."}
	case end.End == jobrun.EndInterrupted:
		return summary{"Interrupted; the jobs were cancelled", false, "The next apply runs new jobs for the cancelled keys and submits the keys that had no turn."}
	case end.End == jobrun.EndWaitFailed:
		advice := diagnose.Advice(end.Err)
		if advice == "" {
			advice = "fix the cause."
		}
		advice = "Nothing more was submitted, because the others would have met the same.\n\nTo fix this: " + advice
		if !w.creating {
			advice += "\n\n" + adviceRest
		}
		return summary{"Jobs could not all be run", true, advice}
	case end.End == jobrun.EndStopped && len(r.outcomeUnknown) == 0:
		return w.summaryOfStop(end.Err)
	case len(r.outcomeUnknown) > 0:
		return summary{"Outcome of submissions unknown", true, ""}
	case len(r.refused) > 0:
		return summary{"Unable to submit every job", true, adviceBreak}
	case len(r.cancelFailed) > 0:
		return summary{"Unable to cancel every job", true, "To fix this: apply again, or set on_destroy = \"keep\" to leave such jobs running."}
	case len(r.unwritten) > 0:
		return summary{jobmodel.TitleUnwritten, true, adviceUnwritten}
	case end.End == jobrun.EndTimedOut && w.OnTimeout.ValueString() != string(jobrun.Detach):
		return summary{"Jobs timed out and were cancelled", true, adviceByFailure(r.lookErr, adviceTimedOut)}
	case len(r.broken) > 0:
		return summary{"Unable to wait for every job", true, "The jobs are in the state and may still run. " + adviceBreak}
	case end.End == jobrun.EndTimedOut:
		return summary{"Jobs are still running", false, adviceByFailure(r.lookErr, "") + "The wait ran out, and on_timeout = \"detach\" leaves the jobs running. " + adviceRest}
	}
	return w.summaryOfAll(all)
}

// adviceByFailure returns what to do about the last failure to read a job, or
// fallback when there is nothing to say about that.
func adviceByFailure(failure error, fallback string) string {
	advice := diagnose.Advice(failure)
	switch {
	case advice == "":
		return fallback
	case fallback == "":
		return "To fix this: " + advice + "\n\n"
	default:
		return "To fix this: " + advice
	}
}

// summaryOfAll is the verdict when every key has ended.
func (w *run) summaryOfAll(all totals) summary {
	r := w.report
	failed, lost := int(all.Failed.ValueInt64()), 0
	if w.ExpiryFails() {
		lost = int(all.Expired.ValueInt64())
	}
	tooMany := failed+lost > w.tolerated(len(w.inputs))
	switch {
	case tooMany && lost > 0 && len(r.expired) > 0 && (len(r.failed) == 0 || !w.Fails()):
		return summary{"Jobs have expired", true, expiredText + adviceExpired}
	case tooMany && len(r.failed) > 0:
		title := fmt.Sprintf("%d of %d jobs failed", failed, len(w.inputs))
		advice := adviceFailed
		if lost > 0 && len(r.expired) > 0 {
			advice += "\n\nThe same holds for the expired keys, which count as failed; set on_expired = \"warn\" to keep them."
		}
		if w.Fails() {
			return summary{title, true, advice}
		}
		return summary{title, false, ""}
	case len(r.failed) > 0:
		return summary{fmt.Sprintf("%d of %d jobs failed", failed, len(w.inputs)), false, "That is within min_success_ratio; the failed jobs are kept."}
	case len(r.expired) > 0:
		return summary{"Jobs have expired", false, expiredText + adviceExpiredKept}
	case len(r.notFound) > 0:
		return summary{"Jobs to cancel were not found", false, ""}
	}
	return summary{}
}

const (
	expiredText       = "The API no longer knows these jobs, and their end was not seen: their results expired between two looks (30 minutes after the end), their ttl ran out, or the queue was purged. They are kept with expired = true."
	adviceExpired     = "\n\nTo fix this: apply again, which runs new jobs for these keys. Set on_expired = \"warn\" or lower min_success_ratio to keep expired jobs instead."
	adviceExpiredKept = " Their keys are not run again. To run them again, change their inputs, or a value in triggers for all."
)

// text is the figures in one line.
func (t totals) text(total int) string {
	text := fmt.Sprintf("%d in all, %d completed, %d failed", total, t.Succeeded.ValueInt64(), t.Failed.ValueInt64())
	if n := t.Expired.ValueInt64(); n > 0 {
		text += fmt.Sprintf(", %d expired", n)
	}
	return text
}
