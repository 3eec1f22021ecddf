package batch

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/batchrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// finishing is what is left to do for a batch.
type finishing struct {
	plan     *resourceModel
	work     batchrun.Work
	progress *batchrun.Progress
	creating bool
	kept     bool // even if it did not complete: it is not run again
	lost     *lostFile
}

// unlessCreating reports a problem that a later apply can fix: as an error, or as
// a warning while the resource is being created, because an error would taint it
// and a tainted batch is paid for again.
func (f *finishing) unlessCreating(message diagnose.Message, diags *diag.Diagnostics) {
	diags.Append(message.ErrorIf(!f.creating))
}

// subject returns the batch as a message names it.
func (m *resourceModel) subject() diagnose.Batch {
	return diagnose.Batch{Endpoint: m.EndpointID.ValueString(), ID: m.ID.ValueString()}
}

// counts returns the counts of a stored batch's requests.
func (m *resourceModel) counts() diagnose.BatchCounts {
	c := diagnose.BatchCounts{Total: m.Total.ValueInt64(), Completed: m.Completed.ValueInt64(), Failed: m.Failed.ValueInt64()}
	c.Cancelled = c.Total - c.Completed - c.Failed
	return c
}

// finish does what is left to do for the batch in the model, and stores and reports
// the result. misplaced is set if the batch had settled before and its results could
// not be moved to where the arguments say.
func (r *batchResource) finish(ctx context.Context, f finishing, timeout time.Duration, diags *diag.Diagnostics) (misplaced bool) {
	m := f.plan
	if phase := m.Phase.ValueString(); phase == phaseDraft || phase == phaseRunning {
		o := f.options(timeout)
		out := r.data.Batches.Run(ctx, m.EndpointID.ValueString(), m.ID.ValueString(), f.work, f.progress, o)
		if f.progress.Finalized {
			m.Phase = types.StringValue(phaseRunning)
		}
		m.setBatch(out.Batch)
		if out.End == jobrun.EndFinished && o.Wait {
			m.Phase = types.StringValue(phaseEnded) // though the counters may not say so
		}
		if out.End != jobrun.EndFinished {
			f.reportEarly(ctx, r.data, &out, diags)
			return false
		}
		if !f.progress.Finalized {
			m.Phase = types.StringValue(phaseOf(out.Batch.Status))
			diags.Append(m.subject().EndedAsDraft(out.Batch).Error())
			return false
		}
	}
	if m.Phase.ValueString() == phaseRunning {
		return false
	}
	return r.readResults(ctx, f, diags)
}

// readResults stores the results of a batch that has ended, and reports requests that
// did not complete. misplaced is that of finish.
func (r *batchResource) readResults(ctx context.Context, f finishing, diags *diag.Diagnostics) (misplaced bool) {
	m := f.plan
	again, stored := m.settled(), m.result
	results, err := r.fetchResults(ctx, m, f.progress.IDs, diags)
	if err != nil && again {
		m.result = stored
		if f.lost.found(m) { // the file was moved along with the argument, for example
			return false
		}
		if m.moveResults() {
			*f.lost = lostFile{}
			return false
		}
	}
	about, status := m.subject(), m.Status.ValueString()
	switch {
	case err != nil && ctx.Err() != nil:
		diags.Append(about.ResultsInterrupted(status).Warning())
		return again
	case err != nil && r.forgotten(ctx, m, err):
		if !again {
			f.reportExpired(diags)
			return false
		}
		diags.Append(f.loseResults().Warning())
		return false
	case err != nil:
		f.unlessCreating(about.ResultsFailed(status, err), diags)
		return again
	}
	*f.lost = lostFile{}
	m.Phase = types.StringValue(phaseOf(runpod.BatchStatus(status)))
	if !results.InOrder && m.Total.ValueInt64() > 1 {
		diags.Append(about.ResultsUnordered(status).Warning())
	}
	if results.Defective > 0 {
		defects := make([]string, len(results.Defects))
		for i, defect := range results.Defects {
			defects[i] = fmt.Sprintf("request %s: %s", m.place(defect.Request), defect.What)
		}
		diags.Append(about.OutputsNotJSON(results.Defective, defects).Warning())
	}
	if !again {
		f.reportEnd(diagnose.BatchCounts{Total: m.Total.ValueInt64(), Completed: results.Completed, Failed: results.Failed, Cancelled: results.Other}, results.Failures, diags)
	}
	return false
}

