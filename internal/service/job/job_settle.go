package job

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

const expiredText = "The API no longer knows the job, and its end was not seen: its result expired between two looks (30 minutes after the end of a /run job, 1 minute after that of a /runsync job), its ttl ran out, or the queue was purged. "

// unreadText is for what cannot read the result later.
const unreadText = "When the job was to be cancelled, the API said that it had ended already, and the result could not be read. Read it with the data source runpodserverless_job, as long as the API keeps it."

// resourceAdvice makes an error only of what should be run again or cannot be
// resumed: an error taints a resource that is being created, and a tainted job
// is paid for again.
var resourceAdvice = jobmodel.Messages{
	TimedOut:    "To fix this: raise timeouts.create, or set on_timeout = \"detach\" to leave such a job running. IN_QUEUE for long means that no worker is free or that workers crash at start: look at the health above and at the workers' logs.",
	Running:     "The wait ran out, and on_timeout = \"detach\" leaves the job running. The next apply resumes the wait; it submits nothing. What depends on the output sees null until then.",
	Cancelled:   "The next apply runs a new job.",
	Interrupted: "The job is in the state. The next apply resumes the wait; it submits nothing. Destroy the resource to cancel the job.",
	Lost:        "The job may still run, and cost. To fix this: cancel it in the console, or destroy this resource.",
	Expired:     expiredText + "The resource is kept with expired = true.\n\nTo fix this: apply again, which runs a new job. Set on_expired = \"warn\" to keep an expired job instead.",
	ExpiredKept: expiredText + "The resource is kept with expired = true, and no new job is planned. To run it again, change a value in triggers, or use -replace.",
	Unread:      "When the job was to be cancelled, the API said that it had ended already, and the result could not be read. The job is in the state as unfinished. The next apply reads its result, as long as the API keeps it (30 minutes after the end of a /run job); it submits nothing.",
	Broken:      "The job was submitted and its id is in the state; it may still run. Fix the cause and apply again: the next apply waits for this job and submits nothing. When this happens during creation, the plan shows a replacement, which takes the job over.",
	Failed:      "To fix this: fix the cause and apply again, which runs a new job; set on_failure = \"warn\" to keep a failed job, or retry to repeat it.",
}

// finish waits for the job in the model and puts what became of it into the
// model and the diagnostics. The job was in the queue for queued before.
func (r *jobResource) finish(ctx context.Context, m *resourceModel, job runpod.Job, timeout, queued time.Duration, diags *diag.Diagnostics) {
	endpointID := m.EndpointID.ValueString()
	settings := m.Wait(ctx, endpointID, &m.Record, timeout, diags)
	settings.QueuedFor = queued
	out := r.data.Runner.Finish(m.reading(ctx), endpointID, job, settings)
	m.Attempts = types.Int64Value(int64(out.Attempts))
	m.setJob(endpointID, out.Job, diags)
	m.Expired = types.BoolValue(out.End == jobrun.EndExpired)
	m.reportUnwritten(out.Job, diags)
	resourceAdvice.Report(ctx, r.data, endpointID, m.ID.ValueString(), out, m.Severity(), diags)
}
