// Package worker implements the data sources for the workers of an endpoint: which
// version they run, and what they log.
package worker

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

var (
	_ datasource.DataSource              = (*workersDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*workersDataSource)(nil)
)

type workersDataSource struct{ data *jobmodel.ProviderData }

// NewEndpointWorkersDataSource returns the data source
// runpodserverless_endpoint_workers.
func NewEndpointWorkersDataSource() datasource.DataSource { return &workersDataSource{} }

// Metadata implements datasource.DataSource.
func (d *workersDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_endpoint_workers"
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *workersDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = jobmodel.ProviderDataFrom(req.ProviderData, &resp.Diagnostics)
}

// Schema implements datasource.DataSource.
func (d *workersDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	number := func(description string) schema.Int64Attribute {
		return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	attributes := jobmodel.GateAttributes(ctx, "ready", map[string]string{
		"stale_max":        "Maximum number of workers of an older version. `0` waits for the end of a rollout. An endpoint without workers has no stale ones: its first worker starts with the current version.",
		"total_min":        "Minimum number of active workers.",
		"idle_min":         "Minimum number of workers that can take a job.",
		"unhealthy_max":    "Maximum number of unhealthy workers. A worker that crashes at start may not be among them; see the data source `runpodserverless_worker_logs`.",
		"initializing_max": "Maximum number of workers that are starting.",
	})
	attributes["endpoint_version"] = number("Version of the endpoint's newest release; null if the API omits it.")
	attributes["workers"] = schema.ListNestedAttribute{
		Computed: true, MarkdownDescription: "Active workers, in the order of the API. Workers that were scaled down are not listed.",
		NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
			"id":             text("ID of the worker: a job's `worker_id`."),
			"status":         text("State of the worker: `RUNNING`, `IDLE`, `INITIALIZING`, `THROTTLED`, `UNHEALTHY`, or any other state that the API reports."),
			"stale":          schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the worker runs an older version than the endpoint's. Null if the API omits it."},
			"version":        number("Version of the endpoint that the worker runs."),
			"image":          text("Container image that the worker runs."),
			"gpu_type_id":    text("Type of the worker's GPU."),
			"data_center_id": text("Data center of the worker."),
			"uptime_seconds": number("Seconds since the worker started."),
			"started_at":     schema.StringAttribute{Computed: true, CustomType: timetypes.RFC3339Type{}, MarkdownDescription: "Time at which the worker started."},
		}},
	}
	attributes["counts"] = schema.SingleNestedAttribute{
		Computed: true, MarkdownDescription: "Number of workers by state. A count that the API omits is null.",
		Attributes: map[string]schema.Attribute{
			"running": number("Workers with a job."), "idle": number("Workers that can take a job."), "initializing": number("Workers that are starting."),
			"throttled": number("Workers that wait for a machine."), "unhealthy": number("Workers that crashed or do not answer."),
			"total": number("All active workers."), "stale": number("Workers of an older version; null if the API omits it for a worker."),
		},
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads the active workers of an endpoint from the management API, and can wait until they meet conditions, such as that no worker runs the old version after a change of the image or the environment. It only reads, so it is safe in a plan, in `check` blocks and in `terraform test`.\n\n" +
			"The API key needs permission to read the endpoint in the management API. A key that may only run jobs does not have it.",
		Attributes: attributes,
	}
}

// Read implements datasource.DataSource.
func (d *workersDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m workersModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	timeout, ok := m.Begin(ctx, d.data, req, resp)
	if !ok {
		return
	}
	workers, err := d.read(ctx, &m, timeout)
	m.Ready, err = m.End(ctx, err, &resp.Diagnostics)
	if err != nil {
		resp.Diagnostics.Append(diagnose.Endpoint(m.EndpointID.ValueString()).WorkersFailed(err).Error())
		return
	}
	m.set(workers)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// read returns the workers, once they meet the conditions.
func (d *workersDataSource) read(ctx context.Context, m *workersModel, timeout time.Duration) (runpod.Workers, error) {
	if m.WaitUntil != nil {
		return wait.Workers(ctx, d.data.Management, m.EndpointID.ValueString(), timeout, m.WaitUntil.unmet)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return d.data.Management.Workers(ctx, m.EndpointID.ValueString())
}
