// Package batch implements the resource and the list resource for batches of the Batch
// API.
package batch

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/batchrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

var (
	_ resource.Resource                   = (*batchResource)(nil)
	_ resource.ResourceWithConfigure      = (*batchResource)(nil)
	_ resource.ResourceWithIdentity       = (*batchResource)(nil)
	_ resource.ResourceWithImportState    = (*batchResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*batchResource)(nil)
	_ resource.ResourceWithValidateConfig = (*batchResource)(nil)
)

// defaultTimeout is long: batches wait for workers of their own.
const defaultTimeout = 24 * time.Hour

type batchResource struct{ data *jobmodel.ProviderData }

// NewResource returns the resource runpodserverless_batch.
func NewResource() resource.Resource { return &batchResource{} }

// Metadata implements resource.Resource.
func (r *batchResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_batch"
}

// Configure implements resource.ResourceWithConfigure.
func (r *batchResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = jobmodel.ProviderDataFrom(req.ProviderData, &resp.Diagnostics)
}

// Keys of the resource's private state.
const (
	// privateProgress holds how far the batch has been filled, as a batchrun.Progress.
	privateProgress = "progress"
	// privateMisplaced is set while the results of a settled batch are not where the
	// arguments say, because they could not be read when the arguments changed.
	privateMisplaced = "misplaced"
)

// setMisplaced notes whether the next apply must read the results again.
func setMisplaced(ctx context.Context, private jobmodel.PrivateWriter, misplaced bool, diags *diag.Diagnostics) {
	var mark []byte
	if misplaced {
		mark = []byte("true")
	}
	diags.Append(private.SetKey(ctx, privateMisplaced, mark)...)
}

// saveProgress stores the progress while it is needed: the ids are long.
func saveProgress(ctx context.Context, private jobmodel.PrivateWriter, m *resourceModel, progress *batchrun.Progress, diags *diag.Diagnostics) {
	if m.settled() && m.ResultsInOrder.IsNull() {
		progress = &batchrun.Progress{Finalized: true}
	}
	value, err := json.Marshal(progress)
	if err != nil {
		diags.Append(diagnose.ProgressNotStored(err).Error())
		return
	}
	diags.Append(private.SetKey(ctx, privateProgress, value)...)
}

func loadProgress(ctx context.Context, private jobmodel.PrivateReader, diags *diag.Diagnostics) *batchrun.Progress {
	value, moreDiags := private.GetKey(ctx, privateProgress)
	diags.Append(moreDiags...)
	progress := &batchrun.Progress{}
	if value == nil {
		progress.Finalized = true // imported
	} else if err := json.Unmarshal(value, progress); err != nil {
		diags.Append(diagnose.ProgressNotRead(err).Error())
	}
	return progress
}

// save writes the model and its identity.
func save(ctx context.Context, m *resourceModel, state *tfsdk.State, id *tfsdk.ResourceIdentity, diags *diag.Diagnostics) {
	diags.Append(state.Set(ctx, m)...)
	if id != nil {
		diags.Append(id.Set(ctx, &jobmodel.Identity{EndpointID: m.EndpointID, ID: m.ID})...)
	}
}

