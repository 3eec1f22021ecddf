package jobmodel

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/text/unicode/norm"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// Result is the result of a job.
type Result struct {
	Record
	Output types.Dynamic `tfsdk:"output"`
}

// Record is a result without the output itself.
type Record struct {
	ID              types.String      `tfsdk:"id"`
	Status          types.String      `tfsdk:"status"`
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

// errorAttrTypes are the types of the error attribute.
var errorAttrTypes = map[string]attr.Type{
	"type": types.StringType, "message": types.StringType, "traceback": types.StringType, "raw": types.StringType,
}

// Live reports whether the stored job may still change on the server.
func (r *Record) Live() bool {
	return !r.Status.IsNull() && !r.Final() && !r.Expired.ValueBool()
}

// Final reports whether the stored status is final.
func (r *Record) Final() bool { return runpod.Status(r.Status.ValueString()).Final() }

// Completed reports whether the job completed.
func (r *Record) Completed() bool {
	return runpod.Status(r.Status.ValueString()) == runpod.StatusCompleted
}

// Unsuccessful reports whether the job is final and did not complete.
func (r *Record) Unsuccessful() bool { return r.Final() && !r.Completed() }

// Lost reports whether the API forgot the job before its end was seen.
func (r *Record) Lost() bool { return r.Expired.ValueBool() && !r.Final() }

// MayBeTakenOver reports whether a creation that would submit the same takes the job
// over after the creation of this resource failed: the job may still complete, or has.
// What the ledger records of the job, what a delete offers and what a plan shows depend
// on it alike: otherwise a paid job is lost, or run twice.
func (r *Record) MayBeTakenOver() bool { return !r.ID.IsNull() && (r.Live() || r.Completed()) }

// resultRetention is how long the API keeps the result of a /run job.
const resultRetention = 30 * time.Minute

// RereadTimeout bounds the reading of jobs that are [Record.Retriable]. If it
// fails, the stored result stays.
const RereadTimeout = 10 * time.Second

// Retriable reports whether the job ended in a way that /retry accepts, so recently
// that it may have been put back into the queue since. A time in the future, from the
// clock of another machine, is not recent.
func (r *Record) Retriable() bool {
	switch runpod.Status(r.Status.ValueString()) {
	case runpod.StatusFailed, runpod.StatusTimedOut:
		at, diags := r.CompletedAt.ValueRFC3339Time()
		since := time.Since(at)
		return !r.CompletedAt.IsNull() && !diags.HasError() && since >= 0 && since < resultRetention
	default:
		return false
	}
}

// SameEnd reports whether a job ended like the stored one. It compares texts in
// Unicode normal form C, because Terraform stores them so.
func (r *Record) SameEnd(job runpod.Job) bool {
	return string(job.Status) == r.Status.ValueString() && r.ExecutionTimeMS.Equal(types.Int64PointerValue(job.ExecutionTime)) &&
		r.DelayTimeMS.Equal(types.Int64PointerValue(job.DelayTime)) && sameError(r.Job().Error, job.Error)
}

func sameError(a, b *runpod.JobError) bool {
	if a == nil || b == nil {
		return a == b
	}
	return composed(a) == composed(b)
}

// composed returns an error with texts in Unicode normal form C.
func composed(e *runpod.JobError) runpod.JobError {
	return runpod.JobError{
		Type: norm.NFC.String(e.Type), Message: norm.NFC.String(e.Message),
		Traceback: norm.NFC.String(e.Traceback), Raw: norm.NFC.String(e.Raw),
	}
}

// Job returns the stored job as the client's type, with the fields that an error about
// it needs.
func (r *Record) Job() runpod.Job {
	job := runpod.Job{ID: r.ID.ValueString(), Status: runpod.Status(r.Status.ValueString()), WorkerID: r.WorkerID.ValueString()}
	if !r.Error.IsNull() && !r.Error.IsUnknown() {
		text := func(name string) string {
			s, _ := r.Error.Attributes()[name].(types.String)
			return s.ValueString()
		}
		job.Error = &runpod.JobError{Type: text("type"), Message: text("message"), Traceback: text("traceback"), Raw: text("raw")}
	}
	return job
}

// Submitted returns when the job was submitted; the zero time if that is not known.
func (r *Record) Submitted() time.Time {
	if r.SubmittedAt.IsNull() || r.SubmittedAt.IsUnknown() {
		return time.Time{}
	}
	at, diags := r.SubmittedAt.ValueRFC3339Time()
	if diags.HasError() {
		return time.Time{}
	}
	return at
}

// SetNull makes every attribute null, as when no job was run.
func (r *Result) SetNull() {
	r.Record.SetNull()
	r.Output = types.DynamicNull()
}

// SetSubmitted fills in a job that was just submitted, with every attribute known.
func (r *Result) SetSubmitted(job runpod.Job, at time.Time) {
	r.Record.SetSubmitted(job, at)
	r.Output = types.DynamicNull()
}

// SetUnknown marks what a resumed wait will decide as not known yet.
func (r *Result) SetUnknown() {
	r.Record.SetUnknown()
	r.Output = types.DynamicUnknown()
}

// SetOutputUnknown marks the output as not known yet.
func (r *Result) SetOutputUnknown() {
	r.Record.SetOutputUnknown()
	r.Output = types.DynamicUnknown()
}

// ClearOutput makes the output null.
func (r *Result) ClearOutput() {
	r.Record.ClearOutput()
	r.Output = types.DynamicNull()
}

// SetNull makes every attribute null, as when no job was run.
func (r *Record) SetNull() {
	r.ID, r.Status = types.StringNull(), types.StringNull()
	r.Attempts = types.Int64Null()
	r.SubmittedAt = timetypes.NewRFC3339Null()
	r.Expired = types.BoolNull()
	r.clear()
	r.ClearOutput()
}

// SetSubmitted fills in a job that was just submitted, with every attribute known.
func (r *Record) SetSubmitted(job runpod.Job, at time.Time) {
	r.SetNull()
	r.ID = types.StringValue(job.ID)
	r.Status = types.StringValue(string(job.Status))
	r.SubmittedAt = moment(at)
	r.Attempts = types.Int64Value(1)
	r.Expired = types.BoolValue(false)
}

// SetJob stores what the API reports, except for the output, which is up to [Output].
// Times of a live job are not stored until it is final, because they change with each
// reading.
func (r *Record) SetJob(job runpod.Job) {
	if job.Unread {
		return // a stored end is never read again
	}
	r.clear()
	r.ID = types.StringValue(job.ID)
	r.Status = types.StringValue(string(job.Status))
	if !job.Status.Final() {
		return
	}
	r.DelayTimeMS = types.Int64PointerValue(job.DelayTime)
	r.ExecutionTimeMS = types.Int64PointerValue(job.ExecutionTime)
	r.WorkerID = TextOrNull(job.WorkerID)
	r.CompletedAt = moment(time.Now())
	r.Error = ErrorValue(job.Error)
}

// SetUnknown marks what a resumed wait will decide as not known yet.
func (r *Record) SetUnknown() {
	r.Status, r.WorkerID = types.StringUnknown(), types.StringUnknown()
	r.Error = types.ObjectUnknown(errorAttrTypes)
	r.DelayTimeMS, r.ExecutionTimeMS, r.Attempts = types.Int64Unknown(), types.Int64Unknown(), types.Int64Unknown()
	r.CompletedAt = timetypes.NewRFC3339Unknown()
	r.Expired = types.BoolUnknown()
	r.SetOutputUnknown()
}

// SetOutputUnknown marks what is stored of the output as not known yet.
func (r *Record) SetOutputUnknown() {
	r.OutputBytes, r.OutputSHA256 = types.Int64Unknown(), types.StringUnknown()
}

// ClearOutput makes what is stored of the output null.
func (r *Record) ClearOutput() {
	r.OutputBytes, r.OutputSHA256 = types.Int64Null(), types.StringNull()
}

func (r *Record) clear() {
	r.Error = types.ObjectNull(errorAttrTypes)
	r.DelayTimeMS, r.ExecutionTimeMS = types.Int64Null(), types.Int64Null()
	r.WorkerID = types.StringNull()
	r.CompletedAt = timetypes.NewRFC3339Null()
}

// ErrorValue returns the error attribute; null when there is none.
func ErrorValue(e *runpod.JobError) types.Object {
	if e == nil {
		return types.ObjectNull(errorAttrTypes)
	}
	return types.ObjectValueMust(errorAttrTypes, map[string]attr.Value{
		"type": TextOrNull(e.Type), "message": types.StringValue(e.Message),
		"traceback": TextOrNull(e.Traceback), "raw": types.StringValue(e.Raw),
	})
}

func moment(t time.Time) timetypes.RFC3339 {
	return timetypes.NewRFC3339TimeValue(t.UTC().Truncate(time.Second))
}

// TextOrNull returns a text, null when it is empty.
func TextOrNull(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}
