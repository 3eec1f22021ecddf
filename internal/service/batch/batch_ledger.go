package batch

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/batchrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// forcing returns the values of the arguments that force a new batch when they change.
func (m *resourceModel) forcing() jobmodel.Forcing {
	return jobmodel.Forcing{m.EndpointID, m.RequestsSHA256, m.Triggers}
}

func (m *resourceModel) fingerprint() ledger.Fingerprint {
	return m.forcing().Fingerprint(jobmodel.LedgerBatch)
}

// storePlanned stores what a creation will submit, for the delete before it.
func (m *resourceModel) storePlanned(ctx context.Context, private jobmodel.PrivateWriter, diags *diag.Diagnostics) {
	jobmodel.SetPlanned(ctx, private, m.forcing().Known(), []ledger.Fingerprint{m.fingerprint()}, diags)
}

// keptBatch is a batch of a resource that is replaced because part of its
// arguments was not known when the plan was made.
type keptBatch struct {
	resourceModel
	progress     *batchrun.Progress // with the ids of the requests in order
	acknowledged bool
	misplaced    bool // the results are not where the arguments say
	lostFile     *lostFile
}

// wants reports whether a kept batch is what the arguments ask for. It is not if they
// run it again.
func (m *resourceModel) wants(kept *keptBatch) bool {
	return kept.acknowledged || (!kept.unsuccessful() || !m.RerunsFailed()) && (!kept.lost() || !m.RerunsExpired())
}

// inherit takes the batch of the resource that this one replaces, and reports
// whether there was one.
func (r *batchResource) inherit(ctx context.Context, plan *resourceModel, timeout time.Duration, settle func(string), resp *resource.CreateResponse) bool {
	kept := jobmodel.TakeFrom(&r.data.Handover, plan.fingerprint(), plan.wants)
	if kept == nil {
		return false
	}
	resp.Diagnostics.Append(diagnose.Earlier{Work: kept.subject()}.Unchanged().Warning())
	plan.result, plan.CreationFailed = kept.result, types.BoolValue(false)
	settle(plan.owner())
	if kept.acknowledged {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, jobmodel.PrivateAcknowledged, []byte("true"))...)
	}
	progress := kept.progress
	f := finishing{plan: plan, progress: progress, creating: true, kept: kept.acknowledged, lost: kept.lostFile}
	switch {
	case plan.Phase.ValueString() == phaseExpired:
	case kept.misplaced || !plan.placesAs(&kept.resourceModel):
		misplaced := r.finish(ctx, f, timeout, &resp.Diagnostics)
		setMisplaced(ctx, resp.Private, misplaced, &resp.Diagnostics)
		plan.CreationFailed = types.BoolValue(resp.Diagnostics.HasError())
	default:
		if f.lost.notice(plan); plan.restorable(f.lost) {
			r.restoreFile(ctx, f, &resp.Diagnostics)
		}
	}
	f.lost.save(ctx, resp.Private, &resp.Diagnostics)
	if plan.writesFile() {
		plan.Results = types.DynamicNull() // as planned, even if the file is still to be written
	}
	saveProgress(ctx, resp.Private, plan, progress, &resp.Diagnostics)
	save(ctx, plan, &resp.State, resp.Identity, &resp.Diagnostics)
	return true
}

// draftAttempts is how often a batch of an earlier apply is read: the API may not show it
// yet.
const draftAttempts = 3

// takeOver looks for a batch that an earlier apply had created with the same
// requests. It returns one that was finalized. A draft costs nothing: each is
// cancelled, and another one is made.
func (r *batchResource) takeOver(ctx context.Context, m *resourceModel, diags *diag.Diagnostics) (*runpod.Batch, *ledger.Record) {
	endpointID, f := m.EndpointID.ValueString(), m.fingerprint()
	for ctx.Err() == nil { // otherwise the creation reports it
		record := r.data.Ledger.Claim(jobmodel.LedgerBatch, endpointID, []ledger.Fingerprint{f})[0]
		if record == nil {
			return nil, r.data.Ledger.Begin(jobmodel.LedgerBatch, endpointID, f)
		}
		if batch, next := r.claim(ctx, endpointID, record, diags); !next {
			if batch == nil && !diags.HasError() {
				record.Drop()
				record = r.data.Ledger.Begin(jobmodel.LedgerBatch, endpointID, f)
			}
			return batch, record
		}
	}
	return nil, nil
}