// Create implements resource.Resource: it takes a batch over or creates a draft,
// puts its id into the response, and then fills, finalizes and waits.
func (r *batchResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.data.Ready(&resp.Diagnostics) {
		return
	}
	timeout, diags := plan.Timeouts.Create(ctx, defaultTimeout)
	resp.Diagnostics.Append(diags...)
	work := plan.plannedWork(&resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	settle := r.data.TakeFiles(plan.fileNames(), refuseResultsFile, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	started := time.Now()
	plan.RequestsSHA256 = types.StringValue(work.Digest)
	plan.Total = types.Int64Value(int64(work.Count))
	if r.inherit(ctx, &plan, timeout, settle, resp) {
		return
	}
	batch, progress, record := r.create(ctx, &plan, work, &resp.Diagnostics)
	if progress == nil {
		settle("") // nothing will write it
		return
	}
	plan.CreationFailed = types.BoolValue(false)
	plan.setBatch(batch)
	settle(plan.owner())
	plan.clearResults()
	saveProgress(ctx, resp.Private, &plan, progress, &resp.Diagnostics)
	save(ctx, &plan, &resp.State, resp.Identity, &resp.Diagnostics)
	if !resp.Diagnostics.HasError() {
		f := finishing{plan: &plan, work: work, progress: progress, creating: true, lost: new(lostFile)}
		r.finish(ctx, f, time.Until(started.Add(timeout)), &resp.Diagnostics)
	}
	plan.close(record, resp.Diagnostics.HasError())
	saveProgress(ctx, resp.Private, &plan, progress, &resp.Diagnostics)
	save(ctx, &plan, &resp.State, resp.Identity, &resp.Diagnostics)
}

// plannedWork reads the requests, which must be those of the plan.
func (m *resourceModel) plannedWork(diags *diag.Diagnostics) batchrun.Work {
	m.checkResultsFile(diags) // its name may not have been known before
	work := m.work(diags, false)
	if !diags.HasError() && !m.RequestsSHA256.IsUnknown() && !m.RequestsSHA256.IsNull() && m.RequestsSHA256.ValueString() != work.Digest {
		diags.Append(diagnose.RequestsFileChanged().ErrorAt(pathRequestsFile))
	}
	return work
}

// Read implements resource.Resource. A settled batch needs no request; only its
// results file is checked.
func (r *batchResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.data.Ledger.Seen(m.CreationFailed.ValueBool(), m.ID.ValueString())
	if !m.settled() {
		if !r.data.ReadyToRefresh(req, resp) {
			return
		}
		timeout, diags := m.Timeouts.Read(ctx, jobmodel.DefaultReadTimeout)
		resp.Diagnostics.Append(diags...)
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		r.refresh(ctx, &m, jobmodel.Marked(ctx, req.Private, jobmodel.PrivateAcknowledged, &resp.Diagnostics), &resp.Diagnostics)
		if resp.Diagnostics.HasError() {
			return
		}
	}
	if !jobmodel.Marked(ctx, req.Private, privateMisplaced, &resp.Diagnostics) { // otherwise the next apply writes the file anyway
		lost := loadLost(ctx, req.Private, &resp.Diagnostics)
		lost.notice(&m)
		lost.save(ctx, resp.Private, &resp.Diagnostics)
	}
	save(ctx, &m, &resp.State, resp.Identity, &resp.Diagnostics)
}

// storedAttempts is how often a stored batch is read before a reply that the API does not
// know it is believed.
const storedAttempts = 2

// refresh reads a batch that may still change. A kept batch is not run again.
func (r *batchResource) refresh(ctx context.Context, m *resourceModel, kept bool, diags *diag.Diagnostics) {
	endpointID, id := m.EndpointID.ValueString(), m.ID.ValueString()
	imported := m.Status.IsNull()
	batch, err := r.data.Batches.BatchUntilVisible(ctx, endpointID, id, storedAttempts)
	about, lastSeen := diagnose.Batch{Endpoint: endpointID, ID: id}, m.Status.ValueString()
	switch {
	case err == nil && imported && batch.Status == runpod.BatchDraft:
		diags.Append(about.ImportedDraft().Error())
	case err == nil && m.Phase.ValueString() == phaseEnded:
		m.Status = types.StringValue(string(batch.Status)) // all its requests have ended
	case err == nil:
		m.setBatch(batch)
	case imported, runpod.IsUnauthorized(err), runpod.IsEndpointNotFound(err), !runpod.IsNotFound(err) && !runpod.IsTransient(err):
		diags.Append(about.ReadFailed(err).Error())
	case !runpod.IsBatchNotFound(err):
		diags.Append(about.RefreshFailed(lastSeen, err).Warning())
	default:
		m.Phase = types.StringValue(phaseExpired)
		diags.Append(m.expired(kept).Warning())
	}
}

// Update implements resource.Resource. It continues a batch where an earlier apply
// ended, reads its results again (for example because the file is lost), or only
// stores the new arguments.
func (r *batchResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	progress := loadProgress(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, diags := plan.Timeouts.Update(ctx, defaultTimeout)
	resp.Diagnostics.Append(diags...)
	resume, rewrite := plan.Phase.IsUnknown(), plan.ResultsSHA256.IsUnknown()
	plan.result = state.result
	if state.CreationFailed.ValueBool() {
		r.data.Ledger.Forget(state.ID.ValueString()) // a replacement must not take it over
	}
	f := finishing{plan: &plan, progress: progress, kept: jobmodel.Marked(ctx, req.Private, jobmodel.PrivateAcknowledged, &resp.Diagnostics)}
	f.lost = loadLost(ctx, req.Private, &resp.Diagnostics)
	if state.Phase.ValueString() == phaseDraft {
		f.work = plan.plannedWork(&resp.Diagnostics)
		plan.checkWritable(&resp.Diagnostics)
	}
	if plan.RequestsSHA256.IsUnknown() { // of an imported batch
		plan.RequestsSHA256 = state.RequestsSHA256
	}
	r.data.KeepFiles(plan.owner(), plan.fileNames(), refuseResultsFile, &resp.Diagnostics)
	if (resume || rewrite) && !r.data.Ready(&resp.Diagnostics) || resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, jobmodel.PrivateImported, nil)...)
	switch {
	case resume:
		misplaced := r.finish(ctx, f, timeout, &resp.Diagnostics)
		setMisplaced(ctx, resp.Private, misplaced, &resp.Diagnostics)
		saveProgress(ctx, resp.Private, &plan, progress, &resp.Diagnostics)
	case rewrite:
		r.restoreFile(ctx, f, &resp.Diagnostics)
	}
	f.lost.save(ctx, resp.Private, &resp.Diagnostics)
	save(ctx, &plan, &resp.State, resp.Identity, &resp.Diagnostics)
	if state.unsuccessful() && plan.RerunsFailed() && !state.RerunsFailed() && !jobmodel.Marked(ctx, req.Private, jobmodel.PrivateAcknowledged, &resp.Diagnostics) {
		f.reportStored(&state, &resp.Diagnostics) // from now on the batch counts as failed
	}
	if state.lost() && plan.RerunsExpired() && !state.RerunsExpired() && !f.kept {
		f.reportExpired(&resp.Diagnostics)
	}
}

// Delete implements resource.Resource.
func (r *batchResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	defer r.data.ReleaseFiles(m.owner(), &resp.Diagnostics)
	planned := jobmodel.ReadPlanned(ctx, req.Private, &resp.Diagnostics)
	id := m.ID.ValueString()
	if resp.Diagnostics.HasError() || r.data.Ledger.Remove(m.CreationFailed.ValueBool(), id)[id] {
		return
	}
	if !r.offer(ctx, req, &m, planned, &resp.Diagnostics) {
		r.cancel(ctx, &m, &resp.Diagnostics)
	}
	if resp.Diagnostics.HasError() {
		jobmodel.ClearPlanned(ctx, resp.Private, &resp.Diagnostics)
	}
}

// cancel cancels the batch of a deleted resource if on_destroy says so.
func (r *batchResource) cancel(ctx context.Context, m *resourceModel, diags *diag.Diagnostics) {
	live := m.Phase.ValueString() == phaseDraft || m.Phase.ValueString() == phaseRunning
	if !live || m.OnDestroy.ValueString() == jobmodel.DestroyKeep || !r.data.Ready(diags) {
		return
	}
	timeout, moreDiags := m.Timeouts.Delete(ctx, jobmodel.DefaultDeleteTimeout)
	diags.Append(moreDiags...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	endpointID, id := m.EndpointID.ValueString(), m.ID.ValueString()
	batch, err := r.data.Batches.Cancel(ctx, endpointID, id)
	about := diagnose.Batch{Endpoint: endpointID, ID: id}
	switch {
	case runpod.IsEndpointNotFound(err):
		diags.Append(about.EndpointGoneOnDestroy(err).Warning())
	case err != nil && batch.Status == runpod.BatchDraft && !runpod.IsTransient(err):
		diags.Append(about.DraftLeftOnDestroy(err).Warning())
	case err != nil:
		diags.Append(about.CancelFailed(err).Error())
	}
}

// options returns how to run what is left of the batch in the model.
func (f *finishing) options(timeout time.Duration) batchrun.Options {
	m := f.plan
	o := batchrun.Options{
		Timeout: timeout, Fresh: f.creating, Wait: m.WaitForCompletion.ValueBool(),
		OnTimeout: jobrun.Choice(m.OnTimeout.ValueString()), OnInterrupt: jobrun.Choice(m.OnInterrupt.ValueString()),
	}
	if !m.CreatedAt.IsNull() {
		o.CreatedAt, _ = m.CreatedAt.ValueRFC3339Time()
	}
	if f.creating {
		o.CreatedAt = time.Now()
	}
	return o
}
