package jobset

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
)

// NoopRead reports whether no job of the set is live or can have been retried, and all
// files are unchanged, so that a refresh changes nothing.
func (r *setResource) NoopRead(ctx context.Context, state map[string]tftypes.Value) bool {
	var m resourceModel
	read := jobmodel.NewAttributeReader(state)
	m.readJobs(ctx, read)
	jobs := m.jobsState()
	failed := jobmodel.ReadAttribute[types.Bool](ctx, read, "creation_failed", types.BoolType).ValueBool() // see rememberFailed
	r.seen(failed, jobs)
	changing := jobs.keys(func(e *jobEntry) bool { return e.Live() || e.Retriable() })
	unwritable := jobs.keys(func(e *jobEntry) bool { return jobmodel.Unwritable(e.Files) })
	return !read.Failed && !failed && len(changing)+len(unwritable) == 0 && !jobs.dropDrifted()
}

// NoopPlan reports whether a plan with unchanged arguments changes nothing: no key
// has to be run, resumed or removed, and the set was created without an error.
func (r *setResource) NoopPlan(ctx context.Context, config, state map[string]tftypes.Value) bool {
	if !r.data.SameEndpoint(config["endpoint_id"], state["endpoint_id"]) || !state["output_files"].IsNull() || !config["input_wo"].IsNull() {
		return false
	}
	var m resourceModel
	read := jobmodel.NewAttributeReader(state)
	m.readJobs(ctx, read)
	m.OnFailure = jobmodel.ReadAttribute[types.String](ctx, read, "on_failure", types.StringType)
	m.OnExpired = jobmodel.ReadAttribute[types.String](ctx, read, "on_expired", types.StringType)
	m.MinSuccessRatio = jobmodel.ReadAttribute[types.Float64](ctx, read, "min_success_ratio", types.Float64Type)
	m.CreationFailed = jobmodel.ReadAttribute[types.Bool](ctx, read, "creation_failed", types.BoolType)
	// The other arguments count toward the size of each request.
	m.Webhook = jobmodel.ReadAttribute[types.String](ctx, read, "webhook", types.StringType)
	m.InputsFile = jobmodel.ReadAttribute[types.String](ctx, read, "inputs_file", types.StringType)
	m.Policy = jobmodel.ReadAttribute[types.Object](ctx, read, "policy", jobmodel.PolicyType)
	var diags diag.Diagnostics
	inputs := m.readInputs(ctx, state["inputs"], &diags)
	if read.Failed || len(diags) > 0 || inputs == nil || m.CreationFailed.ValueBool() {
		return false
	}
	stored := m.jobsState()
	r.seen(false, stored)
	a := m.changes(inputs, stored, types.MapNull(jobEntryType))
	return len(a.open()) == 0 && len(a.remove) == 0
}

func (m *resourceModel) readJobs(ctx context.Context, read *jobmodel.AttributeReader) {
	m.Jobs = jobmodel.ReadAttribute[types.Map](ctx, read, "jobs", types.MapType{ElemType: jobEntryType})
}
