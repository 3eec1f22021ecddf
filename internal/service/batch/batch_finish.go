package batch

import (
	"context"
	"fmt"
	"strings"
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

const (
	titleExpired = "Batch has expired"
	goneText     = "The API no longer knows the batch, and its results were not read: they are lost. The resource is kept with phase = \"expired\"."
	keptText     = " No new batch is planned. To run its requests again, change a value in triggers, or use -replace."
	rerunText    = "\n\nTo fix this: apply again, which runs a new batch with all requests. Set on_expired = \"warn\" to keep an expired batch instead."
	importedText = "\n\nThe batch was imported, and the next apply keeps it as it is. To run its requests again, change a value in triggers, or use -replace."

	resumesText = "The batch is in the state. The next apply continues where this one ended; no request is added twice."
)

// finishing is what is left to do for a batch.
type finishing struct {
	plan     *resourceModel
	work     batchrun.Work
	progress *batchrun.Progress
	creating bool
	kept     bool // also when it ended badly: nothing runs it again
}

// unlessCreating reports a problem that a later apply can fix: as an error, or as
// a warning while the resource is being created, because an error would taint it
// and a tainted batch is paid for again.
func (f *finishing) unlessCreating(title, detail string, diags *diag.Diagnostics) {
	if f.creating {
		diags.AddWarning(title, detail)
	} else {
		diags.AddError(title, detail)
	}
}

// finish does what is left for the batch in the model, and puts what became of
// it into the model and the diagnostics.
func (r *batchResource) finish(ctx context.Context, f finishing, timeout time.Duration, diags *diag.Diagnostics) {
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
			return
		}
		if !f.progress.Finalized {
			m.Phase = types.StringValue(phaseOf(out.Batch.Status))
			diags.AddError("Batch ended as "+string(out.Batch.Status), diagnose.Batch(m.EndpointID.ValueString(), m.ID.ValueString()).Field("State", out.Batch.String()).
				Paragraph("It ended while it was a draft, so somebody else cancelled it. Nothing of it ran. The next apply runs a new batch.").String())
			return
		}
	}
	if m.Phase.ValueString() == phaseRunning {
		return
	}
	r.readResults(ctx, f, diags)
}

// readResults keeps the results of a batch that has ended, and reports what did
// not complete.
func (r *batchResource) readResults(ctx context.Context, f finishing, diags *diag.Diagnostics) {
	m := f.plan
	again := m.settled()
	results, err := r.keep(ctx, m, f.progress.IDs, diags)
	about := diagnose.Batch(m.EndpointID.ValueString(), m.ID.ValueString()).Field("State", m.Status.ValueString())
	switch {
	case err != nil && ctx.Err() != nil:
		diags.AddWarning("Interrupted; the results were not read", about.Paragraph("%s", resumesText).String())
		return
	case err != nil && !again && r.forgotten(ctx, m, err):
		f.reportExpired(diags)
		return
	case err != nil && again && runpod.IsNotFound(err):
		diags.AddWarning("Results are no longer available", about.Paragraph("The API no longer has the results of the batch. What was stored of them is kept.").String())
		return
	case err != nil:
		f.unlessCreating("Unable to read the results of the batch", about.Cause(err).
			Paragraph("Every request of the batch has ended, and nothing is lost: the next apply reads the results again while the API has them.").String(), diags)
		return
	}
	m.Phase = types.StringValue(phaseOf(runpod.BatchStatus(m.Status.ValueString())))
	if !results.InOrder && m.Total.ValueInt64() > 1 {
		diags.AddWarning("Results are not in the order of the requests", about.
			Paragraph("In which order the API lists the requests of a batch is not documented, and the provider could not learn it while the batch was a draft. The results are in the API's order, without an index.\n\nTo fix this: let the worker return what tells the requests apart, such as an id from the input.").String())
	}
	if results.Defective > 0 {
		diags.AddWarning("Outputs are not JSON", diagnose.Batch(m.EndpointID.ValueString(), m.ID.ValueString()).
			Field("Requests", fmt.Sprintf("%d, of which the first: %s", results.Defective, strings.Join(results.Defects, "; "))).
			Paragraph("%s", diagnose.NotJSON).String())
	}
	if !again {
		f.reportEnd(results, diags)
	}
}

