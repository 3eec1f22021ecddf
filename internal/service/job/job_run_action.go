package job

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/action/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

var (
	_ action.Action                   = (*runAction)(nil)
	_ action.ActionWithConfigure      = (*runAction)(nil)
	_ action.ActionWithModifyPlan     = (*runAction)(nil)
	_ action.ActionWithValidateConfig = (*runAction)(nil)
)

type runAction struct{ data *jobmodel.ProviderData }

// NewRunAction returns the action runpodserverless_job_run.
func NewRunAction() action.Action { return &runAction{} }

type runModel struct {
	jobmodel.Submission
	jobmodel.WaitArgs
	jobmodel.EndArgs
	WaitForCompletion types.Bool     `tfsdk:"wait_for_completion"`
	Stream            types.Bool     `tfsdk:"stream"`
	OutputFiles       types.Map      `tfsdk:"output_files"`
	Timeouts          timeouts.Value `tfsdk:"timeouts"`
}

// Metadata implements action.Action.
func (a *runAction) Metadata(_ context.Context, req action.MetadataRequest, resp *action.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_job_run"
}

// Configure implements action.ActionWithConfigure.
func (a *runAction) Configure(_ context.Context, req action.ConfigureRequest, resp *action.ConfigureResponse) {
	a.data = jobmodel.ProviderDataFrom(req.ProviderData, &resp.Diagnostics)
}

// ValidateConfig implements action.ActionWithValidateConfig.
func (a *runAction) ValidateConfig(ctx context.Context, req action.ValidateConfigRequest, resp *action.ValidateConfigResponse) {
	var m runModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.Validate(ctx, jobmodel.Secrets{}, &resp.Diagnostics)
	checkFileNames(m.files(), &resp.Diagnostics)
	checkFilesWaited(m.files(), m.WaitForCompletion, &resp.Diagnostics)
	m.checkStream(&resp.Diagnostics)
}

// checkStream refuses arguments with which the stream cannot be shown.
func (m *runModel) checkStream(diags *diag.Diagnostics) {
	if !m.Stream.ValueBool() {
		return
	}
	if !m.QueueTimeout.IsNull() {
		diags.Append(diagnose.StreamWithQueueTimeout().ErrorAt(path.Root("queue_timeout")))
	}
	if m.Mode.ValueString() == jobmodel.ModeSync {
		diags.Append(diagnose.StreamWithSync().ErrorAt(path.Root("stream")))
	}
	if !m.WaitForCompletion.IsNull() && !m.WaitForCompletion.IsUnknown() && !m.WaitForCompletion.ValueBool() {
		diags.Append(diagnose.StreamWithoutWait().ErrorAt(path.Root("stream")))
	}
}

// files holds the arguments that write parts of the output to files; nothing else of
// it is kept.
func (m *runModel) files() *jobmodel.FileOutput {
	return &jobmodel.FileOutput{OutputFiles: m.OutputFiles}
}

// ModifyPlan implements action.ActionWithModifyPlan. It sends nothing. What was unknown
// during the validation, such as the values of variables, is not checked here: the
// provider's server validates the configuration again with each plan.
func (a *runAction) ModifyPlan(ctx context.Context, req action.ModifyPlanRequest, resp *action.ModifyPlanResponse) {
	checkEndpoint(ctx, a.data, req.Config, &resp.Diagnostics)
	var m runModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	checkFiles(m.files(), &resp.Diagnostics)
	if dynamicjson.IsNull(m.Input) {
		missingInput(&resp.Diagnostics)
	}
}

// missingInput reports a null input, which a required argument can be if its value
// comes from a variable.
func missingInput(diags *diag.Diagnostics) {
	diags.Append(diagnose.InputMissing().ErrorAt(path.Root("input")))
}

