package jobset

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
)

// ValidateConfig implements resource.ResourceWithValidateConfig: what can be checked
// before paying is checked before paying.
func (r *setResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	inputs := dynamicjson.Attributes(req.Config.Raw)["inputs"]
	var m resourceModel
	resp.Diagnostics.Append(m.readConfig(ctx, req.Config)...)
	m.checkSource(inputs, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	m.ValidatePolicy(ctx, &resp.Diagnostics)
	m.checkFileArgs(&resp.Diagnostics)
	if m.InputsFile.IsNull() { // a file is not read here, because the plan reads it
		warnWrapped(m.readInputs(ctx, inputs, &resp.Diagnostics), pathInputs, &resp.Diagnostics)
	}
}

// checkSource refuses a set without inputs, and one with two sources of inputs, as far
// as that is known.
func (m *resourceModel) checkSource(inputs tftypes.Value, diags *diag.Diagnostics) {
	if !inputs.IsKnown() || m.InputsFile.IsUnknown() {
		return
	}
	switch hasInputs, hasFile := !inputs.IsNull(), !m.InputsFile.IsNull(); {
	case hasInputs && hasFile:
		diags.Append(diagnose.InputSources.Twice().ErrorAt(pathInputsFile))
	case !hasInputs && !hasFile:
		diags.Append(diagnose.InputSources.Missing().ErrorAt(pathInputs))
	}
}

// ModifyPlan implements resource.ResourceWithModifyPlan: the plan says which
// keys will run.
func (r *setResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	unchanged := req.Plan.Raw.Equal(req.State.Raw)
	var ownEndpoint types.String
	var plan resourceModel
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("endpoint_id"), &ownEndpoint)...)
	resp.Diagnostics.Append(plan.readPlan(ctx, req.Plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	state := plan
	plan.EndpointID = r.data.Endpoint(ownEndpoint, &resp.Diagnostics)
	plan.InputsSHA256 = types.StringNull()
	if !plan.InputsFile.IsNull() {
		plan.InputsSHA256 = types.StringUnknown()
	}
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, pathInputWO, &plan.InputWO)...) // which is not in the plan
	inputs := plan.readInputs(ctx, dynamicjson.Attributes(req.Plan.Raw)["inputs"], &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if !plan.InputsFile.IsNull() {
		warnWrapped(inputs, pathInputsFile, &resp.Diagnostics)
	}
	plan.InputWO = types.DynamicNull()
	plan.checkFiles(inputs, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if req.State.Raw.IsNull() {
		plan.planCreation(ctx, inputs)
		r.planFiles(ctx, &plan, nil, inputs, resp)
		plan.storePlanned(ctx, inputs, resp.Private, &resp.Diagnostics)
		r.warnKept(&plan, inputs, &resp.Diagnostics)
		resp.Plan.Raw = jobmodel.ReplaceAttributes(ctx, resp.Plan.Raw, plan.computedValues(), &resp.Diagnostics)
		return
	}
	// Converting a large state takes time: do it only once if nothing changed, and not
	// at all if nothing is left to do either.
	if !unchanged {
		state = resourceModel{}
		resp.Diagnostics.Append(state.readState(ctx, req.State)...)
		if resp.Diagnostics.HasError() {
			return
		}
	}
	if !plan.EndpointID.Equal(state.EndpointID) {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("endpoint_id"))
		unchanged = false
	}
	if !plan.submitsAs(&state) {
		unchanged = false
		if !plan.forcing().Known() {
			jobmodel.MarkUndecided(ctx, resp.Private, &resp.Diagnostics)
		}
	}
	if plan.planUpdate(ctx, inputs, &state, &resp.Diagnostics) || !unchanged {
		resp.Plan.Raw = jobmodel.ReplaceAttributes(ctx, resp.Plan.Raw, plan.computedValues(), &resp.Diagnostics)
	}
	r.planFiles(ctx, &plan, &state, inputs, resp)
}

