package job

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/shortcut"
)

var (
	_ shortcut.AtRest   = (*jobResource)(nil)
	_ shortcut.PassesOn = (*jobResource)(nil)
)

// AtRest implements shortcut.AtRest: a job that completed stays as it is.
func (r *jobResource) AtRest(_ context.Context, state map[string]tftypes.Value) bool {
	return completed(state)
}

// Settled implements shortcut.AtRest: nothing can come of planning a completed
// job again, unless the endpoint that it takes from the provider is another one.
func (r *jobResource) Settled(_ context.Context, config, state map[string]tftypes.Value) bool {
	return completed(state) && r.data.Stays(config["endpoint_id"], state["endpoint_id"])
}

// completed reports whether a stored job ended well.
func completed(state map[string]tftypes.Value) bool {
	var status string
	return !state["status"].IsNull() && state["status"].As(&status) == nil && runpod.Status(status) == runpod.StatusCompleted
}

// PassedOn implements shortcut.PassesOn.
func (r *jobResource) PassedOn() (string, tftypes.Value) { return "input", standIn }

// ValidPassedOn implements shortcut.PassesOn: the input is one, and with what it
// is submitted in not too large.
func (r *jobResource) ValidPassedOn(ctx context.Context, config map[string]tftypes.Value) bool {
	if !config["input_wo"].IsNull() || !config["s3_config"].IsNull() {
		return false // these count as well, and are better looked at by one only
	}
	read := dynamicjson.NewReader(config)
	s := jobmodel.Submission{
		SubmitArgs: jobmodel.SubmitArgs{
			Policy:  dynamicjson.Read[types.Object](ctx, read, "policy", jobmodel.PolicyType),
			Webhook: dynamicjson.Read[types.String](ctx, read, "webhook", types.StringType),
		},
		Input: dynamicjson.Read[types.Dynamic](ctx, read, "input", types.DynamicType),
		Mode:  dynamicjson.Read[types.String](ctx, read, "mode", types.StringType),
	}
	var diags diag.Diagnostics
	s.Validate(ctx, jobmodel.Secrets{}, &diags)
	return !read.Failed && len(diags) == 0
}

// PlanPassedOn implements shortcut.PassesOn: a plan looks at no more of the input
// than whether there is one.
func (r *jobResource) PlanPassedOn(context.Context, map[string]tftypes.Value) bool { return true }

// standIn is an input.
var standIn = dynamicjson.SingleAttribute("x", tftypes.NewValue(tftypes.Bool, true))
