package job

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// resourceModel is the job resource in configuration, plan and state.
type resourceModel struct {
	EndpointID        types.String         `tfsdk:"endpoint_id"`
	Input             types.Dynamic        `tfsdk:"input"`
	InputWO           types.Dynamic        `tfsdk:"input_wo"`
	InputWOVersion    types.Int64          `tfsdk:"input_wo_version"`
	Mode              types.String         `tfsdk:"mode"`
	SyncWait          timetypes.GoDuration `tfsdk:"sync_wait"`
	Policy            types.Object         `tfsdk:"policy"`
	Webhook           types.String         `tfsdk:"webhook"`
	S3Config          types.Object         `tfsdk:"s3_config"`
	Triggers          types.Map            `tfsdk:"triggers"`
	WaitForCompletion types.Bool           `tfsdk:"wait_for_completion"`
	Retry             types.Object         `tfsdk:"retry"`
	OnFailure         types.String         `tfsdk:"on_failure"`
	OnTimeout         types.String         `tfsdk:"on_timeout"`
	OnInterrupt       types.String         `tfsdk:"on_interrupt"`
	OnDestroy         types.String         `tfsdk:"on_destroy"`
	OutputSensitive   types.Bool           `tfsdk:"output_sensitive"`
	MaxOutputBytes    types.Int64          `tfsdk:"max_output_bytes"`
	Timeouts          timeouts.Value       `tfsdk:"timeouts"`

	ID              types.String      `tfsdk:"id"`
	Status          types.String      `tfsdk:"status"`
	Output          types.Dynamic     `tfsdk:"output"`
	SensitiveOutput types.Dynamic     `tfsdk:"sensitive_output"`
	OutputBytes     types.Int64       `tfsdk:"output_bytes"`
	OutputSHA256    types.String      `tfsdk:"output_sha256"`
	Error           types.Object      `tfsdk:"error"`
	DelayTimeMS     types.Int64       `tfsdk:"delay_time_ms"`
	ExecutionTimeMS types.Int64       `tfsdk:"execution_time_ms"`
	WorkerID        types.String      `tfsdk:"worker_id"`
	Attempts        types.Int64       `tfsdk:"attempts"`
	SubmittedAt     timetypes.RFC3339 `tfsdk:"submitted_at"`
	CompletedAt     timetypes.RFC3339 `tfsdk:"completed_at"`
	Expired         types.Bool        `tfsdk:"expired"`
}

type policyModel struct {
	ExecutionTimeout timetypes.GoDuration `tfsdk:"execution_timeout"`
	TTL              timetypes.GoDuration `tfsdk:"ttl"`
	LowPriority      types.Bool           `tfsdk:"low_priority"`
}

type s3ConfigModel struct {
	AccessID     types.String `tfsdk:"access_id"`
	AccessSecret types.String `tfsdk:"access_secret"`
	BucketName   types.String `tfsdk:"bucket_name"`
	EndpointURL  types.String `tfsdk:"endpoint_url"`
	ObjectPath   types.String `tfsdk:"object_path"`
}

type retryModel struct {
	MaxAttempts types.Int64          `tfsdk:"max_attempts"`
	On          types.Set            `tfsdk:"on"`
	MinBackoff  timetypes.GoDuration `tfsdk:"min_backoff"`
	MaxBackoff  timetypes.GoDuration `tfsdk:"max_backoff"`
}

// The values of mode and of on_failure, on_destroy.
const (
	modeAsync   = "async"
	modeSync    = "sync"
	failError   = "error"
	failWarn    = "warn"
	destroyKeep = "keep"
)

// Defaults of arguments.
const (
	defaultSyncWait       = 90 * time.Second
	defaultMaxOutputBytes = 1 << 20
	defaultMinBackoff     = time.Second
	defaultMaxBackoff     = time.Minute
	defaultCreateTimeout  = 30 * time.Minute
	defaultReadTimeout    = 2 * time.Minute
	defaultDeleteTimeout  = 2 * time.Minute
)

