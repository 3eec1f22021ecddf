// Package job implements the resource, the data sources, the ephemeral resource and
// the actions for a single job.
package job

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

var (
	_ resource.Resource                   = (*jobResource)(nil)
	_ resource.ResourceWithConfigure      = (*jobResource)(nil)
	_ resource.ResourceWithIdentity       = (*jobResource)(nil)
	_ resource.ResourceWithImportState    = (*jobResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*jobResource)(nil)
	_ resource.ResourceWithValidateConfig = (*jobResource)(nil)
)

type jobResource struct{ data *jobmodel.ProviderData }

// NewResource returns the resource runpodserverless_job.
func NewResource() resource.Resource { return &jobResource{} }

// Metadata implements resource.Resource.
func (r *jobResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_job"
}

// Configure implements resource.ResourceWithConfigure.
func (r *jobResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = jobmodel.ProviderDataFrom(req.ProviderData, &resp.Diagnostics)
}

// Create implements resource.Resource: it takes a job over or submits one, puts its
// id into the response, and then waits. Terraform gets the response when Create
// returns; until then the ledger has the id.
func (r *jobResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() || !r.data.Ready(&resp.Diagnostics) {
		return
	}
	timeout, diags := plan.Timeouts.Create(ctx, jobmodel.DefaultWaitTimeout)
	resp.Diagnostics.Append(diags...)
	// Write-only values are in the configuration only.
	var secrets jobmodel.Secrets
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("input_wo"), &secrets.Input)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("s3_config"), &secrets.S3Config)...)
	request := plan.Request(ctx, secrets, &resp.Diagnostics)
	submission := plan.Run(request, &resp.Diagnostics)
	plan.LimitSync(&submission, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	settle := claimFiles(r.data, &plan.FileOutput, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	submission.Timeout = timeout
	earlier, record := r.takeOver(ctx, &plan, &resp.Diagnostics)
	if earlier == nil && !resp.Diagnostics.HasError() { // a job that is taken over is kept even if its files cannot be written
		checkWritable(&plan.FileOutput, &resp.Diagnostics)
	}
	if resp.Diagnostics.HasError() {
		record.Returned()
		settle("")
		return
	}
	raw := req.Plan.Raw
	var job runpod.Job
	var queued time.Duration // 0 for a job that is taken over: its time in the queue counts from now
	began := time.Now()
	submittedAt := began
	if earlier != nil {
		job, submittedAt, record = earlier.job, earlier.submittedAt, earlier.record
	} else {
		var err error
		submission.Recorder = record
		if job, queued, err = r.data.Runner.Submit(plan.reading(ctx), submission); err != nil {
			r.data.ReportSubmission(ctx, &diagnose.JobResource, submission.EndpointID, err, &resp.Diagnostics)
			record.Returned()
			settle("")
			return
		}
	}
	plan.SetSubmitted(job, submittedAt)
	settle(plan.fileOwner())
	plan.SensitiveOutput, plan.CreationFailed, plan.Files = types.DynamicNull(), types.BoolValue(false), plan.NewFiles(nil)
	plan.save(ctx, req.Plan.Raw, &resp.State, resp.Identity, &resp.Diagnostics)
	switch {
	case resp.Diagnostics.HasError():
	case earlier != nil && earlier.stored != nil:
		raw = r.restoreResult(ctx, &plan, raw, earlier, resp)
	case plan.WaitForCompletion.ValueBool():
		r.finish(ctx, &plan, job, timeout-time.Since(began), queued, &resp.Diagnostics)
	case job.Status.Final():
		plan.setJob(submission.EndpointID, job, &resp.Diagnostics)
		plan.reportUnwritten(job, &resp.Diagnostics)
	}
	plan.close(record, resp.Diagnostics.HasError())
	plan.save(ctx, raw, &resp.State, resp.Identity, &resp.Diagnostics)
}

// save writes the result of the job, and the identity. The arguments are those of
// from, a plan or a state.
func (m *resourceModel) save(ctx context.Context, from tftypes.Value, state *tfsdk.State, id *tfsdk.ResourceIdentity, diags *diag.Diagnostics) {
	state.Raw = jobmodel.ReplaceAttributes(ctx, from, m.computedValues(), diags)
	if id != nil {
		diags.Append(id.Set(ctx, &jobmodel.Identity{EndpointID: m.EndpointID, ID: m.ID})...)
	}
}

// Read implements resource.Resource. A final job needs no request, unless /retry may
// have restarted it.
func (r *jobResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	if r.NoopRead(ctx, dynamicjson.Attributes(req.State.Raw)) && (resp.Identity == nil || !resp.Identity.Raw.IsFullyNull()) {
		return // the response holds the state as it was
	}
	var m resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.Files, _ = jobmodel.WithoutDrifted(m.Files)
	m.Files, _ = jobmodel.Recognized(m.Files, m.Targets()(""), m.OutputSHA256)
	r.data.Ledger.Seen(m.CreationFailed.ValueBool(), m.ID.ValueString())
	fresh := m.Status.IsNull() // just imported
	switch {
	case fresh || m.Live():
		if !r.data.ReadyToRefresh(req, resp) {
			return
		}
		timeout, diags := m.Timeouts.Read(ctx, jobmodel.DefaultReadTimeout)
		resp.Diagnostics.Append(diags...)
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		kept := jobmodel.Marked(ctx, req.Private, jobmodel.PrivateAcknowledged, &resp.Diagnostics)
		r.refresh(ctx, &m, fresh, kept, &resp.Diagnostics)
		if resp.Diagnostics.HasError() {
			return
		}
	case m.Retriable() && !r.data.Unconfigured():
		r.rereadEnded(ctx, &m, &resp.Diagnostics)
	}
	m.save(ctx, req.State.Raw, &resp.State, resp.Identity, &resp.Diagnostics)
}

// rereadEnded reads once a job that failed or timed out: something else may have
// retried it since. If it cannot be read, the stored result stays.
func (r *jobResource) rereadEnded(ctx context.Context, m *resourceModel, diags *diag.Diagnostics) {
	ctx, cancel := context.WithTimeout(ctx, jobmodel.RereadTimeout)
	defer cancel()
	endpointID, jobID := m.EndpointID.ValueString(), m.ID.ValueString()
	job, err := r.data.Client.Status(m.Reading(ctx, endpointID, nil), endpointID, jobID)
	if err != nil || m.SameEnd(job) {
		return
	}
	job.ID = jobID
	m.setJob(endpointID, job, diags)
}

// refresh reads a live job. kept says that no other job runs in its place if it expired.
func (r *jobResource) refresh(ctx context.Context, m *resourceModel, fresh, kept bool, diags *diag.Diagnostics) {
	endpointID, jobID := m.EndpointID.ValueString(), m.ID.ValueString()
	job, result, err := r.data.Runner.ReadJob(m.Reading(ctx, endpointID, nil), endpointID, jobID, m.Submitted())
	about, lastSeen := diagnose.Job{Endpoint: endpointID, ID: jobID}, runpod.Status(m.Status.ValueString())
	switch {
	case result == jobrun.Found:
		m.setJob(endpointID, job, diags)
	case fresh, result == jobrun.Unauthorized:
		diags.Append(about.ReadFailed(err).Error())
	case result == jobrun.Unavailable:
		// Even if the endpoint is gone: an error would prevent a destroy of the
		// resource.
		diags.Append(about.RefreshFailed(err).Warning())
	case result == jobrun.NotYetVisible:
		diags.Append(about.NotVisibleYet(lastSeen).Warning())
	default:
		m.Expired = types.BoolValue(true)
		diags.Append(diagnose.JobResource.HasExpired(about, lastSeen, m.RerunsExpired() && !kept).Warning())
	}
}

// Update implements resource.Resource. It submits nothing: it resumes a wait, reads
// the output again if the arguments about it changed, or only stores the new
// arguments.
func (r *jobResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state resourceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, diags := plan.Timeouts.Update(ctx, jobmodel.DefaultWaitTimeout)
	resp.Diagnostics.Append(diags...)
	resume := plan.Status.IsUnknown()
	if resume || state.Live() { // from now on, this resource decides about the job
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, jobmodel.PrivateAcknowledged, nil)...)
	}
	reapply := plan.Result.Output.IsUnknown() && !resume
	restore := plan.Files.IsUnknown() && !resume && !reapply
	healed := plan.CreationFailed
	plan.copyResult(&state)
	if plan.CreationFailed = healed; state.CreationFailed.ValueBool() {
		r.data.Ledger.Forget(state.ID.ValueString()) // a replacement must not take it over
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, jobmodel.PrivateImported, nil)...)
	if (resume || reapply || restore) && !r.data.Ready(&resp.Diagnostics) {
		return
	}
	if plan.WritesFiles() {
		checkFiles(&plan.FileOutput, &resp.Diagnostics)
		r.data.KeepFiles(plan.fileOwner(), plan.fileNames(), jobmodel.RefuseOutputFile, &resp.Diagnostics)
		if resp.Diagnostics.HasError() {
			return
		}
	}
	switch {
	case resume:
		r.finish(ctx, &plan, state.Job(), timeout, 0, &resp.Diagnostics)
	case reapply:
		r.reapplyOutputArgs(ctx, &plan, &state, &resp.Diagnostics)
		if resp.Diagnostics.HasError() {
			return // the state keeps the old arguments, so that the next plan shows a change
		}
	case restore:
		r.restore(ctx, &plan, &state, &resp.Diagnostics)
	}
	plan.save(ctx, req.Plan.Raw, &resp.State, resp.Identity, &resp.Diagnostics)
	if jobmodel.Marked(ctx, req.Private, jobmodel.PrivateAcknowledged, &resp.Diagnostics) {
		return
	}
	// From now on the job may count as failed.
	out := jobrun.Outcome{End: jobrun.EndFinished, Job: state.Job(), Attempts: int(state.Attempts.ValueInt64())}
	switch {
	case state.Unsuccessful() && plan.RerunsFailed() && !state.RerunsFailed():
		r.data.ReportEnd(ctx, plan.end(out), &resp.Diagnostics)
	case state.Lost() && plan.Lost() && plan.RerunsExpired() && !state.RerunsExpired():
		out.End = jobrun.EndExpired
		r.data.ReportEnd(ctx, plan.end(out), &resp.Diagnostics)
	}
}

