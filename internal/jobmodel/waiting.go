package jobmodel

import (
	"context"
	"regexp"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// The values of on_failure and on_expired, and the value of on_destroy that cancels
// nothing.
const (
	FailError   = "error"
	FailWarn    = "warn"
	DestroyKeep = "keep"
)

// Defaults of arguments.
const (
	defaultMinBackoff    = time.Second
	defaultMaxBackoff    = time.Minute
	DefaultWaitTimeout   = 30 * time.Minute
	DefaultReadTimeout   = 2 * time.Minute
	DefaultDeleteTimeout = 2 * time.Minute
)

// WaitArgs are the arguments that decide how to wait for a job, and what to do if the
// wait ends early.
type WaitArgs struct {
	Retry       types.Object `tfsdk:"retry"`
	OnTimeout   types.String `tfsdk:"on_timeout"`
	OnInterrupt types.String `tfsdk:"on_interrupt"`
	// QueueTimeout is the maximum time in the queue.
	QueueTimeout validators.DurationValue `tfsdk:"queue_timeout"`
}

type retryModel struct {
	MaxAttempts  types.Int64              `tfsdk:"max_attempts"`
	On           types.Set                `tfsdk:"on"`
	ErrorMatches types.List               `tfsdk:"error_matches"`
	MinBackoff   validators.DurationValue `tfsdk:"min_backoff"`
	MaxBackoff   validators.DurationValue `tfsdk:"max_backoff"`
}

// Wait returns how to wait for a job of record, by the arguments. A null
// on_timeout means cancel, a null on_interrupt detach.
func (e *WaitArgs) Wait(ctx context.Context, endpointID string, record *Record, timeout time.Duration, diags *diag.Diagnostics) jobrun.Wait {
	jobID := record.ID.ValueString()
	return jobrun.Wait{
		Options: wait.Options{
			Timeout: timeout, SubmittedAt: record.Submitted(), QueueTimeout: Duration(e.QueueTimeout, 0, diags),
			OnSlow: func(ctx context.Context, last runpod.Job, health *runpod.Health) {
				logSlow(ctx, endpointID, jobID, last, health)
			},
		},
		Attempts:    int(record.Attempts.ValueInt64()),
		Retry:       e.RetryPolicy(ctx, diags),
		OnTimeout:   Choice(e.OnTimeout, jobrun.Cancel),
		OnInterrupt: Choice(e.OnInterrupt, jobrun.Detach),
		OnAttempt: func(ended runpod.Job, attempt int) {
			tflog.Info(ctx, "Job did not complete and is retried", map[string]any{"job_id": runpod.Printable(ended.ID, runpod.MaxShown), "status": string(ended.Status), "attempt": attempt})
		},
	}
}

// Choice returns the value of an on_… argument, or fallback if it is not set.
func Choice(v types.String, fallback jobrun.Choice) jobrun.Choice {
	if v.ValueString() == "" {
		return fallback
	}
	return jobrun.Choice(v.ValueString())
}

// RetryPolicy returns the policy of the retry argument, nil if it is not set.
func (e *WaitArgs) RetryPolicy(ctx context.Context, diags *diag.Diagnostics) *jobrun.RetryPolicy {
	if e.Retry.IsNull() || e.Retry.IsUnknown() {
		return nil
	}
	var r retryModel
	diags.Append(e.Retry.As(ctx, &r, basetypes.ObjectAsOptions{})...)
	p := &jobrun.RetryPolicy{
		MaxAttempts: int(r.MaxAttempts.ValueInt64()),
		MinBackoff:  Duration(r.MinBackoff, defaultMinBackoff, diags),
		MaxBackoff:  Duration(r.MaxBackoff, defaultMaxBackoff, diags),
		On:          []runpod.Status{runpod.StatusFailed, runpod.StatusTimedOut},
	}
	if !r.On.IsNull() {
		p.On = nil
		diags.Append(r.On.ElementsAs(ctx, &p.On, false)...)
	}
	var expressions []string
	diags.Append(r.ErrorMatches.ElementsAs(ctx, &expressions, false)...)
	for i, expression := range expressions {
		compiled, err := regexp.Compile(expression)
		if err != nil {
			diags.Append(diagnose.RegexpNotCompiled(err).ErrorAt(path.Root("retry").AtName("error_matches").AtListIndex(i)))
			continue
		}
		p.ErrorMatches = append(p.ErrorMatches, compiled)
	}
	return p
}

// LimitSync limits the wait of POST /runsync to the maximum time in the queue.
func (e *WaitArgs) LimitSync(s *jobrun.Submission, diags *diag.Diagnostics) {
	s.SyncWait = min(s.SyncWait, Duration(e.QueueTimeout, s.SyncWait, diags))
}

func logSlow(ctx context.Context, endpointID, jobID string, last runpod.Job, health *runpod.Health) {
	fields := map[string]any{"endpoint_id": endpointID, "job_id": runpod.Printable(jobID, runpod.MaxShown), "status": string(last.Status)}
	if health != nil {
		fields["health"] = health.String()
		if why := diagnose.Queued(*health); why != "" && last.Status == runpod.StatusInQueue {
			fields["reason"] = why
		}
	}
	tflog.Warn(ctx, "Still waiting for a job after 100 seconds", fields)
}