// computedValues returns the attributes that the provider computes.
func (m *resourceModel) computedValues() map[string]attr.Value {
	return map[string]attr.Value{
		"id": m.ID, "endpoint_id": m.EndpointID, "jobs": m.Jobs, "outputs": m.Outputs, "sensitive_outputs": m.SensitiveOutputs,
		"succeeded": m.Succeeded, "failed": m.Failed, "expired": m.Expired, "creation_failed": m.CreationFailed,
		"inputs_sha256": m.InputsSHA256, "execution_time_ms": m.ExecutionTimeMS, "delay_time_ms": m.DelayTimeMS,
	}
}

func (m *resourceModel) planCreation(ctx context.Context, inputs map[string]input) {
	m.CreationFailed = types.BoolValue(false)
	if inputs == nil {
		m.setUnknown()
		return
	}
	open := make(map[string]bool, len(inputs))
	for key := range inputs {
		open[key] = true
	}
	m.store(ctx, newJobsState(), open)
}

// planUpdate decides what to do with a stored set, and reports whether that changes
// anything. Terraform plans a replacement again, as a creation.
func (m *resourceModel) planUpdate(ctx context.Context, inputs map[string]input, state *resourceModel, diags *diag.Diagnostics) bool {
	m.ID, m.CreationFailed = state.ID, types.BoolValue(false)
	if inputs == nil {
		m.setUnknown()
		return true
	}
	stored := state.jobsState()
	a := m.changes(inputs, stored, types.MapNull(jobEntryType))
	open := a.open()
	refits := !m.KeepsSame(&state.FileOutput) && len(stored.keys((*jobEntry).hasOutput)) > 0
	restore := m.restorable(stored, inputs, open)
	if len(open) == 0 && len(a.remove) == 0 && !refits && len(restore) == 0 && m.WritesFiles() == state.WritesFiles() {
		m.Jobs, m.totals = state.Jobs, state.totals
		m.setOutputs(dynamicOr(state.Outputs, state.SensitiveOutputs))
		return state.CreationFailed.ValueBool() || !m.InputsSHA256.Equal(state.InputsSHA256) // it is not tainted any more, and to replace it runs every job
	}
	for _, key := range a.remove {
		delete(stored.entries, key)
	}
	if refits && (m.WritesFiles() || state.WritesFiles()) {
		restore = stored.keys((*jobEntry).hasOutput)
	}
	for _, key := range restore {
		e := stored.entries[key]
		e.Files = types.MapUnknown(types.StringType)
		stored.entries[key] = e
	}
	m.store(ctx, stored, open)
	if refits || !m.FilesKnown() || m.OutputSelect.IsUnknown() {
		m.setOutputs(types.DynamicUnknown())
	}
	if m.submitsAs(state) {
		if !refits {
			a.restore = restore
		}
		m.warnChanges(a, state, diags)
	}
	return true
}

// submitsAs reports whether the arguments of all jobs are unchanged. Otherwise the set
// is replaced, and nothing of it is waited for or run again.
func (m *resourceModel) submitsAs(state *resourceModel) bool {
	return m.forcing().Same(state.forcing())
}

// warnChanges warns about what a plan does without a change of the configuration.
func (m *resourceModel) warnChanges(a *changes, state *resourceModel, diags *diag.Diagnostics) {
	set := diagnose.Set{Endpoint: state.EndpointID.ValueString()}
	for _, of := range []struct {
		keys    []string
		message func([]string) diagnose.Message
	}{
		{a.resume, set.ResumesWaiting},
		{a.restore, set.RestoresFiles},
		{a.again, set.RunsFailedAgain},
		{a.lost, set.RunsExpiredAgain},
		{a.outcomeUnknown, set.SubmitsUnknownAgain},
	} {
		if len(of.keys) > 0 {
			diags.Append(of.message(of.keys).Warning())
		}
	}
}
