package job

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/action/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

var (
	_ action.Action               = (*retryAction)(nil)
	_ action.ActionWithConfigure  = (*retryAction)(nil)
	_ action.ActionWithModifyPlan = (*retryAction)(nil)
)

type retryAction struct{ data *jobmodel.ProviderData }

// NewRetryAction returns the action runpodserverless_job_retry.
func NewRetryAction() action.Action { return &retryAction{} }

type retryActionModel struct {
	EndpointID        types.String   `tfsdk:"endpoint_id"`
	ID                types.String   `tfsdk:"id"`
	WaitForCompletion types.Bool     `tfsdk:"wait_for_completion"`
	OnFailure         types.String   `tfsdk:"on_failure"`
	Timeouts          timeouts.Value `tfsdk:"timeouts"`
}

// Metadata implements action.Action.
func (a *retryAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_job_retry"
}

// Configure implements action.ActionWithConfigure.
func (a *retryAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.data = jobmodel.ProviderDataFrom(req.ProviderData, &resp.Diagnostics)
}

// Schema implements action.Action.
func (a *retryAction) Schema(ctx context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Retries a job that ended as `FAILED` or `TIMED_OUT`: puts it back into the queue (`/retry`), under the same ID and with the same input. This works as long as the API keeps the job, which is 30 minutes after the end of a `/run` job.\n\n" +
			actionNote + ". Without actions, use the `retry` argument of the `runpodserverless_job` resource.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id":         actionEndpoint(),
			"id":                  schema.StringAttribute{Required: true, MarkdownDescription: jobmodel.DescribeID, Validators: []validator.String{validators.ID()}},
			"wait_for_completion": schema.BoolAttribute{Optional: true, MarkdownDescription: "If `true`, the action waits until the job ends. A timeout or an interrupt leaves the job running. Defaults to `true`."},
			"on_failure":          actionChoice(describeActionFailure, jobmodel.FailError, jobmodel.FailWarn),
			"timeouts":            validators.ActionTimeouts(ctx, timeouts.Opts{InvokeDescription: "How long to wait for the job after it was put back into the queue, e.g. `30s` or `2h45m`. Defaults to `30m`."}),
		},
	}
}

// ModifyPlan implements action.ActionWithModifyPlan: it sends nothing.
func (a *retryAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	checkEndpoint(ctx, a.data, req.Config, &resp.Diagnostics)
}

// Invoke implements action.Action.
func (a *retryAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m retryActionModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	m.EndpointID = a.data.Endpoint(m.EndpointID, &resp.Diagnostics)
	timeout, diags := m.Timeouts.Invoke(ctx, jobmodel.DefaultWaitTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !a.data.ReadyFor(m.EndpointID, &resp.Diagnostics) {
		return
	}
	endpointID, jobID := m.EndpointID.ValueString(), m.ID.ValueString()
	about := diagnose.Job{Endpoint: endpointID, ID: jobID}
	job, err := a.data.Client.Retry(ctx, endpointID, jobID)
	if err != nil {
		resp.Diagnostics.Append(about.RetryFailed(err).Error())
		return
	}
	p := newProgress(ctx, a.data.Client, endpointID, jobID, resp.SendProgress)
	if p.report("put back into the queue") && !waits(m.WaitForCompletion) {
		return
	}
	out := follow(ctx, a.data.Runner, endpointID, job, jobrun.Wait{
		Options: wait.Options{Timeout: timeout, SubmittedAt: time.Now()}, OnTimeout: jobrun.Detach, OnInterrupt: jobrun.Detach,
	}, p)
	fails := diagnose.Severity{Failure: m.OnFailure.ValueString() != jobmodel.FailWarn, Expiry: true}
	p.reportEnd(ctx, a.data, diagnose.JobEnd{Job: about, Outcome: out, Messages: &diagnose.JobRetryAction, Fails: fails}, &resp.Diagnostics)
}
