package jobset

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// report collects what there is to report about a set, so that it takes one
// diagnostic, and not one per key.
type report struct {
	diagnose.SetReport
	warnings *warnings

	takenOver, earlierFailed, earlierLost, earlierUnknown diagnose.KeyList // what an earlier apply had submitted
	unchanged                                             diagnose.KeyList // of the set that this one replaces
	unrestorable                                          diagnose.KeyList // files that cannot be written any more
	restoreErr                                            error            // why results could not be read again
}

func newReport(endpointID string) *report {
	return &report{
		SetReport: diagnose.SetReport{Endpoint: endpointID},
		warnings:  &warnings{first: make(map[string]string), firstKey: make(map[string]string), keys: make(map[string]*diagnose.KeyList)},
	}
}

// reportEnd reports how the run ended.
func (w *run) reportEnd(ctx context.Context, end jobrun.ManyEnd, diags *diag.Diagnostics) {
	r := w.report
	r.reportEarlier(ctx, w, diags)
	r.warnings.report(diags)
	all := w.jobs.totals()
	counts := all.counts(len(w.inputs))
	ending := w.ending(end, counts)
	nothing := w.creating && len(w.inputs) > 0 && len(w.jobs.keys((*jobEntry).hasJob)) == 0
	if nothing {
		ending.Fails = true // without a state there is no resource
	}
	if ending.Title == "" {
		return
	}
	var health string
	if w.data.Client != nil && (end.End == jobrun.EndTimedOut || end.End == jobrun.EndStopped || len(r.OutcomeUnknown) > 0) {
		health = jobmodel.BriefHealth(ctx, w.data.Client, r.Endpoint)
	}
	diags.Append(r.Message(diagnose.SetEnd{
		Ending: ending, Counts: counts, Err: end.Err, Health: health, Tainted: w.creating && !nothing,
		Context: func() diagnose.Context {
			switch {
			case end.End == jobrun.EndTimedOut:
				return w.data.ErrorContext(ctx, r.Endpoint, jobrun.Outcome{End: end.End})
			case r.FailedFirst != nil:
				return w.data.ErrorContext(ctx, r.Endpoint, r.FailedFirst.Outcome)
			}
			return diagnose.Context{}
		},
	}).ErrorIf(ending.Fails))
}

// reportEarlier reports what happened to jobs that an earlier apply had submitted.
func (r *report) reportEarlier(ctx context.Context, w *run, diags *diag.Diagnostics) {
	for _, of := range []struct {
		keys    diagnose.KeyList
		message func(diagnose.Earlier) diagnose.Message
	}{
		{r.takenOver, diagnose.Earlier.TakenOver},
		{r.unchanged, diagnose.Earlier.Unchanged},
		{r.earlierFailed, diagnose.Earlier.Failed},
		{r.earlierLost, diagnose.Earlier.Lost},
	} {
		if len(of.keys) > 0 {
			diags.Append(of.message(diagnose.Earlier{Work: diagnose.SetKeys{Endpoint: r.Endpoint, Keys: of.keys}}).Warning())
		}
	}
	if len(r.earlierUnknown) > 0 {
		health := jobmodel.BriefHealth(ctx, w.data.Client, r.Endpoint)
		diags.Append(diagnose.SetKeys{Endpoint: r.Endpoint, Keys: r.earlierUnknown}.EarlierUnknown(health).Error())
	}
}

