package batch

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
)

// NoopRead reports whether the batch has ended and its results file is unchanged, so
// that a refresh changes nothing. A lost file may be back, but the digest to recognize
// it is in the private state, which is not available here.
func (r *batchResource) NoopRead(ctx context.Context, state map[string]tftypes.Value) bool {
	r.data.Seen(state)
	read := jobmodel.NewAttributeReader(state)
	m := resourceModel{
		result: result{
			Phase:         jobmodel.ReadAttribute[types.String](ctx, read, "phase", types.StringType),
			ResultsBytes:  jobmodel.ReadAttribute[types.Int64](ctx, read, "results_bytes", types.Int64Type),
			ResultsSHA256: jobmodel.ReadAttribute[types.String](ctx, read, "results_sha256", types.StringType),
		},
		ResultsFile: jobmodel.ReadAttribute[types.String](ctx, read, "results_file", types.StringType),
	}
	return !read.Failed && m.settled() && (!m.wroteFile() || new(lostFile).found(&m))
}

// NoopPlan reports whether every request of the batch completed and the requests are
// still the same. A batch that writes a file is planned, so that no other one gets the
// file, and so is one without results, which may still have to be read.
func (r *batchResource) NoopPlan(ctx context.Context, config, state map[string]tftypes.Value) bool {
	r.data.Seen(state)
	if !config["results_file"].IsNull() || state["results"].IsNull() || jobmodel.CreationFailed(state) {
		return false
	}
	read := jobmodel.NewAttributeReader(state)
	m := resourceModel{
		result: result{
			Phase:     jobmodel.ReadAttribute[types.String](ctx, read, "phase", types.StringType),
			Total:     jobmodel.ReadAttribute[types.Int64](ctx, read, "total", types.Int64Type),
			Completed: jobmodel.ReadAttribute[types.Int64](ctx, read, "completed", types.Int64Type),
		},
		Requests:       jobmodel.ReadAttribute[types.Dynamic](ctx, read, "requests", types.DynamicType),
		RequestsFile:   jobmodel.ReadAttribute[types.String](ctx, read, "requests_file", types.StringType),
		RequestsSHA256: jobmodel.ReadAttribute[types.String](ctx, read, "requests_sha256", types.StringType),
	}
	if read.Failed || m.Phase.ValueString() != phaseDone || m.unsuccessful() || !r.data.SameEndpoint(config["endpoint_id"], state["endpoint_id"]) {
		return false
	}
	var diags diag.Diagnostics
	work := m.work(&diags, false)
	return len(diags) == 0 && work.Digest == m.RequestsSHA256.ValueString()
}
