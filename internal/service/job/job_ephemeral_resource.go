package job

import (
	"context"
	"encoding/json"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/ephemeral/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
)

var (
	_ ephemeral.EphemeralResource                   = (*jobEphemeral)(nil)
	_ ephemeral.EphemeralResourceWithClose          = (*jobEphemeral)(nil)
	_ ephemeral.EphemeralResourceWithConfigure      = (*jobEphemeral)(nil)
	_ ephemeral.EphemeralResourceWithValidateConfig = (*jobEphemeral)(nil)
)

type jobEphemeral struct{ data *jobmodel.ProviderData }

// NewEphemeralResource returns the ephemeral resource runpodserverless_job.
func NewEphemeralResource() ephemeral.EphemeralResource { return &jobEphemeral{} }

type ephemeralModel struct {
	Run types.Bool `tfsdk:"run"`
	jobmodel.Submission
	jobmodel.WaitArgs
	jobmodel.EndArgs
	jobmodel.Result
	jobmodel.FileOutput
	Files             types.Map      `tfsdk:"files"`
	S3Config          types.Object   `tfsdk:"s3_config"`
	WaitForCompletion types.Bool     `tfsdk:"wait_for_completion"`
	Timeouts          timeouts.Value `tfsdk:"timeouts"`
}

// privateOpenJob is the key of the [jobrun.OpenJob] that Terraform keeps for Close.
const privateOpenJob = "job"

// Metadata implements ephemeral.EphemeralResource.
func (e *jobEphemeral) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_job"
}

// Configure implements ephemeral.EphemeralResourceWithConfigure.
func (e *jobEphemeral) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	e.data = jobmodel.ProviderDataFrom(req.ProviderData, &resp.Diagnostics)
}

// ValidateConfig implements ephemeral.EphemeralResourceWithValidateConfig.
func (e *jobEphemeral) ValidateConfig(ctx context.Context, req ephemeral.ValidateConfigRequest, resp *ephemeral.ValidateConfigResponse) {
	var m ephemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.Validate(ctx, jobmodel.Secrets{S3Config: m.S3Config}, &resp.Diagnostics)
	checkFileNames(&m.FileOutput, &resp.Diagnostics)
	checkFilesWaited(&m.FileOutput, m.WaitForCompletion, &resp.Diagnostics)
}

// Open implements ephemeral.EphemeralResource: if run is true, it submits a job and
// waits for it.
func (e *jobEphemeral) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	var m ephemeralModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.SetNull()
	m.Files = jobmodel.NullFiles()
	submission, timeout := e.prepare(ctx, &m, &resp.Diagnostics)
	if m.Run.ValueBool() && !resp.Diagnostics.HasError() && e.data.ReadyToOpen(m.EndpointID, req, resp) {
		e.run(ctx, &m, submission, timeout, resp)
	}
	if m.EndpointID.IsUnknown() {
		m.EndpointID = types.StringNull() // a result must be known, and this is a plan
	}
	resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
}

// prepare builds the submission. A plan also refuses what the API would refuse.
func (e *jobEphemeral) prepare(ctx context.Context, m *ephemeralModel, diags *diag.Diagnostics) (jobrun.Submission, time.Duration) {
	m.EndpointID = e.data.Endpoint(m.EndpointID, diags)
	timeout, moreDiags := m.Timeouts.Open(ctx, jobmodel.DefaultWaitTimeout)
	diags.Append(moreDiags...)
	if dynamicjson.IsNull(m.Input) {
		missingInput(diags)
	}
	checkFiles(&m.FileOutput, diags)
	if diags.HasError() {
		return jobrun.Submission{}, 0
	}
	request := m.Request(ctx, jobmodel.Secrets{S3Config: m.S3Config}, diags)
	submission := m.Submission.Run(request, diags)
	m.LimitSync(&submission, diags)
	return submission, timeout
}

