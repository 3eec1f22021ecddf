package job

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

// ValidateConfig implements resource.ResourceWithValidateConfig: what can be checked
// before paying is checked before paying. It reads only the attributes that it needs,
// because Terraform validates each job twice for an apply.
func (r *jobResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	config := dynamicjson.Attributes(req.Config.Raw)
	read := jobmodel.NewAttributeReader(config)
	s := jobmodel.Submission{
		SubmitArgs: jobmodel.SubmitArgs{
			Policy:  jobmodel.ReadAttribute[types.Object](ctx, read, "policy", jobmodel.PolicyType),
			Webhook: jobmodel.ReadAttribute[types.String](ctx, read, "webhook", types.StringType),
		},
		Input:    jobmodel.ReadAttribute[types.Dynamic](ctx, read, "input", types.DynamicType),
		Mode:     jobmodel.ReadAttribute[types.String](ctx, read, "mode", types.StringType),
		SyncWait: jobmodel.ReadAttribute[validators.DurationValue](ctx, read, "sync_wait", validators.DurationType{}),
	}
	secrets := jobmodel.Secrets{Input: jobmodel.ReadAttribute[types.Dynamic](ctx, read, "input_wo", types.DynamicType)}
	if !config["s3_config"].IsNull() {
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("s3_config"), &secrets.S3Config)...)
	}
	if read.Failed {
		var m resourceModel
		resp.Diagnostics.Append(req.Config.Get(ctx, &m)...) // reports what cannot be read
	}
	if !resp.Diagnostics.HasError() {
		s.Validate(ctx, secrets, &resp.Diagnostics)
	}
	if !config["output_files"].IsNull() {
		var files jobmodel.FileOutput
		resp.Diagnostics.Append(req.Config.GetAttribute(ctx, jobmodel.PathOutputFiles, &files.OutputFiles)...)
		checkFileNames(&files, &resp.Diagnostics)
	}
}

// ModifyPlan implements resource.ResourceWithModifyPlan.
func (r *jobResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	if req.State.Raw.IsNull() {
		r.planCreation(ctx, req, resp)
		r.planNewFiles(ctx, req, resp)
		return
	}
	if req.Plan.Raw.Equal(req.State.Raw) && r.NoopPlan(ctx, dynamicjson.Attributes(req.Config.Raw), dynamicjson.Attributes(req.State.Raw)) {
		return
	}
	var config, plan, state resourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.EndpointID = r.data.Endpoint(config.EndpointID, &resp.Diagnostics)
	r.planUpdate(ctx, req.Private, &state, &plan, resp)
	checkFiles(&plan.FileOutput, &resp.Diagnostics)
	r.planStoredFiles(ctx, &plan, &state, resp)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// planCreation fills in the endpoint. It reads single attributes, because converting
// the whole model would take most of the time that the provider spends on a small job.
func (r *jobResource) planCreation(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	config := dynamicjson.Attributes(req.Config.Raw)
	if config["input"].IsNull() && config["input_wo"].IsNull() {
		resp.Diagnostics.Append(diagnose.InputMissingOrSecret().ErrorAt(path.Root("input")))
	}
	planned := map[string]attr.Value{"creation_failed": types.BoolValue(false)}
	if config["endpoint_id"].IsNull() {
		planned["endpoint_id"] = r.data.Endpoint(types.StringNull(), &resp.Diagnostics)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Plan.Raw = jobmodel.ReplaceAttributes(ctx, resp.Plan.Raw, planned, &resp.Diagnostics)
	storePlanned(ctx, dynamicjson.Attributes(resp.Plan.Raw), resp.Private, &resp.Diagnostics)
}

// planUpdate decides what to do with a stored job: nothing, resume the wait, read its
// output again, or replace it. Terraform plans a replacement again, as a creation.
func (r *jobResource) planUpdate(ctx context.Context, private jobmodel.PrivateReader, state, plan *resourceModel, resp *resource.ModifyPlanResponse) {
	plan.copyResult(state)
	if state.CreationFailed.ValueBool() { // it is not tainted any more
		plan.CreationFailed = types.BoolValue(false)
	}
	imported := jobmodel.Marked(ctx, private, jobmodel.PrivateImported, &resp.Diagnostics)
	if !plan.EndpointID.Equal(state.EndpointID) && !imported {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("endpoint_id"))
	}
	if !imported && !sameInput(state.Input, plan.Input) {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("input"))
	}
	about, status := diagnose.Job{Endpoint: state.EndpointID.ValueString(), ID: state.ID.ValueString()}, runpod.Status(state.Status.ValueString())
	wait := plan.WaitForCompletion
	switch {
	case !imported && !plan.submitsAs(state):
		if !plan.submissionKnown() {
			jobmodel.MarkUndecided(ctx, resp.Private, &resp.Diagnostics)
		}
		return // it is replaced: Terraform plans it again, as a creation
	case state.Live() && wait.IsUnknown():
		plan.setResultUnknown()
	case state.Live() && wait.ValueBool():
		plan.setResultUnknown()
		resp.Diagnostics.Append(about.ResumesWaiting(status).Warning())
	case state.Unsuccessful() && state.RerunsFailed() && plan.MayRerunFailed() && !jobmodel.Marked(ctx, private, jobmodel.PrivateAcknowledged, &resp.Diagnostics):
		plan.Status = types.StringUnknown()
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("status"))
		resp.Diagnostics.Append(about.RunsFailedAgain(status).Warning())
	case state.Lost() && state.RerunsExpired() && plan.MayRerunExpired() && !jobmodel.Marked(ctx, private, jobmodel.PrivateAcknowledged, &resp.Diagnostics):
		plan.Status = types.StringUnknown()
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("status"))
		resp.Diagnostics.Append(about.RunsExpiredAgain(status).Warning())
	case !plan.keepsAs(state) && !state.OutputBytes.IsNull():
		plan.forgetOutput()
	case plan.lacksFiles(state):
		plan.forgetFiles()
		resp.Diagnostics.Append(about.RestoresFiles(jobmodel.Names(plan.missing(state))).Warning())
	}
}

// forcing returns the values of the arguments that force a new job when they change,
// except for input.
func (m *resourceModel) forcing() jobmodel.Forcing {
	return m.Forcing(m.Mode, m.InputWOVersion, m.S3Config, m.Triggers)
}

// submitsAs reports whether the arguments submit the same job.
func (m *resourceModel) submitsAs(other *resourceModel) bool {
	return m.forcing().Same(other.forcing()) && sameInput(other.Input, m.Input)
}

// submissionKnown reports whether everything is known that forces a new job when
// it changes.
func (m *resourceModel) submissionKnown() bool {
	return m.forcing().Known() && dynamicjson.IsFullyKnown(m.Input)
}

// keepsAs reports whether the arguments store the same part of the output in the same
// place.
func (m *resourceModel) keepsAs(other *resourceModel) bool {
	return m.OutputSensitive.Equal(other.OutputSensitive) && m.KeepsSame(&other.FileOutput)
}
