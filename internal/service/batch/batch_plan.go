package batch

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
)

// ValidateConfig implements resource.ResourceWithValidateConfig. A requests file is
// not read here, because the plan reads it.
func (r *batchResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var m resourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.checkSource(&resp.Diagnostics)
	if !resp.Diagnostics.HasError() && !dynamicjson.IsNull(m.Requests) && m.requestsKnown() && m.RequestsFile.IsNull() {
		m.work(&resp.Diagnostics, false)
	}
	m.checkResultsName(payload.CheckSyntax, &resp.Diagnostics)
}

// checkSource refuses a batch without requests, and one with two sources of requests,
// as far as that is known. A value that is known to be null is not set, whatever its
// type.
func (m *resourceModel) checkSource(diags *diag.Diagnostics) {
	if m.Requests.IsUnknown() || m.Requests.IsUnderlyingValueUnknown() || m.RequestsFile.IsUnknown() {
		return
	}
	switch hasRequests, hasFile := !dynamicjson.IsNull(m.Requests), !m.RequestsFile.IsNull(); {
	case hasRequests && hasFile:
		diags.Append(diagnose.RequestSources.Twice().ErrorAt(pathRequestsFile))
	case !hasRequests && !hasFile:
		diags.Append(diagnose.RequestSources.Missing().ErrorAt(pathRequests))
	}
}

// ModifyPlan implements resource.ResourceWithModifyPlan: it reads the requests, and
// plans the update of a stored batch.
func (r *batchResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var config, plan resourceModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.EndpointID = r.data.Endpoint(config.EndpointID, &resp.Diagnostics)
	count := types.Int64Unknown()
	plan.RequestsSHA256 = types.StringUnknown()
	if plan.requestsKnown() {
		work := plan.work(&resp.Diagnostics, true)
		plan.RequestsSHA256, count = types.StringValue(work.Digest), types.Int64Value(int64(work.Count))
	}
	if resp.Diagnostics.HasError() {
		return
	}
	var state *resourceModel
	if req.State.Raw.IsNull() {
		plan.Total = count
		plan.CreationFailed = types.BoolValue(false)
		plan.storePlanned(ctx, resp.Private, &resp.Diagnostics)
		if plan.writesFile() {
			plan.Results = types.DynamicNull()
		}
	} else {
		state = &resourceModel{}
		resp.Diagnostics.Append(req.State.Get(ctx, state)...)
		if resp.Diagnostics.HasError() {
			return
		}
		r.planUpdate(ctx, req.Private, state, &plan, resp)
	}
	plan.checkResultsFile(&resp.Diagnostics)
	r.planResultsFile(ctx, state, &plan, resp)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// planUpdate decides what to do with a stored batch: nothing, continue it, read its
// results, write its file again, or replace it. Terraform plans a replacement again,
// as a creation.
func (r *batchResource) planUpdate(ctx context.Context, private jobmodel.PrivateReader, state, plan *resourceModel, resp *resource.ModifyPlanResponse) {
	plan.result = state.result
	if plan.CreationFailed = state.CreationFailed; plan.CreationFailed.ValueBool() { // it is not tainted any more
		plan.CreationFailed = types.BoolValue(false)
	}
	imported := jobmodel.Marked(ctx, private, jobmodel.PrivateImported, &resp.Diagnostics)
	replace := func(name string) { resp.RequiresReplace = append(resp.RequiresReplace, path.Root(name)) }
	if !imported {
		if !plan.EndpointID.Equal(state.EndpointID) {
			replace("endpoint_id")
		}
		if !plan.RequestsSHA256.Equal(state.RequestsSHA256) {
			replace("requests_sha256")
		}
		if !plan.Triggers.Equal(state.Triggers) {
			replace("triggers")
		}
	}
	if len(resp.RequiresReplace) > 0 {
		if !plan.forcing().Known() {
			jobmodel.MarkUndecided(ctx, resp.Private, &resp.Diagnostics)
		}
		return
	}
	about, status := state.subject(), state.Status.ValueString()
	wait := plan.WaitForCompletion
	switch phase := state.Phase.ValueString(); {
	case phase == phaseDraft:
		plan.setUnknown()
		resp.Diagnostics.Append(about.ResumesFilling(status, state.Total.ValueInt64()).Warning())
	case phase == phaseRunning && wait.IsUnknown():
		plan.setUnknown()
	case phase == phaseRunning && wait.ValueBool():
		plan.setUnknown()
		resp.Diagnostics.Append(about.ResumesWaiting(status, state.counts()).Warning())
	case phase == phaseEnded:
		plan.setUnknown()
		resp.Diagnostics.Append(about.ReadsResults(status).Warning())
	case state.unsuccessful() && state.RerunsFailed() && plan.MayRerunFailed() && !jobmodel.Marked(ctx, private, jobmodel.PrivateAcknowledged, &resp.Diagnostics):
		plan.Status = types.StringUnknown()
		replace("status")
		resp.Diagnostics.Append(about.RunsFailedAgain(status).Warning())
	case state.lost() && state.RerunsExpired() && plan.MayRerunExpired() && !jobmodel.Marked(ctx, private, jobmodel.PrivateAcknowledged, &resp.Diagnostics):
		plan.Status = types.StringUnknown()
		replace("status")
		resp.Diagnostics.Append(about.RunsNewForExpired(status, state.counts()).Warning())
	case state.settled() && phase != phaseExpired && jobmodel.Marked(ctx, private, privateMisplaced, &resp.Diagnostics):
		plan.setUnknown()
		resp.Diagnostics.Append(about.ReadsResults(status).Warning())
	case state.settled() && phase != phaseExpired && !plan.placesAs(state):
		plan.setUnknown()
	case state.restorable(loadLost(ctx, private, &resp.Diagnostics)):
		plan.setFileUnknown()
		resp.Diagnostics.Append(about.RestoresFile(status, state.ResultsFile.ValueString()).Warning())
	}
}

// placesAs reports whether the arguments are known to put the results in the same
// place.
func (m *resourceModel) placesAs(other *resourceModel) bool {
	return m.ResultsFile.Equal(other.ResultsFile) && m.MaxOutputBytes.Equal(other.MaxOutputBytes)
}
