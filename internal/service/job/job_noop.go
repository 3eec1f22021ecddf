package job

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// NoopRead reports whether the job completed and its files are unchanged, so that a
// refresh changes nothing.
func (r *jobResource) NoopRead(ctx context.Context, state map[string]tftypes.Value) bool {
	r.data.Seen(state)
	files := storedFiles(ctx, state)
	_, drifted := jobmodel.WithoutDrifted(files)
	return completed(state) && !drifted && !jobmodel.Unwritable(files)
}

// storedFiles returns the digests of the files in a stored value.
func storedFiles(ctx context.Context, state map[string]tftypes.Value) types.Map {
	return jobmodel.ReadAttribute[types.Map](ctx, jobmodel.NewAttributeReader(state), "files", types.MapType{ElemType: types.StringType})
}

// NoopPlan reports whether a plan with unchanged arguments changes nothing: the job
// completed, its creation did not fail, it wrote no files, and the endpoint that it
// takes from the provider is the same.
func (r *jobResource) NoopPlan(ctx context.Context, config, state map[string]tftypes.Value) bool {
	r.data.Seen(state)
	if !completed(state) || jobmodel.CreationFailed(state) || !r.data.SameEndpoint(config["endpoint_id"], state["endpoint_id"]) {
		return false
	}
	return state["output_files"].IsNull() // a job with files is planned, so that no other resource gets them
}

// completed reports whether a stored job completed.
func completed(state map[string]tftypes.Value) bool {
	var status string
	return !state["status"].IsNull() && state["status"].As(&status) == nil && runpod.Status(status) == runpod.StatusCompleted
}