// reportEnd reports a batch of which not every request completed.
func (f *finishing) reportEnd(results *batchrun.Results, diags *diag.Diagnostics) {
	m := f.plan
	if !m.endedBadly() {
		return
	}
	about := diagnose.Batch(m.EndpointID.ValueString(), m.ID.ValueString()).Field("State", m.Status.ValueString()).
		Field("Requests", fmt.Sprintf("%d in all, %d completed, %d failed, %d cancelled", m.Total.ValueInt64(), results.Completed, results.Failed, results.Other))
	for _, failure := range results.Failures {
		text := string(failure.Status)
		if failure.Error != nil {
			text = diagnose.Shorten(failure.Error.Message, 300)
		}
		about.Field("Request "+m.place(failure), text)
	}
	title := fmt.Sprintf("%d of %d requests did not complete", results.Failed+results.Other, m.Total.ValueInt64())
	if m.Phase.ValueString() != phaseDone {
		title = "Batch ended as " + m.Status.ValueString()
	}
	if !m.fails() {
		diags.AddWarning(title, about.String())
		return
	}
	next := "To fix this: fix the cause and apply again, which runs a new batch with all requests; or set on_failure = \"warn\" to keep such a batch."
	if f.kept {
		next = strings.TrimSpace(importedText)
	}
	diags.AddError(title, about.Paragraph("The results, those of the failed requests included, are kept.\n\n%s", next).String())
}

// place names a request by its id, its index among the inputs, and its line in the
// requests file, as far as they are known.
func (m *resourceModel) place(request batchrun.Result) string {
	if request.Index == nil {
		return request.ID
	}
	where := fmt.Sprintf("index %d", *request.Index)
	if !m.RequestsFile.IsNull() {
		var changed diag.Diagnostics
		if work := m.work(&changed); !changed.HasError() && work.Digest == m.RequestsSHA256.ValueString() {
			where += fmt.Sprintf(", line %d of %s", payload.LineOf(m.RequestsFile.ValueString(), batchrun.MaxInput, *request.Index), m.RequestsFile.ValueString())
		}
	}
	return fmt.Sprintf("%s (%s)", request.ID, where)
}

// reportStored reports a stored batch of which not every request completed.
func (f *finishing) reportStored(state *resourceModel, diags *diag.Diagnostics) {
	f.reportEnd(&batchrun.Results{
		Completed: state.Completed.ValueInt64(), Failed: state.Failed.ValueInt64(),
		Other: state.Total.ValueInt64() - state.Completed.ValueInt64() - state.Failed.ValueInt64(),
	}, diags)
}

// reportEarly reports an end that is not that of the batch.
func (f *finishing) reportEarly(ctx context.Context, data *jobmodel.ProviderData, out *batchrun.Outcome, diags *diag.Diagnostics) {
	m := f.plan
	endpointID, id := m.EndpointID.ValueString(), m.ID.ValueString()
	state := "State when last seen"
	if out.Cancelled {
		state = "State"
	}
	about := diagnose.Batch(endpointID, id).Field(state, out.Batch.String()).Field("Sent", fmt.Sprintf("%d of %d requests", f.progress.Sent, m.Total.ValueInt64()))
	const lost = "The batch may still run, and cost. To fix this: cancel it in the console, or destroy this resource."
	switch out.End {
	case jobrun.EndTimedOut:
		about.Overdue(out.Batch.String(), out.Err)
		data.AddContext(ctx, about, endpointID, jobrun.Outcome{End: out.End})
		switch {
		case out.Cancelled:
			diags.AddError("Batch timed out and was cancelled", about.Paragraph("%s", diagnose.AfterTimeout(out.Err, "To fix this: raise timeouts.create, or set on_timeout = \"detach\" to leave such a batch. A batch that waits for long has no free worker: look at the health above and at the workers' logs.")).String())
		case out.CancelErr != nil:
			diags.AddError("Batch timed out and could not be cancelled", about.Field("The cancelling failed", diagnose.Cause(out.CancelErr)).Paragraph("%s", lost).String())
		default:
			diags.AddWarning("Batch has not ended", about.Paragraph("The wait ran out, and on_timeout = \"detach\" leaves the batch. %s", resumesText).String())
		}
	case jobrun.EndInterrupted:
		switch {
		case out.Cancelled:
			diags.AddError("Interrupted; the batch was cancelled", about.Paragraph("The next apply runs a new batch.").String())
		case out.CancelErr != nil:
			diags.AddError("Interrupted; the batch could not be cancelled", about.Field("The cancelling failed", diagnose.Cause(out.CancelErr)).Paragraph("%s", lost).String())
		default:
			diags.AddWarning("Interrupted; the batch is kept", about.Paragraph("%s Destroy the resource to cancel the batch.", resumesText).String())
		}
	case jobrun.EndExpired:
		f.reportExpired(diags)
	default:
		f.reportBroken(out, about, diags)
	}
}

