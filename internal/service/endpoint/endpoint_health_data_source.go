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
		MarkdownDescription: "Reads an endpoint's workers and queue, and can wait until they are as wanted. It only reads (`GET /health`), so it is safe in a plan, in `check` blocks and in `terraform test`.\n\n" +
			"To run a job only once the conditions hold, give it this data source's `endpoint_id` rather than a `depends_on`. With `depends_on` here, or on a module around it, every change of what it depends on puts the reading off to the apply, and what uses it is unknown in the plan.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "Endpoint to read. Default: the provider's `endpoint_id`.",
				Validators: []validator.String{validators.ID()},
			},
			"wait_until": schema.SingleNestedAttribute{
				Optional: true, MarkdownDescription: "Conditions that are waited for, all of them at once, for up to `timeouts.read`. A figure that the API does not report meets no condition.",
				Attributes: map[string]schema.Attribute{
					"workers_ready_min":     bound("At least so many workers are ready."),
					"workers_idle_min":      bound("At least so many workers are idle."),
					"workers_running_min":   bound("At least so many workers run a job."),
					"workers_throttled_max": bound("At most so many workers wait for a machine."),
					"workers_unhealthy_max": bound("At most so many workers are unhealthy."),
					"jobs_in_queue_max":     bound("At most so many jobs wait."),
					"jobs_in_progress_max":  bound("At most so many jobs run."),
					"jobs_failed_max":       bound("At most so many jobs have failed; the figure only grows."),
				},
			},
			"fail_if_unmet": schema.BoolAttribute{
				Optional: true, MarkdownDescription: "Whether conditions that are not met in time are an error; with `false`, read `healthy` and `unmet`. Default: `true`.",
			},
			"jobs": schema.SingleNestedAttribute{
				Computed: true, MarkdownDescription: "Jobs of the endpoint. A figure that the API does not report is null.",
				Attributes: map[string]schema.Attribute{
					"completed": figure("Jobs that completed; only grows."), "failed": figure("Jobs that failed; only grows."),
					"in_progress": figure("Jobs on a worker."), "in_queue": figure("Jobs that wait."),
					"retried": figure("Dispatches that the platform repeated; only grows."),
				},
			},
			"workers": schema.SingleNestedAttribute{
				Computed: true, MarkdownDescription: "Workers of the endpoint. The figures overlap (a ready worker is idle as well), so do not add them up. A figure that the API does not report is null.",
				Attributes: map[string]schema.Attribute{
					"idle": figure("Workers without a job."), "initializing": figure("Workers that start."), "ready": figure("Workers that can take a job."),
					"running": figure("Workers with a job."), "throttled": figure("Workers that wait for a machine."), "unhealthy": figure("Workers that crashed or do not answer."),
				},
			},
			"healthy": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether every condition of `wait_until` is met; true without conditions."},
			"unmet": schema.ListAttribute{
				Computed: true, ElementType: types.StringType, MarkdownDescription: "One sentence for each condition that is not met.",
			},
			"timeouts": validators.DataSourceTimeouts(ctx, timeouts.Opts{ReadDescription: "How long to wait for the conditions of `wait_until`, as a Go duration. Default: `10m`."}),
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
	if req.ClientCapabilities.DeferralAllowed && d.data.Undecided() && !resp.Diagnostics.HasError() {
		resp.Deferred = &datasource.Deferred{Reason: datasource.DeferredReasonProviderConfigUnknown}
		return
	}
	if resp.Diagnostics.HasError() || !d.data.Ready(&resp.Diagnostics) {
		return
	}
	health, open, err := d.read(ctx, m, timeout)
	if err != nil {
		title := "Unable to read the endpoint's health"
		var unmet *wait.UnmetError
		if errors.As(err, &unmet) {
			title = "Endpoint not healthy"
		}
		resp.Diagnostics.AddError(title, diagnose.Error(m.EndpointID.ValueString(), "", err))
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
