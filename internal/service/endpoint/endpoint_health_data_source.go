// Package endpoint holds what the provider offers about an endpoint as a whole.
package endpoint

import (
	"context"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
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
	_ datasource.DataSource              = (*healthDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*healthDataSource)(nil)
)

// defaultHealthTimeout is how long wait_until waits unless timeouts.read says otherwise.
const defaultHealthTimeout = 10 * time.Minute

type healthDataSource struct{ data *jobmodel.ProviderData }

// NewHealthDataSource returns the data source over GET /health.
func NewHealthDataSource() datasource.DataSource { return &healthDataSource{} }

// Metadata implements datasource.DataSource.
func (d *healthDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_endpoint_health"
}

// Configure implements datasource.DataSourceWithConfigure.
func (d *healthDataSource) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = jobmodel.ProviderDataFrom(req.ProviderData, &resp.Diagnostics)
}

// Schema implements datasource.DataSource.
func (d *healthDataSource) Schema(ctx context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	bound := func(description string) schema.Int64Attribute {
		return schema.Int64Attribute{
			Optional: true, MarkdownDescription: description,
			Validators: []validator.Int64{int64validator.AtLeast(0)},
		}
	}
	figure := func(description string) schema.Int64Attribute {
		return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads an endpoint's worker and job counts, and can wait until they meet conditions. It only reads (`GET /health`), so it is safe in a plan, in `check` blocks and in `terraform test`.\n\n" +
			"To run a job only once the conditions are met, pass it this data source's `endpoint_id` instead of using `depends_on`. With `depends_on` on the data source, or on a module that contains it, any change of a dependency defers the read to the apply, and everything that uses the data source is unknown in the plan.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "ID of the endpoint. Defaults to the provider's `endpoint_id`.",
				Validators: []validator.String{validators.ID()},
			},
			"wait_until": schema.SingleNestedAttribute{
				Optional: true, MarkdownDescription: "Conditions to wait for, for up to `timeouts.read`. All of them must be met at the same time. If the API omits a count, conditions on it are not met.",
				Attributes: map[string]schema.Attribute{
					"workers_ready_min":     bound("Minimum number of ready workers."),
					"workers_idle_min":      bound("Minimum number of idle workers."),
					"workers_running_min":   bound("Minimum number of workers that run a job."),
					"workers_throttled_max": bound("Maximum number of workers that wait for a machine."),
					"workers_unhealthy_max": bound("Maximum number of unhealthy workers."),
					"jobs_in_queue_max":     bound("Maximum number of jobs in the queue."),
					"jobs_in_progress_max":  bound("Maximum number of jobs on a worker."),
					"jobs_failed_max":       bound("Maximum number of failed jobs. This count never decreases."),
				},
			},
			"fail_if_unmet": schema.BoolAttribute{
				Optional: true, MarkdownDescription: "If `true`, conditions that are not met in time are an error. If `false`, read `healthy` and `unmet`. Defaults to `true`.",
			},
			"jobs": schema.SingleNestedAttribute{
				Computed: true, MarkdownDescription: "Job counts of the endpoint. A count that the API omits is null.",
				Attributes: map[string]schema.Attribute{
					"completed": figure("Completed jobs. Never decreases."), "failed": figure("Failed jobs. Never decreases."),
					"in_progress": figure("Jobs on a worker."), "in_queue": figure("Jobs in the queue."),
					"retried": figure("Jobs that the platform dispatched again. Never decreases."),
				},
			},
			"workers": schema.SingleNestedAttribute{
				Computed: true, MarkdownDescription: "Worker counts of the endpoint. They overlap (a ready worker is idle as well), so do not add them up. A count that the API omits is null.",
				Attributes: map[string]schema.Attribute{
					"idle": figure("Workers without a job."), "initializing": figure("Workers that are starting."), "ready": figure("Workers that can take a job."),
					"running": figure("Workers with a job."), "throttled": figure("Workers that wait for a machine."), "unhealthy": figure("Workers that crashed or do not respond."),
				},
			},
			"healthy": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether every condition of `wait_until` is met. `true` if there are none."},
			"unmet": schema.ListAttribute{
				Computed: true, ElementType: types.StringType, MarkdownDescription: "One sentence per condition that is not met.",
			},
			"timeouts": validators.DataSourceTimeouts(ctx, timeouts.Opts{ReadDescription: "How long to wait for the conditions of `wait_until`, e.g. `30s` or `2h45m`. Defaults to `10m`."}),
		},
	}
}

// Read implements datasource.DataSource.
func (d *healthDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m healthModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	timeout, diags := m.Timeouts.Read(ctx, defaultHealthTimeout)
	resp.Diagnostics.Append(diags...)
	m.EndpointID = d.data.Endpoint(m.EndpointID, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !d.data.ReadyToRead(m.EndpointID, req, resp) {
		return
	}
	health, open, err := d.read(ctx, m, timeout)
	if err != nil {
		resp.Diagnostics.Append(diagnose.Endpoint(m.EndpointID.ValueString()).HealthFailed(err).Error())
		return
	}
	m.set(health)
	m.Healthy = types.BoolValue(len(open) == 0)
	m.Unmet, diags = types.ListValueFrom(ctx, types.StringType, append([]string{}, open...))
	resp.Diagnostics.Append(diags...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// read returns the figures and the conditions that are not met. Those are an
// error of type *wait.UnmetError unless fail_if_unmet is false.
func (d *healthDataSource) read(ctx context.Context, m healthModel, timeout time.Duration) (runpod.Health, []string, error) {
	endpointID := m.EndpointID.ValueString()
	if m.WaitUntil == nil {
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		health, err := d.data.Client.Health(ctx, endpointID)
		return health, nil, err
	}
	health, err := d.data.Waiter.Health(ctx, endpointID, timeout, m.WaitUntil.unmet)
	var unmet *wait.UnmetError
	tolerated := !m.FailIfUnmet.IsNull() && !m.FailIfUnmet.ValueBool()
	if errors.As(err, &unmet) && tolerated && len(unmet.Unmet) > 0 {
		return health, unmet.Unmet, nil
	}
	return health, nil, err
}
