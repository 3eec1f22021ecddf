package job

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// finish waits for the job in the model, and stores and reports its result. queued is
// how long the job was in the queue before.
func (r *jobResource) finish(ctx context.Context, m *resourceModel, job runpod.Job, timeout, queued time.Duration, diags *diag.Diagnostics) {
	endpointID := m.EndpointID.ValueString()
	settings := m.Wait(ctx, endpointID, &m.Record, timeout, diags)
	settings.QueuedFor = queued
	out := r.data.Runner.Finish(m.reading(ctx), endpointID, job, settings)
	m.Attempts = types.Int64Value(int64(out.Attempts))
	m.setJob(endpointID, out.Job, diags)
	m.Expired = types.BoolValue(out.End == jobrun.EndExpired)
	m.reportUnwritten(out.Job, diags)
	r.data.ReportEnd(ctx, m.end(out), diags)
}

// end returns the end of a wait for the job in the model, to be reported.
func (m *resourceModel) end(out jobrun.Outcome) diagnose.JobEnd {
	return diagnose.JobEnd{
		Job:     diagnose.Job{Endpoint: m.EndpointID.ValueString(), ID: m.ID.ValueString()},
		Outcome: out, Messages: &diagnose.JobResource, Fails: m.Severity(),
	}
}
