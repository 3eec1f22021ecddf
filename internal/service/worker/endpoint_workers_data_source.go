// Package worker holds what the provider offers about the workers of an endpoint:
// which version they run, and what they log.
package worker

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

var (
	_ datasource.DataSource              = (*workersDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*workersDataSource)(nil)
)

// defaultWorkersTimeout is how long wait_until waits unless timeouts.read says otherwise.
const defaultWorkersTimeout = 10 * time.Minute

type workersDataSource struct{ data *jobmodel.ProviderData }

// NewEndpointWorkersDataSource returns the data source over GET
// /serverless/{endpoint}/workers of the management API.
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
	bound := func(description string) schema.Int64Attribute {
		return schema.Int64Attribute{
			Optional: true, MarkdownDescription: description,
			Validators: []validator.Int64{int64validator.AtLeast(0)},
		}
	}
	number := func(description string) schema.Int64Attribute {
		return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads the active workers of an endpoint from the management API, and can wait until they meet conditions, such as that no worker runs the old version after a change of the image or the environment. It only reads, so it is safe in a plan, in `check` blocks and in `terraform test`.\n\n" +
			"The API key needs permission to read the endpoint in the management API. A key that may only run jobs does not have it.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "ID of the endpoint. Defaults to the provider's `endpoint_id`.",
				Validators: []validator.String{validators.ID()},
			},
			"wait_until": schema.SingleNestedAttribute{
				Optional: true, MarkdownDescription: "Conditions to wait for, for up to `timeouts.read`. All of them must be met at the same time. If the API omits a count, conditions on it are not met.",
				Attributes: map[string]schema.Attribute{
					"stale_max":        bound("Maximum number of workers of an older version. `0` waits for the end of a rollout. An endpoint without workers has no stale ones: its first worker starts with the current version."),
					"total_min":        bound("Minimum number of active workers."),
					"idle_min":         bound("Minimum number of workers that can take a job."),
					"unhealthy_max":    bound("Maximum number of unhealthy workers. A worker that crashes at start may not be among them; see the data source `runpodserverless_worker_logs`."),
					"initializing_max": bound("Maximum number of workers that are starting."),
				},
			},
			"fail_if_unmet": schema.BoolAttribute{
				Optional: true, MarkdownDescription: "If `true`, conditions that are not met in time are an error. If `false`, use `ready` and `unmet`. Defaults to `true`.",
			},
			"endpoint_version": number("Version of the endpoint's newest release; null if the API omits it."),
			"workers": schema.ListNestedAttribute{
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
			},
			"counts": schema.SingleNestedAttribute{
				Computed: true, MarkdownDescription: "Number of workers by state. A count that the API omits is null.",
				Attributes: map[string]schema.Attribute{
					"running": number("Workers with a job."), "idle": number("Workers that can take a job."), "initializing": number("Workers that are starting."),
					"throttled": number("Workers that wait for a machine."), "unhealthy": number("Workers that crashed or do not answer."),
					"total": number("All active workers."), "stale": number("Workers of an older version; null if the API does not tell of each worker."),
				},
			},
			"ready": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether every condition of `wait_until` is met. `true` if there are none."},
			"unmet": schema.ListAttribute{
				Computed: true, ElementType: types.StringType, MarkdownDescription: "One sentence per condition that is not met.",
			},
			"timeouts": validators.DataSourceTimeouts(ctx, timeouts.Opts{ReadDescription: "How long to wait for the conditions of `wait_until`, e.g. `30s` or `2h45m`. Defaults to `10m`."}),
		},
	}
}

// Read implements datasource.DataSource.
func (d *workersDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m workersModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	timeout, diags := m.Timeouts.Read(ctx, defaultWorkersTimeout)
	resp.Diagnostics.Append(diags...)
	m.EndpointID = d.data.Endpoint(m.EndpointID, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !d.data.ReadyToRead(m.EndpointID, req, resp) {
		return
	}
	workers, unmet, err := d.read(ctx, m, timeout)
	if err != nil {
		resp.Diagnostics.Append(diagnose.Endpoint(m.EndpointID.ValueString()).WorkersFailed(err).Error())
		return
	}
	m.set(workers)
	m.Ready = types.BoolValue(len(unmet) == 0)
	m.Unmet, diags = types.ListValueFrom(ctx, types.StringType, append([]string{}, unmet...))
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// read returns the workers and the conditions that are not met. Those are an
// error of type *wait.UnmetError unless fail_if_unmet is false.
func (d *workersDataSource) read(ctx context.Context, m workersModel, timeout time.Duration) (runpod.Workers, []string, error) {
	endpointID := m.EndpointID.ValueString()
	if m.WaitUntil == nil {
		workers, err := d.data.Management.Workers(ctx, endpointID)
		return workers, nil, err
	}
	workers, err := wait.Workers(ctx, d.data.Management, endpointID, timeout, m.WaitUntil.unmet)
	var gate *wait.UnmetError
	tolerated := !m.FailIfUnmet.IsNull() && !m.FailIfUnmet.ValueBool()
	if errors.As(err, &gate) && tolerated && len(gate.Unmet) > 0 {
		return workers, gate.Unmet, nil
	}
	return workers, nil, err
}