// reportEnd reports a batch of which not every request completed. failures are the
// first of these requests.
func (f *finishing) reportEnd(counts diagnose.BatchCounts, failures []batchrun.Result, diags *diag.Diagnostics) {
	m := f.plan
	if !m.unsuccessful() {
		return
	}
	end := diagnose.BatchFailures{
		Batch: m.subject(), State: m.Status.ValueString(), Counts: counts,
		Done: m.Phase.ValueString() == phaseDone, Fails: m.Fails(), Kept: f.kept,
	}
	for _, failure := range failures {
		end.Failures = append(end.Failures, diagnose.FailedRequest{Place: m.place(failure), Result: failure})
	}
	diags.Append(end.Diagnostic())
}

// place describes a request by its id, its index among the inputs, and its line in the
// requests file, as far as they are known.
func (m *resourceModel) place(request batchrun.Result) string {
	if request.Index == nil {
		return request.ID
	}
	where := fmt.Sprintf("index %d", *request.Index)
	if !m.RequestsFile.IsNull() {
		var changed diag.Diagnostics
		if work := m.work(&changed, false); !changed.HasError() && work.Digest == m.RequestsSHA256.ValueString() {
			where += fmt.Sprintf(", line %d of %s", payload.LineOf(m.RequestsFile.ValueString(), batchrun.MaxInput, *request.Index), m.RequestsFile.ValueString())
		}
	}
	return fmt.Sprintf("%s (%s)", request.ID, where)
}

// reportStored reports a stored batch of which not every request completed.
func (f *finishing) reportStored(state *resourceModel, diags *diag.Diagnostics) {
	f.reportEnd(state.counts(), nil, diags)
}

// reportEarly reports the end of a run that is not the end of the batch.
func (f *finishing) reportEarly(ctx context.Context, data *jobmodel.ProviderData, out *batchrun.Outcome, diags *diag.Diagnostics) {
	m := f.plan
	if out.End == jobrun.EndExpired {
		f.reportExpired(diags)
		return
	}
	end := diagnose.BatchEnd{
		Batch: m.subject(), Outcome: out, Sent: f.progress.Sent, Total: m.Total.ValueInt64(), Creating: f.creating, Finalized: f.progress.Finalized,
		Context: func() diagnose.Context {
			return data.ErrorContext(ctx, m.EndpointID.ValueString(), jobrun.Outcome{End: out.End})
		},
	}
	diags.Append(end.Diagnostic())
}

// forgotten reports whether the API has forgotten a batch whose results it does not
// find. A reply about the results alone does not show that.
func (r *batchResource) forgotten(ctx context.Context, m *resourceModel, err error) bool {
	if !runpod.IsBatchNotFound(err) {
		return false
	}
	_, err = r.data.Batches.BatchUntilVisible(ctx, m.EndpointID.ValueString(), m.ID.ValueString(), storedAttempts)
	return runpod.IsBatchNotFound(err)
}

// reportExpired marks a batch that the API has forgotten, and reports what is lost.
func (f *finishing) reportExpired(diags *diag.Diagnostics) {
	f.plan.Phase = types.StringValue(phaseExpired)
	diags.Append(f.plan.expired(f.kept).ErrorIf(f.plan.ExpiryFails()))
}

// expired returns the message about a batch that the API has forgotten; imported says
// that it is not run again.
func (m *resourceModel) expired(imported bool) diagnose.Message {
	lost := diagnose.ExpiredBatch{
		Batch: m.subject(), LastSeen: m.Status.ValueString(), Counts: m.counts(),
		Reruns: m.RerunsExpired() && !imported, Imported: imported && m.ExpiryFails(),
	}
	return lost.Message()
}

// reportCreation reports a draft of which no id is known.
func reportCreation(ctx context.Context, client *runpod.Client, endpointID string, err error, diags *diag.Diagnostics) {
	var health string
	if runpod.OutcomeUnknown(err) {
		health = jobmodel.BriefHealth(ctx, client, endpointID)
	}
	diags.Append(diagnose.Batch{Endpoint: endpointID}.CreateFailed(err, health).Error())
}