// ending decides which of the events is the title, and whether it fails the apply. An
// interrupt is a warning whatever else happened: the CLI stops anyway, and an error
// would taint a set that is being created.
func (w *run) ending(end jobrun.ManyEnd, counts diagnose.SetCounts) diagnose.SetEnding {
	r := w.report
	switch {
	case end.End == jobrun.EndInterrupted && len(w.inputs) == len(r.Skipped) && w.creating:
		return diagnose.SetInterruptedUnsubmitted
	case len(r.Unread) > 0 && len(r.Cancelled)+len(r.Lost)+len(r.OutcomeUnknown)+len(r.Refused)+len(r.Broken) == 0:
		return diagnose.SetResultsUnread
	case end.End == jobrun.EndInterrupted && len(r.Cancelled)+len(r.Lost) == 0:
		return diagnose.SetInterrupted
	case end.End == jobrun.EndInterrupted && len(r.Lost) > 0:
		return diagnose.SetInterruptedLost
	case end.End == jobrun.EndInterrupted:
		return diagnose.SetInterruptedCancelled
	case end.End == jobrun.EndWaitFailed:
		return diagnose.SetBroken(end.Err, w.creating)
	case end.End == jobrun.EndStopped && len(r.OutcomeUnknown) == 0:
		return diagnose.SetStop{Why: end.Err, MaxFailures: w.MaxFailures.ValueInt64(), Detached: w.detaches()}.Ending()
	case len(r.OutcomeUnknown) > 0:
		return diagnose.SetOutcomeUnknown
	case len(r.Refused) > 0:
		return diagnose.SetRefused
	case len(r.CancelFailed) > 0:
		return diagnose.SetCancelFailed
	case len(r.Unwritten) > 0:
		return diagnose.SetUnwritten
	case end.End == jobrun.EndTimedOut && !w.detaches():
		return diagnose.SetTimedOut(r.ReadFailure)
	case len(r.Broken) > 0:
		return diagnose.SetWaitFailed
	case end.End == jobrun.EndTimedOut:
		return diagnose.SetStillRunning(r.ReadFailure)
	}
	return w.endingOfAll(counts)
}

// detaches reports whether jobs keep running when the wait for them times out.
func (w *run) detaches() bool { return w.OnTimeout.ValueString() == string(jobrun.Detach) }

// endingOfAll returns the ending if every key has ended.
func (w *run) endingOfAll(counts diagnose.SetCounts) diagnose.SetEnding {
	r := w.report
	failed, lost := int(counts.Failed), 0
	if w.ExpiryFails() {
		lost = int(counts.Expired)
	}
	tooMany := failed+lost > w.tolerated(len(w.inputs))
	switch {
	case tooMany && lost > 0 && len(r.Expired) > 0 && (len(r.Failed) == 0 || !w.Fails()):
		return diagnose.SetExpired
	case len(r.Failed) > 0:
		return diagnose.SetFailures{Counts: counts, TooMany: tooMany, Fails: w.Fails(), Expired: lost > 0 && len(r.Expired) > 0}.Ending()
	case len(r.Expired) > 0:
		return diagnose.SetExpiredKept
	case len(r.NotFound) > 0:
		return diagnose.SetNotFound
	}
	return diagnose.SetEnding{}
}

func (t totals) counts(total int) diagnose.SetCounts {
	return diagnose.SetCounts{Total: int64(total), Succeeded: t.Succeeded.ValueInt64(), Failed: t.Failed.ValueInt64(), Expired: t.Expired.ValueInt64()}
}

// reportReads reports what a refresh found.
func (r *report) reportReads(expiryFails bool, diags *diag.Diagnostics) {
	if r.ReadErr != nil {
		diags.Append(diagnose.Set{Endpoint: r.Endpoint}.ReadFailed(r.ReadErr).Error())
		return
	}
	r.warnings.report(diags)
	for _, message := range r.AfterRefresh(expiryFails) {
		diags.Append(message.Warning())
	}
}

// reportDestroy reports the jobs that a destroy could not cancel.
func (r *report) reportDestroy(diags *diag.Diagnostics) {
	if len(r.NotFound) > 0 {
		diags.Append(r.NotFoundOnDestroy().Warning())
	}
	switch {
	case len(r.CancelFailed) == 0:
	case runpod.IsEndpointNotFound(r.CancelErr):
		diags.Append(r.EndpointGoneOnDestroy().Warning())
	default:
		diags.Append(r.CancelFailedOnDestroy().Error())
	}
}