var errorAttrTypes = map[string]attr.Type{
	"type": types.StringType, "message": types.StringType, "traceback": types.StringType, "raw": types.StringType,
}

// live tells that the stored job may still change on the server.
func (m *resourceModel) live() bool {
	return !m.Status.IsNull() && !runpod.Status(m.Status.ValueString()).Final() && !m.Expired.ValueBool()
}

// endedBadly tells that the job is final and did not complete.
func (m *resourceModel) endedBadly() bool {
	status := runpod.Status(m.Status.ValueString())
	return status.Final() && status != runpod.StatusCompleted
}

// current returns the stored job in the client's terms.
func (m *resourceModel) current() runpod.Job {
	return runpod.Job{ID: m.ID.ValueString(), Status: runpod.Status(m.Status.ValueString())}
}

// submitted returns when the job was submitted, the zero time when not known.
func (m *resourceModel) submitted() time.Time {
	if m.SubmittedAt.IsNull() || m.SubmittedAt.IsUnknown() {
		return time.Time{}
	}
	at, diags := m.SubmittedAt.ValueRFC3339Time()
	if diags.HasError() {
		return time.Time{}
	}
	return at
}

// copyResult takes everything that the job's life decided from another model.
func (m *resourceModel) copyResult(from *resourceModel) {
	m.ID, m.Status, m.Output, m.SensitiveOutput = from.ID, from.Status, from.Output, from.SensitiveOutput
	m.OutputBytes, m.OutputSHA256, m.Error = from.OutputBytes, from.OutputSHA256, from.Error
	m.DelayTimeMS, m.ExecutionTimeMS, m.WorkerID = from.DelayTimeMS, from.ExecutionTimeMS, from.WorkerID
	m.Attempts, m.SubmittedAt, m.CompletedAt, m.Expired = from.Attempts, from.SubmittedAt, from.CompletedAt, from.Expired
}

// forgetResult marks what a resumed wait will decide as not known yet.
func (m *resourceModel) forgetResult() {
	m.Status, m.WorkerID = types.StringUnknown(), types.StringUnknown()
	m.Error = types.ObjectUnknown(errorAttrTypes)
	m.DelayTimeMS, m.ExecutionTimeMS, m.Attempts = types.Int64Unknown(), types.Int64Unknown(), types.Int64Unknown()
	m.CompletedAt = timetypes.NewRFC3339Unknown()
	m.Expired = types.BoolUnknown()
	m.forgetOutput()
}

func (m *resourceModel) forgetOutput() {
	m.Output, m.SensitiveOutput = types.DynamicUnknown(), types.DynamicUnknown()
	m.OutputBytes, m.OutputSHA256 = types.Int64Unknown(), types.StringUnknown()
}

// duration returns a duration argument, or fallback when it is not set.
func duration(v timetypes.GoDuration, fallback time.Duration, diags *diag.Diagnostics) time.Duration {
	if v.IsNull() || v.IsUnknown() {
		return fallback
	}
	d, moreDiags := v.ValueGoDuration()
	diags.Append(moreDiags...)
	return d
}

// retryPolicy returns the policy of the retry argument, nil when there is none.
func (m *resourceModel) retryPolicy(ctx context.Context, diags *diag.Diagnostics) *jobrun.RetryPolicy {
	if m.Retry.IsNull() || m.Retry.IsUnknown() {
		return nil
	}
	var r retryModel
	diags.Append(m.Retry.As(ctx, &r, basetypes.ObjectAsOptions{})...)
	p := &jobrun.RetryPolicy{
		MaxAttempts: int(r.MaxAttempts.ValueInt64()),
		MinBackoff:  duration(r.MinBackoff, defaultMinBackoff, diags),
		MaxBackoff:  duration(r.MaxBackoff, defaultMaxBackoff, diags),
		On:          []runpod.Status{runpod.StatusFailed, runpod.StatusTimedOut},
	}
	if !r.On.IsNull() {
		p.On = nil
		diags.Append(r.On.ElementsAs(ctx, &p.On, false)...)
	}
	return p
}