func (e *jobEphemeral) run(ctx context.Context, m *ephemeralModel, submission jobrun.Submission, timeout time.Duration, resp *ephemeral.OpenResponse) {
	settle := takeFiles(e.data, &m.FileOutput, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	submission.Timeout = timeout
	ctx = m.Reading(ctx, submission.EndpointID, m.Targets()(""))
	submittedAt := time.Now()
	job, queued, err := e.data.Runner.Submit(ctx, submission)
	if err != nil {
		settle("")
		e.data.ReportSubmission(ctx, &diagnose.JobEphemeral, submission.EndpointID, err, &resp.Diagnostics)
		return
	}
	settle(fileOwner(submission.EndpointID, job.ID))
	m.SetSubmitted(job, submittedAt)
	out := jobrun.Outcome{Job: job, Attempts: 1}
	if job.Status.Final() {
		out.End = jobrun.EndFinished // mode sync
	}
	if waits(m.WaitForCompletion) {
		settings := m.Wait(ctx, submission.EndpointID, &m.Record, timeout-time.Since(submittedAt), &resp.Diagnostics)
		settings.QueuedFor = queued
		if m.OnInterrupt.IsNull() {
			settings.OnInterrupt = jobrun.Cancel // the wait cannot be resumed
		}
		out = e.data.Runner.Finish(ctx, submission.EndpointID, job, settings)
	}
	m.Attempts = types.Int64Value(int64(out.Attempts))
	m.SetJob(out.Job)
	m.Expired = types.BoolValue(out.End == jobrun.EndExpired)
	m.Result.Output = m.Keep(submission.EndpointID, out.Job, &m.Record, &resp.Diagnostics)
	m.Files = m.NewFiles(jobmodel.WrittenOf(out.Job))
	about := diagnose.Job{Endpoint: submission.EndpointID, ID: job.ID}
	jobmodel.WrittenOf(out.Job).Report(about, false, &resp.Diagnostics)
	e.data.ReportEnd(ctx, diagnose.JobEnd{Job: about, Outcome: out, Messages: &diagnose.JobEphemeral, Fails: m.Severity()}, &resp.Diagnostics)
	if out.Job.Status.Final() {
		return
	}
	switch out.End {
	case jobrun.EndTimedOut, jobrun.EndInterrupted, jobrun.EndExpired:
		return // the job has been dealt with and reported
	case jobrun.EndNone, jobrun.EndFinished, jobrun.EndWaitFailed:
	}
	live := jobrun.OpenJob{EndpointID: submission.EndpointID, ID: job.ID, SubmittedAt: submittedAt}
	// Terraform closes nothing after an error elsewhere or an interrupt. A job that is
	// not closed is cancelled at the end of the process.
	e.data.OpenJobs.Add(e.data.Runner, live)
	if resp.Diagnostics.HasError() {
		// Terraform closes nothing whose opening failed.
		e.cancel(ctx, live, &resp.Diagnostics)
		return
	}
	open, err := json.Marshal(live)
	if err != nil {
		resp.Diagnostics.Append(diagnose.OpenJobNotStored(err).Error())
		return
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateOpenJob, open)...)
}

// Close implements ephemeral.EphemeralResourceWithClose: a live job is cancelled,
// because its result will never be read.
func (e *jobEphemeral) Close(ctx context.Context, req ephemeral.CloseRequest, resp *ephemeral.CloseResponse) {
	raw, diags := req.Private.GetKey(ctx, privateOpenJob)
	resp.Diagnostics.Append(diags...)
	if len(raw) == 0 || resp.Diagnostics.HasError() || !e.data.Ready(&resp.Diagnostics) {
		return
	}
	var job jobrun.OpenJob
	if err := json.Unmarshal(raw, &job); err != nil {
		resp.Diagnostics.Append(diagnose.OpenJobNotRead(err).Error())
		return
	}
	e.cancel(ctx, job, &resp.Diagnostics)
}

func (e *jobEphemeral) cancel(ctx context.Context, job jobrun.OpenJob, diags *diag.Diagnostics) {
	if err := e.data.OpenJobs.Cancel(ctx, e.data.Runner, job); err != nil {
		diags.Append(diagnose.JobEphemeral.NotCancelled(diagnose.Job{Endpoint: job.EndpointID, ID: job.ID}, err).Error())
	}
}