// claim reads the batch of a record. It returns a batch that was finalized. next is
// set for a draft, which means nothing: another record may be that of a batch.
func (r *batchResource) claim(ctx context.Context, endpointID string, record *ledger.Record, diags *diag.Diagnostics) (found *runpod.Batch, next bool) {
	about := diagnose.Batch{Endpoint: endpointID, ID: record.JobID()}
	if about.ID == "" {
		record.Returned()
		diags.Append(about.EarlierDraftUnknown().Warning())
		return nil, true
	}
	earlier := diagnose.Earlier{Work: about, SubmittedAt: record.SubmittedAt()}
	batch, err := r.data.Batches.BatchUntilVisible(ctx, endpointID, about.ID, draftAttempts)
	switch {
	case runpod.IsBatchNotFound(err):
		diags.Append(earlier.Lost().Warning())
	case err != nil:
		record.Release()
		diags.Append(about.EarlierReadFailed(err).Error())
	case batch.Status == runpod.BatchDraft:
		if _, err := r.data.Batches.Cancel(ctx, endpointID, about.ID); err != nil {
			diags.Append(about.EarlierDraftLeft(err).Warning())
		}
		record.Drop()
		return nil, true
	case batch.Status.Final():
		earlier.State = batch.String()
		diags.Append(earlier.Failed().Warning())
	default:
		earlier.State = batch.String()
		diags.Append(earlier.TakenOver().Warning())
		return &batch, false
	}
	return nil, false
}

// create takes a batch over, or creates a draft. The progress is nil if that failed.
func (r *batchResource) create(ctx context.Context, m *resourceModel, work batchrun.Work, diags *diag.Diagnostics) (runpod.Batch, *batchrun.Progress, *ledger.Record) {
	earlier, record := r.takeOver(ctx, m, diags)
	switch {
	case diags.HasError():
		return runpod.Batch{}, nil, nil
	case earlier != nil:
		return *earlier, &batchrun.Progress{Sent: work.Count, Finalized: true}, record
	}
	if m.checkWritable(diags); diags.HasError() { // not for a batch that is taken over, which is kept in any case
		record.Returned()
		return runpod.Batch{}, nil, nil
	}
	recorded := ctx
	if record != nil {
		recorded = runpod.WithRecorder(ctx, record)
	}
	batch, progress, err := r.data.Batches.Create(recorded, m.EndpointID.ValueString(), work)
	if err != nil {
		reportCreation(ctx, r.data.Client, m.EndpointID.ValueString(), err, diags)
		record.Returned()
		return batch, nil, nil
	}
	record.Accepted(batch.ID)
	return batch, progress, record
}

// mayBeTakenOver reports whether a creation that would submit the same takes the batch
// over after the creation of this resource failed: it may run, has results that are not
// read yet, or completed. A draft may have been finalized by a call whose effect could not
// be read. What the ledger records of the batch and what a delete offers depend on it
// alike: otherwise a batch that was paid for is lost, or run twice.
func (m *resourceModel) mayBeTakenOver() bool {
	switch m.Phase.ValueString() {
	case phaseDraft, phaseRunning, phaseEnded:
		return true
	case phaseDone:
		return !m.unsuccessful()
	}
	return false
}

// close records in the ledger and in the model whether the creation failed.
func (m *resourceModel) close(record *ledger.Record, failed bool) {
	m.CreationFailed = types.BoolValue(failed)
	if failed && m.mayBeTakenOver() {
		record.Failed()
		return
	}
	record.Returned()
}

// offer leaves the batch to the creation that follows, and reports whether it did: the
// creation would submit the same, and either the creation of this resource had failed,
// or the plan did not know that it would submit the same.
func (r *batchResource) offer(ctx context.Context, req resource.DeleteRequest, m *resourceModel, planned *jobmodel.Planned, diags *diag.Diagnostics) bool {
	undecided := planned.Undecided() && m.settled()
	failed := m.CreationFailed.ValueBool() && m.mayBeTakenOver()
	if !undecided && !failed || !planned.Includes()(m.fingerprint()) {
		return false
	}
	if ctx.Err() != nil {
		diags.Append(m.subject().KeptByInterrupt(m.Status.ValueString()).Error())
		return true
	}
	if undecided {
		r.data.Handover.Keep(m.fingerprint(), &keptBatch{
			resourceModel: *m,
			progress:      loadProgress(ctx, req.Private, diags),
			acknowledged:  jobmodel.Marked(ctx, req.Private, jobmodel.PrivateAcknowledged, diags),
			misplaced:     jobmodel.Marked(ctx, req.Private, privateMisplaced, diags),
			lostFile:      loadLost(ctx, req.Private, diags),
		})
		return true
	}
	o := ledger.Offered{Kind: jobmodel.LedgerBatch, Endpoint: m.EndpointID.ValueString(), Fingerprint: m.fingerprint(), JobID: m.ID.ValueString()}
	o.SubmittedAt, _ = m.CreatedAt.ValueRFC3339Time()
	r.data.Ledger.Offer(o)
	return true
}
