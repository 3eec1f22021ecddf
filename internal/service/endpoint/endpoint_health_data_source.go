// Package endpoint implements the data source for the health of an endpoint.
package endpoint

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

var (
	_ datasource.DataSource              = (*healthDataSource)(nil)
	_ datasource.DataSourceWithConfigure = (*healthDataSource)(nil)
)

type healthDataSource struct{ data *jobmodel.ProviderData }

// NewHealthDataSource returns the data source runpodserverless_endpoint_health.
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
	count := func(description string) schema.Int64Attribute {
		return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	attributes := jobmodel.GateAttributes(ctx, "healthy", map[string]string{
		"workers_ready_min":     "Minimum number of ready workers.",
		"workers_idle_min":      "Minimum number of idle workers.",
		"workers_running_min":   "Minimum number of workers that run a job.",
		"workers_throttled_max": "Maximum number of workers that wait for a machine.",
		"workers_unhealthy_max": "Maximum number of unhealthy workers.",
		"jobs_in_queue_max":     "Maximum number of jobs in the queue.",
		"jobs_in_progress_max":  "Maximum number of jobs on a worker.",
		"jobs_failed_max":       "Maximum number of failed jobs. This count never decreases.",
	})
	attributes["jobs"] = schema.SingleNestedAttribute{
		Computed: true, MarkdownDescription: "Job counts of the endpoint. A count that the API omits is null.",
		Attributes: map[string]schema.Attribute{
			"completed": count("Completed jobs. Never decreases."), "failed": count("Failed jobs. Never decreases."),
			"in_progress": count("Jobs on a worker."), "in_queue": count("Jobs in the queue."),
			"retried": count("Jobs that the platform dispatched again. Never decreases."),
		},
	}
	attributes["workers"] = schema.SingleNestedAttribute{
		Computed: true, MarkdownDescription: "Worker counts of the endpoint. They overlap (a ready worker is idle as well), so do not add them up. A count that the API omits is null.",
		Attributes: map[string]schema.Attribute{
			"idle": count("Workers without a job."), "initializing": count("Workers that are starting."), "ready": count("Workers that can take a job."),
			"running": count("Workers with a job."), "throttled": count("Workers that wait for a machine."), "unhealthy": count("Workers that crashed or do not respond."),
		},
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Reads an endpoint's worker and job counts, and can wait until they meet conditions. It only reads (`GET /health`), so it is safe in a plan, in `check` blocks and in `terraform test`.\n\n" +
			"To run a job only once the conditions are met, pass it this data source's `endpoint_id` instead of using `depends_on`. With `depends_on` on the data source, or on a module that contains it, any change of a dependency defers the read to the apply, and everything that uses the data source is unknown in the plan.",
		Attributes: attributes,
	}
}

// Read implements datasource.DataSource.
func (d *healthDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var m healthModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	timeout, ok := m.Begin(ctx, d.data, req, resp)
	if !ok {
		return
	}
	health, err := d.read(ctx, &m, timeout)
	m.Healthy, err = m.End(ctx, err, &resp.Diagnostics)
	if err != nil {
		resp.Diagnostics.Append(diagnose.Endpoint(m.EndpointID.ValueString()).HealthFailed(err).Error())
		return
	}
	m.set(health)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// read returns the counts, once they meet the conditions.
func (d *healthDataSource) read(ctx context.Context, m *healthModel, timeout time.Duration) (runpod.Health, error) {
	if m.WaitUntil != nil {
		return d.data.Waiter.Health(ctx, m.EndpointID.ValueString(), timeout, m.WaitUntil.unmet)
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return d.data.Client.Health(ctx, m.EndpointID.ValueString())
}
