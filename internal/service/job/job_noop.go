package job

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// NoopRead reports whether the job completed, so that a refresh changes nothing.
func (r *jobResource) NoopRead(_ context.Context, state map[string]tftypes.Value) bool {
	return completed(state)
}

// NoopPlan reports whether a plan with unchanged arguments changes nothing: the job
// completed, and the endpoint that it takes from the provider is the same.
func (r *jobResource) NoopPlan(_ context.Context, config, state map[string]tftypes.Value) bool {
	return completed(state) && r.data.Stays(config["endpoint_id"], state["endpoint_id"])
}

// completed reports whether a stored job ended well.
func completed(state map[string]tftypes.Value) bool {
	var status string
	return !state["status"].IsNull() && state["status"].As(&status) == nil && runpod.Status(status) == runpod.StatusCompleted
}
