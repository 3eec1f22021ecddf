package job

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// NoopRead reports whether the job completed, so that a refresh changes nothing.
func (r *jobResource) NoopRead(_ context.Context, state map[string]tftypes.Value) bool {
	r.seen(state)
	return completed(state)
}

// seen tells the ledger that the state has the job.
func (r *jobResource) seen(state map[string]tftypes.Value) {
	var id string
	if r.data != nil && state["id"].As(&id) == nil {
		r.data.Ledger.Seen(id)
	}
}

// NoopPlan reports whether a plan with unchanged arguments changes nothing: the job
// completed, its creation did not fail, and the endpoint that it takes from the provider is the same.
func (r *jobResource) NoopPlan(_ context.Context, config, state map[string]tftypes.Value) bool {
	r.seen(state)
	return completed(state) && !isTrue(state["creation_failed"]) && r.data.Stays(config["endpoint_id"], state["endpoint_id"])
}

func isTrue(v tftypes.Value) bool {
	var b bool
	return v.IsKnown() && !v.IsNull() && v.As(&b) == nil && b
}

// completed reports whether a stored job ended well.
func completed(state map[string]tftypes.Value) bool {
	var status string
	return !state["status"].IsNull() && state["status"].As(&status) == nil && runpod.Status(status) == runpod.StatusCompleted
}
