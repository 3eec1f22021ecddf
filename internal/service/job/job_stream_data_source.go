package job

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
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
	_ datasource.DataSource              = (*streamDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*streamDataSource)(nil)
)

type streamDataSource struct{ data *jobmodel.ProviderData }

// NewStreamDataSource returns the data source runpodserverless_job_stream.
func NewStreamDataSource() datasource.DataSource { return &streamDataSource{} }

type streamModel struct {
	EndpointID types.String   `tfsdk:"endpoint_id"`
	ID         types.String   `tfsdk:"id"`
	Chunks     types.Dynamic  `tfsdk:"chunks"`
	Metrics    types.Dynamic  `tfsdk:"metrics"`
	Text       types.String   `tfsdk:"text"`
	Status     types.String   `tfsdk:"status"`
	Timeouts   timeouts.Value `tfsdk:"timeouts"`
}

// Metadata implements datasource.DataSource.
func (d *streamDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_job_stream"
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *streamDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = jobmodel.ProviderDataFrom(req.ProviderData, &resp.Diagnostics)
}

// Schema implements datasource.DataSource.
func (d *streamDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Collects the output of a streaming job (`/stream`), from the first chunk that has not been read yet until the job ends.\n\n" +
			"**Reading consumes the chunks**: the API returns each chunk once, to the first reader. A second read, such as that of the next plan, finds only the chunks that arrived since, and none if the job had ended. " +
			"A `/run` job expires 30 minutes after its end; reading it is an error then. " +
			"If you need the output again, let the worker return it as well (`return_aggregate_stream`) and use the `runpodserverless_job` resource.\n\n" +
			"A job that ends as `FAILED`, `TIMED_OUT` or `CANCELLED` gives a warning with the job's error, because an error would lose the chunks that were read. To fail the apply, check `status` in a postcondition.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "ID of the endpoint that runs the job. Defaults to the provider's `endpoint_id`.",
				Validators: []validator.String{validators.EndpointID()},
			},
			"id":       schema.StringAttribute{Required: true, MarkdownDescription: jobmodel.DescribeID, Validators: []validator.String{validators.ID()}},
			"timeouts": validators.DataSourceTimeouts(ctx, timeouts.Opts{ReadDescription: "How long to wait until the job ends, e.g. `30s` or `2h45m`. Defaults to `30m`."}),
			"chunks":   schema.DynamicAttribute{Computed: true, MarkdownDescription: "Chunks that the job yielded, in order, as a tuple."},
			"metrics":  schema.DynamicAttribute{Computed: true, MarkdownDescription: "Metrics that the worker reported with each chunk, as a tuple in the order of `chunks`. Null if it reported none."},
			"text":     schema.StringAttribute{Computed: true, MarkdownDescription: "The chunks, joined without a separator, if all of them are strings. Null otherwise, and if there are none."},
			"status":   schema.StringAttribute{Computed: true, MarkdownDescription: "Final status of the job: `COMPLETED`, `FAILED`, `CANCELLED` or `TIMED_OUT`."},
		},
	}
}

// Read implements datasource.DataSource.
func (d *streamDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m streamModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	timeout, diags := m.Timeouts.Read(ctx, jobmodel.DefaultWaitTimeout)
	resp.Diagnostics.Append(diags...)
	m.EndpointID = d.data.Endpoint(m.EndpointID, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !d.data.ReadyToRead(m.EndpointID, req, resp) {
		return
	}
	endpointID, jobID := m.EndpointID.ValueString(), m.ID.ValueString()
	about := diagnose.Job{Endpoint: endpointID, ID: jobID}
	var taken []runpod.StreamChunk
	status, err := wait.Stream(ctx, d.data.Client, endpointID, jobID, wait.Options{Timeout: timeout}, func(page runpod.StreamPage) {
		taken = append(taken, page.Chunks...)
	})
	if err != nil {
		resp.Diagnostics.Append(about.StreamFailed(err, len(taken)).Error())
		return
	}
	m.Status = types.StringValue(string(status))
	m.setChunks(taken, about, &resp.Diagnostics)
	if status != runpod.StatusCompleted {
		d.warn(ctx, endpointID, runpod.Job{ID: jobID, Status: status}, &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// setChunks puts the chunks into the model.
func (m *streamModel) setChunks(taken []runpod.StreamChunk, about diagnose.Job, diags *diag.Diagnostics) {
	outputs, metrics := make([]json.RawMessage, len(taken)), make([]json.RawMessage, len(taken))
	var defects []string
	measured := false
	for i, chunk := range taken {
		if chunk.OutputDefect != "" {
			defects = append(defects, fmt.Sprintf("chunk %d: %s", i, chunk.OutputDefect))
		}
		outputs[i], metrics[i] = chunk.Output, chunk.Metrics
		measured = measured || len(chunk.Metrics) > 0
	}
	if len(defects) > 0 {
		diags.Append(about.ChunksNotJSON(defects).Warning())
	}
	var err, metricsErr error
	m.Text = joined(outputs)
	m.Chunks, err = dynamicjson.Decode(tuple(outputs))
	m.Metrics = types.DynamicNull()
	if measured {
		m.Metrics, metricsErr = dynamicjson.Decode(tuple(metrics))
	}
	if err := errors.Join(err, metricsErr); err != nil {
		diags.Append(about.ChunksNotStored(err).Error())
	}
}

// warn reports why a job did not complete, which its stream does not show.
func (d *streamDataSource) warn(ctx context.Context, endpointID string, job runpod.Job, diags *diag.Diagnostics) {
	if seen, err := d.data.Client.Status(ctx, endpointID, job.ID); err == nil && seen.Status.Final() {
		job = seen
	}
	diags.Append(diagnose.Job{Endpoint: endpointID, ID: job.ID}.StreamEnded(jobrun.Outcome{Job: job}).Warning())
}

// tuple returns the chunks as one JSON array.
func tuple(chunks []json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, chunk := range chunks {
		if i > 0 {
			b.WriteByte(',')
		}
		if len(chunk) == 0 {
			chunk = json.RawMessage("null")
		}
		b.Write(chunk)
	}
	b.WriteByte(']')
	return b.Bytes()
}

// joined returns the chunks as one text; null when one is not a string.
func joined(chunks []json.RawMessage) types.String {
	var text strings.Builder
	for _, chunk := range chunks {
		var s *string
		if json.Unmarshal(chunk, &s) != nil || s == nil {
			return types.StringNull()
		}
		text.WriteString(*s)
	}
	if len(chunks) == 0 {
		return types.StringNull()
	}
	return types.StringValue(text.String())
}
