package jobmodel

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// ReportEnd reports how a wait for a job ended, with context that helps to find the
// cause.
func (d *ProviderData) ReportEnd(ctx context.Context, end diagnose.JobEnd, diags *diag.Diagnostics) {
	end.Context = func() diagnose.Context { return d.ErrorContext(ctx, end.Job.Endpoint, end.Outcome) }
	diags.Append(end.Diagnostics()...)
}

// ReportSubmission reports a submission that failed or has an unknown outcome.
func (d *ProviderData) ReportSubmission(ctx context.Context, messages *diagnose.JobMessages, endpointID string, err error, diags *diag.Diagnostics) {
	var health string
	if runpod.OutcomeUnknown(err) {
		health = BriefHealth(ctx, d.Client, endpointID)
	}
	diags.Append(messages.SubmitFailed(endpointID, err, health).Error())
}

// BriefHealth returns the endpoint's health in one line, or "" if it cannot be read
// within 5 s. It works on a context that has ended.
func BriefHealth(ctx context.Context, client *runpod.Client, endpointID string) string {
	health := wait.BriefHealth(context.WithoutCancel(ctx), client, endpointID)
	if health == nil {
		return ""
	}
	return health.String()
}