// Invoke implements action.Action.
func (a *runAction) Invoke(ctx context.Context, req action.InvokeRequest, resp *action.InvokeResponse) {
	var m runModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	m.EndpointID = a.data.Endpoint(m.EndpointID, &resp.Diagnostics)
	timeout, diags := m.Timeouts.Invoke(ctx, jobmodel.DefaultWaitTimeout)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !a.data.ReadyFor(m.EndpointID, &resp.Diagnostics) {
		return
	}
	submission := m.Run(m.Request(ctx, jobmodel.Secrets{}, &resp.Diagnostics), &resp.Diagnostics)
	m.LimitSync(&submission, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	settle := takeFiles(a.data, m.files(), &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	ctx = m.files().Reading(ctx, submission.EndpointID, m.files().Targets()(""))
	submission.Timeout = timeout
	if submission.SyncWait > 0 && ctx.Err() == nil {
		resp.SendProgress(action.InvokeProgressEvent{Message: fmt.Sprintf("Job on endpoint %s: submitted in mode sync; its ID comes with the API's reply, within %s",
			submission.EndpointID, validators.Short(submission.SyncWait))})
	}
	submittedAt := time.Now()
	job, queued, err := a.data.Runner.Submit(ctx, submission)
	if err != nil {
		settle("")
		a.data.ReportSubmission(ctx, &diagnose.JobAction, submission.EndpointID, err, &resp.Diagnostics)
		return
	}
	settle(fileOwner(submission.EndpointID, job.ID))
	var result jobmodel.Record
	result.SetSubmitted(job, submittedAt)
	p := newProgress(ctx, a.data.Client, submission.EndpointID, job.ID, resp.SendProgress)
	if !waits(m.WaitForCompletion) && !job.Status.Final() && p.report("submitted; not waiting for its end") {
		return
	}
	settings := m.Wait(ctx, submission.EndpointID, &result, timeout-time.Since(submittedAt), &resp.Diagnostics)
	settings.QueuedFor = queued
	p.submitted(job.Status, settings.OnInterrupt)
	if m.Stream.ValueBool() {
		settings.Until = p.stream(a.data, settings.Options)
	}
	out := follow(ctx, a.data.Runner, submission.EndpointID, job, settings, p)
	about := diagnose.Job{Endpoint: submission.EndpointID, ID: job.ID}
	jobmodel.WrittenOf(out.Job).Report(about, false, &resp.Diagnostics)
	m.files().ReportNoOutput(submission.EndpointID, out.Job, &resp.Diagnostics)
	if out.Job.OutputDefect != "" && m.files().WritesFiles() {
		resp.Diagnostics.Append(about.OutputNotJSON(out.Job.OutputDefect).Warning())
	}
	p.reportEnd(ctx, a.data, diagnose.JobEnd{Job: about, Outcome: out, Messages: &diagnose.JobAction, Fails: m.Severity()}, &resp.Diagnostics)
}

// waits reports whether wait_for_completion, which defaults to true, says to wait.
func waits(waitForCompletion types.Bool) bool {
	return waitForCompletion.IsNull() || waitForCompletion.ValueBool()
}

// The bounds of [watchedHold].
const (
	shortestHold = time.Second
	longestHold  = 10 * time.Second
)

// watchedHold returns the duration of the next long poll of an action that has waited
// for so long. The API replies when the job ends, and to no other change of its
// status, so other changes are noticed only when the long poll is over: at first
// within a second, later within a fifth of the time that the job has taken.
func watchedHold(waited time.Duration) time.Duration {
	return min(max(waited/5, shortestHold), longestHold)
}

// follow waits for a job and reports its progress.
func follow(ctx context.Context, runner *jobrun.Runner, endpointID string, job runpod.Job, settings jobrun.Wait, p *progress) jobrun.Outcome {
	settings.HoldFor = watchedHold
	settings.OnJob = func(job runpod.Job) { p.saw(job.Status) }
	settings.OnAttempt = func(ended runpod.Job, attempt int) {
		p.report("ended as %s; run %d starts", ended.Status, attempt)
	}
	stop := p.beat(ctx)
	defer stop()
	out := runner.Finish(ctx, endpointID, job, settings)
	p.saw(out.Job.Status)
	return out
}

// chunkText returns the text that is shown of a chunk.
func chunkText(chunk runpod.StreamChunk) string {
	if chunk.OutputDefect != "" {
		return "that is not JSON (" + chunk.OutputDefect + ")"
	}
	return runpod.Printable(string(chunk.Output), runpod.MaxShown)
}

// stream returns a wait that reports each chunk as it arrives. If a reply is cut
// off, its chunks are lost; if no stream is served, there are none. In both cases
// the wait continues without the stream.
func (p *progress) stream(data *jobmodel.ProviderData, options wait.Options) jobrun.UntilFinal {
	return func(ctx context.Context, timeout time.Duration) (runpod.Job, error) {
		deadline := time.Now().Add(timeout)
		options.Timeout, options.HoldFor = timeout, watchedHold
		options.OnJob = func(job runpod.Job) { p.saw(job.Status) }
		status, err := wait.Stream(ctx, data.Client, p.endpointID, p.jobID, options, func(page runpod.StreamPage) {
			for _, chunk := range page.Chunks {
				p.report("chunk %s", chunkText(chunk))
			}
			p.saw(page.Status)
		})
		var over *wait.TimeoutError
		switch {
		case err == nil:
		case errors.As(err, &over): // it wraps the last error, which may be transient
			return runpod.Job{ID: p.jobID, Status: status}, err
		case ctx.Err() == nil && (runpod.IsTransient(err) || runpod.IsNotServed(err) || runpod.IsNotFound(err) && !runpod.IsEndpointNotFound(err)):
			p.report("the stream broke and some chunks may be lost: %s; waiting for the job's end without it", err)
		default:
			return runpod.Job{ID: p.jobID, Status: status}, err
		}
		options.Timeout = time.Until(deadline)
		return data.Waiter.Job(ctx, p.endpointID, p.jobID, options)
	}
}
