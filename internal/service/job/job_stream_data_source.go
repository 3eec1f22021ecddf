package job

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobargs"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/providerdata"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

var (
	_ datasource.DataSource              = (*streamDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*streamDataSource)(nil)
)

type streamDataSource struct{ data *providerdata.Data }

// NewStreamDataSource returns the data source over GET /stream.
func NewStreamDataSource() datasource.DataSource { return &streamDataSource{} }

type streamModel struct {
	EndpointID types.String   `tfsdk:"endpoint_id"`
	ID         types.String   `tfsdk:"id"`
	Chunks     types.Dynamic  `tfsdk:"chunks"`
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
	d.data = providerdata.From(req.ProviderData, &resp.Diagnostics)
}

// Schema implements datasource.DataSource.
func (d *streamDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Collects what a streaming job yields (`/stream`), from the first chunk that nobody has taken to the job's end.\n\n" +
			"**Reading takes the chunks away**: the API hands each of them out once, to whoever asks first. A second read, such as the one of the next plan, finds only what came since, and none when the job had ended. " +
			"Where the output is needed again, let the worker return it as well (`return_aggregate_stream`) and use the `runpodserverless_job` resource.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "Endpoint that runs the job. Default: the provider's `endpoint_id`.",
				Validators: []validator.String{validators.ID()},
			},
			"id":       schema.StringAttribute{Required: true, MarkdownDescription: jobargs.DescribeID, Validators: []validator.String{validators.ID()}},
			"timeouts": timeouts.AttributesWithOpts(ctx, timeouts.Opts{ReadDescription: "How long to wait for the job's end, as a Go duration. Default: `30m`."}),
			"chunks":   schema.DynamicAttribute{Computed: true, MarkdownDescription: "What the job yielded, in order, as a tuple."},
			"text":     schema.StringAttribute{Computed: true, MarkdownDescription: "The chunks joined without a separator, when all of them are strings; null otherwise and when there are none."},
			"status":   schema.StringAttribute{Computed: true, MarkdownDescription: "Final state of the job: `COMPLETED`, `FAILED`, `CANCELLED` or `TIMED_OUT`."},
		},
	}
}

// Read implements datasource.DataSource.
func (d *streamDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m streamModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	timeout, diags := m.Timeouts.Read(ctx, jobargs.DefaultWaitTimeout)
	resp.Diagnostics.Append(diags...)
	m.EndpointID = d.data.Endpoint(m.EndpointID, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !d.data.Ready(&resp.Diagnostics) {
		return
	}
	endpointID, jobID := m.EndpointID.ValueString(), m.ID.ValueString()
	var chunks []json.RawMessage
	status, err := wait.Stream(ctx, d.data.Client, endpointID, jobID, wait.Options{Timeout: timeout}, func(page runpod.StreamPage) {
		for _, chunk := range page.Chunks {
			chunks = append(chunks, chunk.Output)
		}
	})
	if err != nil {
		resp.Diagnostics.AddError("Unable to read the stream", streamError(endpointID, jobID, err, len(chunks)))
		return
	}
	m.Status = types.StringValue(string(status))
	if m.Chunks, err = dynamicjson.Decode(tuple(chunks)); err != nil {
		resp.Diagnostics.AddError("Unable to store the stream", diagnose.Job(endpointID, jobID).Say("%s.", err).String())
		return
	}
	m.Text = joined(chunks)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

func streamError(endpointID, jobID string, err error, taken int) string {
	detail := diagnose.Error(endpointID, jobID, err)
	if taken > 0 || runpod.IsTransient(err) {
		detail += fmt.Sprintf("\n\n%d chunks had been taken before. They and any in a reply that was cut cannot be read again: the API hands each chunk out once.", taken)
	}
	return detail
}

// tuple returns the chunks as one JSON array.
func tuple(chunks []json.RawMessage) json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('[')
	for i, chunk := range chunks {
		if i > 0 {
			b.WriteByte(',')
		}
		if chunk == nil {
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