// forgotten reports whether the API has forgotten a batch whose results it does not
// find: a reply about the results alone does not say so.
func (r *batchResource) forgotten(ctx context.Context, m *resourceModel, err error) bool {
	if !runpod.IsNotFound(err) || runpod.IsEndpointNotFound(err) {
		return false
	}
	_, err = r.data.Client.Batch(ctx, m.EndpointID.ValueString(), m.ID.ValueString())
	return runpod.IsNotFound(err) && !runpod.IsEndpointNotFound(err)
}

// reportExpired marks a batch that the API has forgotten, and reports what is lost.
func (f *finishing) reportExpired(diags *diag.Diagnostics) {
	m := f.plan
	about := diagnose.Batch(m.EndpointID.ValueString(), m.ID.ValueString()).Field("State when last seen", m.Status.ValueString()).
		Field("Requests when last seen", m.figures())
	m.Phase = types.StringValue(phaseExpired)
	switch {
	case !m.expiryFails():
		diags.AddWarning(titleExpired, about.Paragraph("%s", goneText+keptText).String())
	case f.kept:
		diags.AddError(titleExpired, about.Paragraph("%s", goneText+importedText).String())
	case !m.rerunsExpired():
		diags.AddError(titleExpired, about.Paragraph("%s", goneText+keptText).String())
	default:
		diags.AddError(titleExpired, about.Paragraph("%s", goneText+rerunText).String())
	}
}

// figures are the counters of the requests in words.
func (r *result) figures() string {
	return fmt.Sprintf("%d in all, %d completed, %d failed", r.Total.ValueInt64(), r.Completed.ValueInt64(), r.Failed.ValueInt64())
}

func (f *finishing) reportBroken(out *batchrun.Outcome, about *diagnose.Text, diags *diag.Diagnostics) {
	endpointID, id := f.plan.EndpointID.ValueString(), f.plan.ID.ValueString()
	switch {
	case out.Resumable():
		f.unlessCreating("Batch is not finished, because the API does not answer", about.Cause(out.Err).
			Paragraph("%s\n\nTo fix this: apply again when the API is well.", resumesText).String(), diags)
	case f.progress.Finalized:
		diags.AddError("Unable to wait for the batch", diagnose.BatchError(endpointID, id, out.Err)+
			"\n\nThe batch was finalized and its id is in the state; it may still run. Fix the cause and apply again: the next apply continues with this batch and submits nothing. When this happens during creation, the plan shows a replacement, which takes the batch over.")
	default:
		diags.AddError("Unable to fill the batch", diagnose.BatchError(endpointID, id, out.Err)+
			"\n\nThe batch is still a draft: nothing of it runs, or costs. When this happens during creation, the next apply cancels it and makes a new one.")
	}
}

// reportCreation reports a draft of which no id is known.
func reportCreation(ctx context.Context, client *runpod.Client, endpointID string, err error, diags *diag.Diagnostics) {
	if !runpod.OutcomeUnknown(err) {
		diags.AddError("Unable to create the batch", diagnose.BatchError(endpointID, "", err))
		return
	}
	diags.AddError("Outcome of the batch's creation unknown", diagnose.UnknownOutcome{
		EndpointID: endpointID, Err: err,
		MayExist: "A draft with one request may exist on the endpoint whose id Terraform does not know. Nothing of it runs, or costs, but it counts to the 10 active batches of the endpoint.",
		ToFix:    fmt.Sprintf("apply again, which makes a new batch. Look for drafts of endpoint %s in the console, or with `terraform query`, and cancel the one that is left over.", endpointID),
		Health:   jobmodel.BriefHealth(ctx, client, endpointID),
	}.String())
}
