// Package jobset implements the resource that runs many jobs.
package jobset

import (
	"context"
	"crypto/rand"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
)

var (
	_ resource.Resource                   = (*setResource)(nil)
	_ resource.ResourceWithConfigure      = (*setResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*setResource)(nil)
	_ resource.ResourceWithValidateConfig = (*setResource)(nil)
)

type setResource struct{ data *jobmodel.ProviderData }

// NewResource returns the resource runpodserverless_job_set.
func NewResource() resource.Resource { return &setResource{} }

// Metadata implements resource.Resource.
func (r *setResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_job_set"
}

// Configure implements resource.ResourceWithConfigure.
func (r *setResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = jobmodel.ProviderDataFrom(req.ProviderData, &resp.Diagnostics)
}

// Create implements resource.Resource.
func (r *setResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan resourceModel
	resp.Diagnostics.Append(plan.readPlan(ctx, req.Plan)...)
	if resp.Diagnostics.HasError() || !r.data.Ready(&resp.Diagnostics) {
		return
	}
	timeout, diags := plan.Timeouts.Create(ctx, jobmodel.DefaultWaitTimeout)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, pathInputWO, &plan.InputWO)...)
	inputs := plan.plannedInputs(ctx, dynamicjson.Attributes(req.Plan.Raw), &resp.Diagnostics)
	plan.checkFiles(inputs, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	settle := r.claimFiles(&plan, inputs, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.ID = types.StringValue("set-" + rand.Text())
	w := r.newRun(&plan, newJobsState(), inputs)
	w.creating = true
	w.readSecrets(ctx, req.Config, &resp.Diagnostics)
	w.create(ctx, timeout, &resp.Diagnostics)
	w.close(resp.Diagnostics.HasError())
	if len(inputs) > 0 && len(w.jobs.keys((*jobEntry).hasJob)) == 0 {
		settle("")
		return // nothing is known that could be stored
	}
	settle(plan.fileOwner())
	plan.CreationFailed = types.BoolValue(resp.Diagnostics.HasError())
	plan.store(ctx, w.jobs, nil)
	values := plan.computedValues()
	if w.keepsArgs {
		maps.Copy(values, plan.Arguments())
	}
	resp.State.Raw = jobmodel.ReplaceAttributes(ctx, req.Plan.Raw, values, &resp.Diagnostics)
}

// Update implements resource.Resource: it runs what changed, resumes live jobs,
// cancels removed ones, and leaves everything else alone.
func (r *setResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, state resourceModel
	resp.Diagnostics.Append(plan.readPlan(ctx, req.Plan)...)
	resp.Diagnostics.Append(state.readState(ctx, req.State)...)
	if resp.Diagnostics.HasError() {
		return
	}
	timeout, diags := plan.Timeouts.Update(ctx, jobmodel.DefaultWaitTimeout)
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, pathInputWO, &plan.InputWO)...)
	inputs := plan.plannedInputs(ctx, dynamicjson.Attributes(req.Plan.Raw), &resp.Diagnostics)
	stored := state.jobsState()
	plan.checkFiles(inputs, &resp.Diagnostics)
	r.data.KeepFiles(plan.fileOwner(), plan.fileNames(inputs), jobmodel.RefuseOutputFile, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	w := r.newRun(&plan, stored, inputs)
	w.readSecrets(ctx, req.Config, &resp.Diagnostics)
	a := plan.changes(inputs, stored, plan.Jobs)
	if w.checkWritable(a.run, &resp.Diagnostics); resp.Diagnostics.HasError() {
		return
	}
	if !plan.KeepsSame(&state.FileOutput) {
		w.reapplyOutputArgs(ctx, a, &state, &resp.Diagnostics)
		if resp.Diagnostics.HasError() {
			return // the state keeps the old arguments, so that the next plan shows a change
		}
	}
	if restore := plan.plannedRestore(); plan.KeepsSame(&state.FileOutput) && len(restore) > 0 {
		w.restoreFiles(ctx, restore, &resp.Diagnostics)
	}
	w.do(ctx, a, timeout, &resp.Diagnostics)
	w.close(false) // a change that fails taints nothing
	if state.CreationFailed.ValueBool() {
		r.data.Ledger.Forget(stored.ids()...) // a replacement must not take them over
	}
	plan.store(ctx, w.jobs, nil)
	resp.State.Raw = jobmodel.ReplaceAttributes(ctx, req.Plan.Raw, plan.computedValues(), &resp.Diagnostics)
}

// Delete implements resource.Resource. An expired job needs no request, because there
// is nothing to cancel.
func (r *setResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m resourceModel
	resp.Diagnostics.Append(m.readState(ctx, req.State)...)
	if resp.Diagnostics.HasError() {
		return
	}
	defer r.data.ReleaseFiles(m.fileOwner(), &resp.Diagnostics)
	planned := jobmodel.ReadPlanned(ctx, req.Private, &resp.Diagnostics)
	w := r.newRun(&m, m.jobsState(), nil)
	w.rememberFailedKeys()
	taken := r.data.Ledger.Remove(m.CreationFailed.ValueBool(), w.jobs.ids()...)
	offers := w.offers(planned, taken)
	keep, kept := w.keep(planned, taken)
	released := w.released(offers, taken)
	left := w.jobs.keys(func(e *jobEntry) bool { return e.unfinished() && released[e.ID.ValueString()] })
	if len(left) > 0 && m.OnDestroy.ValueString() != jobmodel.DestroyKeep {
		if !r.data.Ready(&resp.Diagnostics) {
			return
		}
		timeout, diags := m.Timeouts.Delete(ctx, jobmodel.DefaultDeleteTimeout)
		resp.Diagnostics.Append(diags...)
		limited, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		w.cancel(limited, left)
		w.report.reportDestroy(&resp.Diagnostics)
	}
	if ctx.Err() != nil && len(offers)+kept > 0 && !resp.Diagnostics.HasError() {
		reportKept(&m, len(offers)+kept, &resp.Diagnostics) // an interrupted run creates nothing
	}
	if resp.Diagnostics.HasError() {
		// Jobs that were cancelled need not be cancelled by the next destroy, and jobs
		// that had ended have their output.
		m.store(ctx, w.jobs, nil)
		resp.State.Raw = jobmodel.ReplaceAttributes(ctx, req.State.Raw, m.computedValues(), &resp.Diagnostics)
		jobmodel.ClearPlanned(ctx, resp.Private, &resp.Diagnostics)
		return
	}
	r.data.Ledger.Offer(offers...)
	keep()
}