// reapplyOutputArgs stores the output by changed arguments. The job is read again,
// because parts that were too large or not selected are not in the state. If its
// result has expired, the arguments are applied to what is stored.
func (r *jobResource) reapplyOutputArgs(ctx context.Context, plan, state *resourceModel, diags *diag.Diagnostics) {
	stored := state.Result.Output
	if stored.IsNull() {
		stored = state.SensitiveOutput
	}
	if plan.KeepsSame(&state.FileOutput) {
		plan.setOutput(stored)
		before := *state
		before.Files, _ = jobmodel.WithoutDrifted(state.Files)
		if plan.Files = before.Files; plan.lacksFiles(&before) {
			r.restore(ctx, plan, &before, diags)
		}
		return
	}
	endpointID, jobID := plan.EndpointID.ValueString(), plan.ID.ValueString()
	job, err := r.data.Client.Status(plan.reading(ctx), endpointID, jobID)
	job.ID = jobID
	value, files := plan.ReapplyArgs(endpointID, job, err, jobmodel.Stored{Output: stored, Files: state.Files, Args: &state.FileOutput}, plan.Targets()(""), diags)
	plan.setOutput(value)
	plan.Files = files
}

// Delete implements resource.Resource. An expired job needs no request, because there
// is nothing to cancel. A job that was taken over, or will be, keeps running.
func (r *jobResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m resourceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	defer r.data.ReleaseFiles(m.fileOwner(), &resp.Diagnostics)
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

// cancel cancels the job of a deleted resource if on_destroy says so.
func (r *jobResource) cancel(ctx context.Context, m *resourceModel, diags *diag.Diagnostics) {
	if m.Final() || m.Expired.ValueBool() || m.OnDestroy.ValueString() == jobmodel.DestroyKeep || !r.data.Ready(diags) {
		return
	}
	timeout, moreDiags := m.Timeouts.Delete(ctx, jobmodel.DefaultDeleteTimeout)
	diags.Append(moreDiags...)
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	endpointID, jobID := m.EndpointID.ValueString(), m.ID.ValueString()
	seen, err := r.data.Runner.CancelRecent(ctx, endpointID, jobID, m.Submitted())
	about := diagnose.Job{Endpoint: endpointID, ID: jobID}
	switch {
	case runpod.IsEndpointNotFound(err):
		diags.Append(about.EndpointGoneOnDestroy(err).Warning())
	case runpod.IsJobNotFound(err) && seen.Status == "":
		diags.Append(about.NotFoundOnDestroy(m.SubmittedAt.ValueString()).Warning())
	case err != nil:
		diags.Append(diagnose.JobResource.NotCancelled(about, err).Error())
	}
}
