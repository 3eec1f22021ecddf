package jobset

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/shortcut"
)

var (
	_ shortcut.AtRest = (*setResource)(nil)
	_ shortcut.Bulky  = (*setResource)(nil)
)

// AtRest implements shortcut.AtRest: a set of which no job is live stays as it is.
func (r *setResource) AtRest(ctx context.Context, state map[string]tftypes.Value) bool {
	var m resourceModel
	read := dynamicjson.NewReader(state)
	m.readJobs(ctx, read)
	stored := m.jobsState()
	r.seen(stored)
	return !read.Failed && len(stored.keys((*jobEntry).Live)) == 0
}

// Settled implements shortcut.AtRest: there is nothing on the agenda, nor a
// failed creation to be forgotten.
func (r *setResource) Settled(ctx context.Context, config, state map[string]tftypes.Value) bool {
	if !r.data.Stays(config["endpoint_id"], state["endpoint_id"]) {
		return false
	}
	var m resourceModel
	read := dynamicjson.NewReader(state)
	m.readJobs(ctx, read)
	m.OnFailure = dynamicjson.Read[types.String](ctx, read, "on_failure", types.StringType)
	m.MinSuccessRatio = dynamicjson.Read[types.Float64](ctx, read, "min_success_ratio", types.Float64Type)
	m.CreationFailed = dynamicjson.Read[types.Bool](ctx, read, "creation_failed", types.BoolType)
	inputs := m.plainInputs(ctx, state)
	if inputs == nil || m.CreationFailed.ValueBool() {
		return false
	}
	stored := m.jobsState()
	r.seen(stored)
	a := m.changes(inputs, stored, types.MapNull(jobEntryType))
	return len(a.open()) == 0 && len(a.remove) == 0
}

// Bulky implements shortcut.Bulky.
func (r *setResource) Bulky() []string { return bulky }

func (m *resourceModel) readJobs(ctx context.Context, read *dynamicjson.Reader) {
	m.Jobs = dynamicjson.Read[types.Map](ctx, read, "jobs", types.MapType{ElemType: jobEntryType})
}

// plainInputs returns the inputs; nil when something is wrong with them. It
// reads what each is submitted in as well, because that counts for its size.
func (m *resourceModel) plainInputs(ctx context.Context, attributes map[string]tftypes.Value) map[string]input {
	read := dynamicjson.NewReader(attributes)
	m.Webhook = dynamicjson.Read[types.String](ctx, read, "webhook", types.StringType)
	m.Policy = dynamicjson.Read[types.Object](ctx, read, "policy", jobmodel.PolicyType)
	if read.Failed {
		return nil
	}
	var diags diag.Diagnostics
	inputs := m.readInputs(ctx, attributes["inputs"], &diags)
	if len(diags) > 0 {
		return nil
	}
	return inputs
}
