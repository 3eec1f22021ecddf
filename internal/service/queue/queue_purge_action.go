package queue

import (
	"context"
	"fmt"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

var (
	_ action.Action               = (*purgeAction)(nil)
	_ action.ActionWithConfigure  = (*purgeAction)(nil)
	_ action.ActionWithModifyPlan = (*purgeAction)(nil)
)

type purgeAction struct{ data *jobmodel.ProviderData }

// NewPurgeAction returns the action runpodserverless_queue_purge.
func NewPurgeAction() action.Action { return &purgeAction{} }

// Metadata implements action.Action.
func (a *purgeAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_queue_purge"
}

// Configure implements action.ActionWithConfigure.
func (a *purgeAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.data = jobmodel.ProviderDataFrom(req.ProviderData, &resp.Diagnostics)
}

// Schema implements action.Action.
func (a *purgeAction) Schema(_ context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Purges an endpoint's queue: removes every job that waits in it and reports how many there were. Jobs on a worker keep running. " +
			"The queue is shared: jobs that other clients submitted are removed as well. The API allows two purges of an endpoint in ten seconds; the provider delays further ones.\n\n" +
			"Requires Terraform 1.14; OpenTofu has no actions. Without actions, use the `runpodserverless_queue_purge` resource with `triggers`.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": schema.StringAttribute{
				Optional: true, MarkdownDescription: "ID of the endpoint whose queue is purged. Defaults to the provider's `endpoint_id`.",
				Validators: []validator.String{validators.EndpointID()},
			},
		},
	}
}

// ModifyPlan implements action.ActionWithModifyPlan: it sends nothing.
func (a *purgeAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	var own types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("endpoint_id"), &own)...)
	a.data.Endpoint(own, &resp.Diagnostics)
}

// Invoke implements action.Action.
func (a *purgeAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var own types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("endpoint_id"), &own)...)
	endpoint := a.data.Endpoint(own, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !a.data.ReadyFor(endpoint, &resp.Diagnostics) {
		return
	}
	endpointID := endpoint.ValueString()
	removed, err := a.data.Client.PurgeQueue(ctx, endpointID)
	if err != nil {
		resp.Diagnostics.Append(diagnose.Purge{Endpoint: endpointID, By: diagnose.PurgeByAction}.Failed(err).Error())
		return
	}
	count := "the API does not say how many"
	if removed != nil {
		count = strconv.FormatInt(*removed, 10)
	}
	if ctx.Err() != nil { // after an interrupt, Terraform stops reading at the next message
		resp.Diagnostics.Append(diagnose.Endpoint(endpointID).Purged(count).Warning())
		return
	}
	resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf("Jobs removed from the queue of endpoint %s: %s", endpointID, count)})
}
