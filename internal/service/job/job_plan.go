package job

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
)

// ValidateConfig implements resource.ResourceWithValidateConfig: what can be
// known before paying is checked before paying.
func (r *jobResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var m resourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.validate(ctx, &resp.Diagnostics)
}

// validate reports what is wrong with a configuration as far as it is known.
func (m *resourceModel) validate(ctx context.Context, diags *diag.Diagnostics) {
	if !m.SyncWait.IsNull() && !m.Mode.IsUnknown() && m.Mode.ValueString() != modeSync {
		diags.AddAttributeWarning(path.Root("sync_wait"), "Argument without effect", "sync_wait is used in mode = \"sync\" only.")
	}
	m.validatePolicy(ctx, diags)
	hasInput := !m.Input.IsNull() || !m.InputWO.IsNull()
	if m.known() && hasInput {
		m.request(ctx, diags)
	}
}

func (m *resourceModel) validatePolicy(ctx context.Context, diags *diag.Diagnostics) {
	if m.Policy.IsNull() || m.Policy.IsUnknown() {
		return
	}
	var p policyModel
	diags.Append(m.Policy.As(ctx, &p, basetypes.ObjectAsOptions{})...)
	execution, ttl := duration(p.ExecutionTimeout, 0, diags), duration(p.TTL, 0, diags)
	if execution > 0 && ttl > 0 && ttl < execution {
		diags.AddAttributeWarning(path.Root("policy").AtName("ttl"), "Job may be deleted while it runs",
			fmt.Sprintf("ttl (%s) is shorter than execution_timeout (%s): the API deletes a job whose ttl has passed, even while it runs.", ttl, execution))
	}
}

// ModifyPlan implements resource.ResourceWithModifyPlan.
func (r *jobResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var config, plan resourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.EndpointID = r.data.Endpoint(config.EndpointID, &resp.Diagnostics)
	if req.State.Raw.IsNull() {
		if config.Input.IsNull() && config.InputWO.IsNull() {
			resp.Diagnostics.AddAttributeError(pathInput, "Missing input", "A job needs an input: an object with at least one member.\n\nWhat to do: set input, or input_wo for what must not be stored.")
		}
	} else {
		var state resourceModel
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
		if resp.Diagnostics.HasError() {
			return
		}
		r.planUpdate(ctx, req.Private, &state, &plan, resp)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// planUpdate decides what becomes of a stored job: nothing, a resumed wait, or
// another reading of its output. A change that replaces the job is planned
// again by Terraform, as a creation.
func (r *jobResource) planUpdate(ctx context.Context, private privateState, state, plan *resourceModel, resp *resource.ModifyPlanResponse) {
	plan.copyResult(state)
	if !plan.EndpointID.Equal(state.EndpointID) && !marked(ctx, private, privateImported, &resp.Diagnostics) {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("endpoint_id"))
	}
	wait := plan.WaitForCompletion.ValueBool()
	switch {
	case state.live() && wait:
		plan.forgetResult()
		resp.Diagnostics.AddWarning("Resumes waiting for a job",
			diagnose.Job(state.EndpointID.ValueString(), state.ID.ValueString()).Fact("State", state.Status.ValueString()).
				Say("The job was submitted by an earlier apply and has not ended. This apply waits for its end; it submits nothing.").String())
	case state.endedBadly() && wait && plan.OnFailure.ValueString() == failError && !marked(ctx, private, privateAcknowledged, &resp.Diagnostics):
		plan.Status = types.StringUnknown()
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("status"))
		resp.Diagnostics.AddWarning("Runs a failed job again",
			diagnose.Job(state.EndpointID.ValueString(), state.ID.ValueString()).Fact("State", state.Status.ValueString()).
				Say("The job did not complete and on_failure is \"error\", so a new job is run. Set on_failure = \"warn\" to keep the failed one.").String())
	case plan.outputArguments() != state.outputArguments() && !state.OutputBytes.IsNull():
		plan.forgetOutput()
	}
}

// outputArguments are the arguments that decide where the output goes.
func (m *resourceModel) outputArguments() [2]any {
	return [2]any{m.OutputSensitive.ValueBool(), m.MaxOutputBytes.ValueInt64()}
}
