package job

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

var (
	_ datasource.DataSource              = (*jobDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*jobDataSource)(nil)
)

type jobDataSource struct{ data *jobmodel.ProviderData }

// NewDataSource returns the data source runpodserverless_job.
func NewDataSource() datasource.DataSource { return &jobDataSource{} }

type dataModel struct {
	EndpointID        types.String `tfsdk:"endpoint_id"`
	WaitForCompletion types.Bool   `tfsdk:"wait_for_completion"`
	OnFailure         types.String `tfsdk:"on_failure"`
	storedResult
	jobmodel.Output
	Timeouts timeouts.Value `tfsdk:"timeouts"`
}

// Metadata implements datasource.DataSource.
func (d *jobDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_job"
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *jobDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = jobmodel.ProviderDataFrom(req.ProviderData, &resp.Diagnostics)
}

// Schema implements datasource.DataSource.
func (d *jobDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	number := func(description string) schema.Int64Attribute {
		return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	moment := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, CustomType: timetypes.RFC3339Type{}, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads a job that was submitted elsewhere, and can wait until it ends. It only reads (`/status`, `/status-sync`), so it is safe in a plan, in `check` blocks and in `terraform test`. " +
			"The API keeps the result of a `/run` job for 30 minutes and that of a `/runsync` job for one minute; an expired job is an error.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "ID of the endpoint that runs the job. Defaults to the provider's `endpoint_id`.",
				Validators: []validator.String{validators.EndpointID()},
			},
			"id": schema.StringAttribute{Required: true, MarkdownDescription: jobmodel.DescribeID, Validators: []validator.String{validators.ID()}},
			"wait_for_completion": schema.BoolAttribute{
				Optional: true, MarkdownDescription: "If `true`, waits until the job ends, for up to `timeouts.read`. Defaults to `false`.",
			},
			"on_failure": schema.StringAttribute{
				Optional: true, MarkdownDescription: "What to do when the job has ended as `FAILED`, `TIMED_OUT` or `CANCELLED`: `error` or `warn`. Defaults to `error`.",
				Validators: []validator.String{stringvalidator.OneOf(jobmodel.FailError, jobmodel.FailWarn)},
			},
			"output_sensitive": schema.BoolAttribute{
				Optional: true, MarkdownDescription: "If `true`, the output is stored in `sensitive_output` instead of `output`. Defaults to `false`.",
			},
			"output_select": schema.MapAttribute{
				Optional: true, ElementType: types.StringType, MarkdownDescription: jobmodel.DescribeOutputSelect, Validators: jobmodel.OutputSelectValidators(),
			},
			"max_output_bytes": schema.Int64Attribute{
				Optional: true, MarkdownDescription: jobmodel.DescribeMaxOutputBytes, Validators: []validator.Int64{int64validator.AtLeast(0)},
			},
			"timeouts": validators.DataSourceTimeouts(ctx, timeouts.Opts{ReadDescription: "How long to wait until the job ends, e.g. `30s` or `2h45m`. Defaults to `30m`."}),

			"status":           text(jobmodel.DescribeStatus),
			"output":           schema.DynamicAttribute{Computed: true, MarkdownDescription: jobmodel.DescribeOutput + " " + jobmodel.DescribeLargeOutput},
			"sensitive_output": schema.DynamicAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The output if `output_sensitive` is `true`, otherwise null."},
			"output_bytes":     number(jobmodel.DescribeOutputBytes),
			"output_sha256":    text(jobmodel.DescribeOutputSHA256),
			"error": schema.SingleNestedAttribute{
				Computed: true, MarkdownDescription: jobmodel.DescribeError,
				Attributes: map[string]schema.Attribute{
					"type": text(jobmodel.DescribeErrorType), "message": text(jobmodel.DescribeErrorMessage),
					"traceback": text(jobmodel.DescribeTraceback), "raw": text(jobmodel.DescribeErrorRaw),
				},
			},
			"delay_time_ms":     number(jobmodel.DescribeDelayTime),
			"execution_time_ms": number(jobmodel.DescribeExecutionTime),
			"worker_id":         text(jobmodel.DescribeWorkerID),
			"attempts":          number("Always null: the API does not report how often a job was run."),
			"submitted_at":      moment("Always null: the API does not report when a job was submitted."),
			"completed_at":      moment(jobmodel.DescribeCompletedAt),
			"expired":           schema.BoolAttribute{Computed: true, MarkdownDescription: "Always `false`: an expired job is an error here."},
		},
	}
}

// Read implements datasource.DataSource.
func (d *jobDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m dataModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	timeout, diags := m.Timeouts.Read(ctx, jobmodel.DefaultWaitTimeout)
	resp.Diagnostics.Append(diags...)
	m.EndpointID = d.data.Endpoint(m.EndpointID, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !d.data.ReadyToRead(m.EndpointID, req, resp) {
		return
	}
	m.SetSubmitted(runpod.Job{ID: m.ID.ValueString()}, time.Time{})
	m.SubmittedAt, m.Attempts = timetypes.NewRFC3339Null(), types.Int64Null()
	job, ok := d.read(ctx, &m, timeout, &resp.Diagnostics)
	if !ok {
		return
	}
	m.setJob(m.EndpointID.ValueString(), job, m.Keep, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// read reads the job, or waits for its end, and reports errors.
func (d *jobDataSource) read(ctx context.Context, m *dataModel, timeout time.Duration, diags *diag.Diagnostics) (runpod.Job, bool) {
	endpointID, jobID := m.EndpointID.ValueString(), m.ID.ValueString()
	about := diagnose.Job{Endpoint: endpointID, ID: jobID}
	started := time.Now()
	ctx = m.Reading(ctx)
	reading, cancel := context.WithTimeout(ctx, timeout)
	job, err := d.data.Runner.StatusUntilVisible(reading, endpointID, jobID, 2)
	cancel()
	if err != nil {
		diags.Append(about.ReadFailed(err).Error())
		return job, false
	}
	out := jobrun.Outcome{End: jobrun.EndFinished, Job: job, Attempts: 1}
	if !job.Status.Final() {
		if !m.WaitForCompletion.ValueBool() {
			return job, true
		}
		out = d.data.Runner.Finish(ctx, endpointID, job, jobrun.Wait{
			Options: wait.Options{Timeout: timeout - time.Since(started)}, OnTimeout: jobrun.Detach, OnInterrupt: jobrun.Detach,
		})
	}
	fails := diagnose.Severity{Failure: m.OnFailure.ValueString() != jobmodel.FailWarn, Expiry: true}
	d.data.ReportEnd(ctx, diagnose.JobEnd{Job: about, Outcome: out, Messages: &diagnose.JobDataSource, Fails: fails}, diags)
	return out.Job, !diags.HasError()
}
