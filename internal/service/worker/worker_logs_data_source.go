package worker

import (
	"context"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

var (
	_ datasource.DataSource              = (*logsDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*logsDataSource)(nil)
)

const defaultTail = 100

type logsDataSource struct{ data *jobmodel.ProviderData }

// NewWorkerLogsDataSource returns the data source runpodserverless_worker_logs.
func NewWorkerLogsDataSource() datasource.DataSource { return &logsDataSource{} }

type logsModel struct {
	EndpointID types.String      `tfsdk:"endpoint_id"`
	WorkerID   types.String      `tfsdk:"worker_id"`
	Source     types.String      `tfsdk:"source"`
	Tail       types.Int64       `tfsdk:"tail"`
	Since      timetypes.RFC3339 `tfsdk:"since"`
	Lines      []lineModel       `tfsdk:"lines"`
	Text       types.String      `tfsdk:"text"`
}

type lineModel struct {
	Time   timetypes.RFC3339 `tfsdk:"time"`
	Source types.String      `tfsdk:"source"`
	Line   types.String      `tfsdk:"line"`
}

// Metadata implements datasource.DataSource.
func (d *logsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_worker_logs"
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *logsDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = jobmodel.ProviderDataFrom(req.ProviderData, &resp.Diagnostics)
}

// Schema implements datasource.DataSource.
func (d *logsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads the log of a worker from the management API, e.g. to see why it does not start or what a job printed. It reads the existing lines, for at most 5 seconds and 1 MiB, and does not wait for more.\n\n" +
			"The lines are stored in the state, and a worker may print secrets. The provider removes only those that it knows: the API key and its headers. " +
			"The API key needs permission to read the endpoint in the management API. A key that may only run jobs does not have it.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "ID of the worker's endpoint. Defaults to the provider's `endpoint_id`.",
				Validators: []validator.String{validators.EndpointID()},
			},
			"worker_id": schema.StringAttribute{
				Required: true, MarkdownDescription: "ID of the worker: a job's `worker_id`, or an `id` of the data source `runpodserverless_endpoint_workers`.",
				Validators: []validator.String{validators.ID()},
			},
			"source": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Lines to read: `container` for what the worker prints, `system` for what the platform reports about it. Defaults to both.",
				Validators: []validator.String{stringvalidator.OneOf(string(runpod.LogContainer), string(runpod.LogSystem))},
			},
			"tail": schema.Int64Attribute{
				Optional: true, MarkdownDescription: "Maximum number of lines, counted from the end, from 0 to 5000. Not used with `since`. Defaults to `100`.",
				Validators: []validator.Int64{int64validator.Between(0, runpod.MaxLogTail)},
			},
			"since": schema.StringAttribute{
				Optional: true, CustomType: timetypes.RFC3339Type{}, MarkdownDescription: "Time from which to read, in RFC 3339 format, e.g. a job's `submitted_at`.",
			},
			"lines": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "Lines, oldest first.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"time":   schema.StringAttribute{Computed: true, CustomType: timetypes.RFC3339Type{}, MarkdownDescription: "Time of the line. Null if the API omits it."},
					"source": schema.StringAttribute{Computed: true, MarkdownDescription: "`container` or `system`. Null if the API omits it."},
					"line":   schema.StringAttribute{Computed: true, MarkdownDescription: "Text of the line."},
				}},
			},
			"text": schema.StringAttribute{Computed: true, MarkdownDescription: "All lines, joined by line breaks."},
		},
	}
}

// Read implements datasource.DataSource.
func (d *logsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m logsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	m.EndpointID = d.data.Endpoint(m.EndpointID, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !d.data.ReadyToRead(m.EndpointID, req, resp) {
		return
	}
	query := runpod.LogQuery{Source: runpod.LogSource(m.Source.ValueString()), Tail: defaultTail}
	if !m.Tail.IsNull() {
		query.Tail = int(m.Tail.ValueInt64())
	}
	if !m.Since.IsNull() {
		since, diags := m.Since.ValueRFC3339Time()
		resp.Diagnostics.Append(diags...)
		query.Since = since
	}
	endpointID, workerID := m.EndpointID.ValueString(), m.WorkerID.ValueString()
	lines, err := d.data.Management.WorkerLogs(ctx, endpointID, workerID, query)
	if err != nil {
		resp.Diagnostics.Append(diagnose.Worker{Endpoint: endpointID, ID: workerID}.LogsFailed(err).Error())
		return
	}
	m.set(lines)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

func (m *logsModel) set(lines []runpod.LogLine) {
	m.Lines = make([]lineModel, 0, len(lines))
	all := make([]string, 0, len(lines))
	for _, line := range lines {
		at := timetypes.NewRFC3339Null()
		if !line.Time.IsZero() {
			at = timetypes.NewRFC3339TimeValue(line.Time.Truncate(time.Millisecond).UTC())
		}
		m.Lines = append(m.Lines, lineModel{Time: at, Source: jobmodel.TextOrNull(string(line.Source)), Line: types.StringValue(line.Line)})
		all = append(all, line.Line)
	}
	m.Text = types.StringValue(strings.Join(all, "\n"))
}
