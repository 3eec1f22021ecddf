package job

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// finish waits for the job in the model and puts what became of it into the
// model and the diagnostics. What it reports as an error taints a resource
// that is being created, and a tainted job is paid for again: so only what
// should be run again, or cannot be resumed, is an error.
func (r *jobResource) finish(ctx context.Context, m *resourceModel, job runpod.Job, timeout time.Duration, diags *diag.Diagnostics) {
	out := r.data.Runner.Finish(ctx, m.EndpointID.ValueString(), job, jobrun.Wait{
		Options: wait.Options{
			Timeout: timeout, SubmittedAt: m.submitted(),
			OnSlow: func(ctx context.Context, last runpod.Job, health *runpod.Health) {
				logSlow(ctx, m.EndpointID.ValueString(), m.ID.ValueString(), last, health)
			},
		},
		Attempts:    int(m.Attempts.ValueInt64()),
		Retry:       m.retryPolicy(ctx, diags),
		OnTimeout:   jobrun.Choice(m.OnTimeout.ValueString()),
		OnInterrupt: jobrun.Choice(m.OnInterrupt.ValueString()),
		OnAttempt: func(ended runpod.Job, attempt int) {
			tflog.Info(ctx, "Job ended badly and is retried", map[string]any{"job_id": ended.ID, "status": string(ended.Status), "attempt": attempt})
		},
	})
	m.Attempts = types.Int64Value(int64(out.Attempts))
	m.setJob(out.Job, diags)
	m.Expired = types.BoolValue(out.End == jobrun.Gone)
	m.report(out, diags)
}

func logSlow(ctx context.Context, endpointID, jobID string, last runpod.Job, health *runpod.Health) {
	fields := map[string]any{"endpoint_id": endpointID, "job_id": jobID, "status": string(last.Status)}
	if health != nil {
		fields["health"] = health.String()
	}
	tflog.Warn(ctx, "Still waiting for a job after a minute", fields)
}

// report says how a wait ended.
func (m *resourceModel) report(out jobrun.Outcome, diags *diag.Diagnostics) {
	about := diagnose.Job(m.EndpointID.ValueString(), m.ID.ValueString()).Fact("State", string(out.Job.Status))
	switch out.End {
	case jobrun.Finished:
		m.reportEnd(out, diags)
	case jobrun.TimedOut:
		about.Fact("What happened", out.Err.Error())
		if out.Cancelled {
			diags.AddError("Job timed out and was cancelled", about.
				Say("What to do: raise timeouts.create, or set on_timeout = \"detach\" to leave such a job running. IN_QUEUE for long means that no worker is free or that workers crash at start: look at the health above and at the workers' logs.").String())
		} else if out.CancelErr != nil {
			diags.AddError("Job timed out and could not be cancelled", about.Fact("The cancelling failed", out.CancelErr.Error()).
				Say("The job may still run, and cost. What to do: cancel it in the console, or destroy this resource.").String())
		} else {
			diags.AddWarning("Job is still running", about.
				Say("The wait ran out, and on_timeout = \"detach\" leaves the job running. The next apply resumes the wait; it submits nothing. What depends on the output sees null until then.").String())
		}
	case jobrun.Interrupted:
		switch {
		case out.Cancelled:
			diags.AddError("Interrupted; the job was cancelled", about.Say("The next apply runs a new job.").String())
		case out.CancelErr != nil:
			diags.AddError("Interrupted; the job could not be cancelled", about.Fact("The cancelling failed", out.CancelErr.Error()).
				Say("The job may still run, and cost. What to do: cancel it in the console, or destroy this resource.").String())
		default:
			diags.AddWarning("Interrupted; the job goes on", about.
				Say("The job is in the state. The next apply resumes the wait; it submits nothing. Destroy the resource to cancel the job.").String())
		}
	case jobrun.Gone:
		diags.AddWarning("Job has expired", about.Fact("What happened", out.Err.Error()).
			Say("%s", goneText).String())
	case jobrun.Broken:
		detail := diagnose.Error(m.EndpointID.ValueString(), m.ID.ValueString(), out.Err)
		diags.AddError("Unable to wait for the job", detail+
			"\n\nThe job was submitted and its id is in the state; it may still run. When this happens during creation, Terraform marks the resource as tainted: run `terraform untaint` on it after the cause is mended, and the next apply resumes the wait instead of running a new job.")
	}
}

const goneText = "The API no longer knows the job, and its end was not seen: its result expired between two looks (30 minutes after the end of a /run job, 1 minute after that of a /runsync job), its ttl ran out, or the queue was purged. " +
	"The resource is kept with expired = true, and no new job is planned. To run it again, change a value in triggers, or use -replace."

// reportEnd reports a job that is final and did not complete.
func (m *resourceModel) reportEnd(out jobrun.Outcome, diags *diag.Diagnostics) {
	if out.Job.Status == runpod.StatusCompleted {
		return
	}
	about := diagnose.Job(m.EndpointID.ValueString(), m.ID.ValueString()).Fact("State", string(out.Job.Status)).Fact("Worker", out.Job.WorkerID)
	if out.Job.ExecutionTime != nil {
		about.Fact("Time on a worker", fmt.Sprintf("%d ms", *out.Job.ExecutionTime))
	}
	if out.Attempts > 1 {
		about.Fact("Runs", fmt.Sprint(out.Attempts))
	}
	if out.RetryErr != nil {
		about.Fact("Retrying failed", out.RetryErr.Error())
	}
	if e := out.Job.Error; e != nil {
		about.Fact("Error type", e.Type).Fact("Error", shorten(e.Message, 2000))
		if e.Traceback != "" {
			about.Say("Last lines of the traceback:\n%s", lastLines(e.Traceback, 8))
		}
	}
	title := fmt.Sprintf("Job ended as %s", out.Job.Status)
	if m.OnFailure.ValueString() == failWarn {
		diags.AddWarning(title, about.String())
		return
	}
	diags.AddError(title, about.Say("What to do: mend the cause and apply again, which runs a new job; set on_failure = \"warn\" to keep a failed job, or retry to repeat it.").String())
}

func lastLines(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
