package job

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

var (
	_ action.Action               = (*cancelAction)(nil)
	_ action.ActionWithConfigure  = (*cancelAction)(nil)
	_ action.ActionWithModifyPlan = (*cancelAction)(nil)
)

type cancelAction struct{ data *jobmodel.ProviderData }

// NewCancelAction returns the action runpodserverless_job_cancel.
func NewCancelAction() action.Action { return &cancelAction{} }

type cancelModel struct {
	EndpointID types.String `tfsdk:"endpoint_id"`
	ID         types.String `tfsdk:"id"`
}

// Metadata implements action.Action.
func (a *cancelAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_job_cancel"
}

// Configure implements action.ActionWithConfigure.
func (a *cancelAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.data = jobmodel.ProviderDataFrom(req.ProviderData, &resp.Diagnostics)
}

// Schema implements action.Action.
func (a *cancelAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Cancels a job. A job that has already ended is not an error. A job that the API does not know is: nothing was cancelled, and a job that is not visible yet may still run. It can take some seconds until the worker learns that its job was cancelled.\n\n" +
			actionNote + ". Without actions, destroy the resource of the job; with `on_destroy = \"cancel\"` that does the same.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": actionEndpoint(),
			"id":          schema.StringAttribute{Required: true, MarkdownDescription: jobmodel.DescribeID, Validators: []validator.String{validators.ID()}},
		},
	}
}

// ModifyPlan implements action.ActionWithModifyPlan: it sends nothing.
func (a *cancelAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	checkEndpoint(ctx, a.data, req.Config, &resp.Diagnostics)
}

// Invoke implements action.Action.
func (a *cancelAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m cancelModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	m.EndpointID = a.data.Endpoint(m.EndpointID, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !a.data.ReadyFor(m.EndpointID, &resp.Diagnostics) {
		return
	}
	endpointID, jobID := m.EndpointID.ValueString(), m.ID.ValueString()
	// The submission time is not known, and may be a moment ago.
	job, err := a.data.Runner.CancelRecent(ctx, endpointID, jobID, time.Now())
	about := diagnose.Job{Endpoint: endpointID, ID: jobID}
	switch {
	case runpod.IsJobNotFound(err):
		resp.Diagnostics.Append(about.NotFoundToCancel().Error())
		return
	case err != nil:
		resp.Diagnostics.Append(diagnose.JobAction.NotCancelled(about, err).Error())
		return
	}
	if ctx.Err() != nil { // after an interrupt, Terraform stops reading at the next message
		resp.Diagnostics.Append(about.CancelledByAction(job.Status).Warning())
		return
	}
	resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf("Job %s on endpoint %s: %s", jobID, endpointID, job.Status)})
}
