// Command terraform-provider-floor is a provider whose resources do nothing.
// floor_nothing has two attributes, floor_job has those of the job resource, and
// floor_bare has them as well but does not use the framework: no job resource can be
// faster than it. floor_output stores a text as large as a job's output. They are the
// references of the benchmark.
package main

import (
	"context"
	"log"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/service/job"
)

var (
	_ provider.Provider = (*floor)(nil)
	_ resource.Resource = (*nothing)(nil)
)

type floor struct{}

func (floor) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "floor"
}
func (floor) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}
func (floor) Configure(context.Context, provider.ConfigureRequest, *provider.ConfigureResponse) {
}
func (floor) DataSources(context.Context) []func() datasource.DataSource { return nil }
func (floor) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		func() resource.Resource { return nothing{} },
		func() resource.Resource { return wide{name: "floor_job"} },
		func() resource.Resource { return wide{name: bareType} }, // for its schema
		func() resource.Resource { return output{} },
	}
}

type nothing struct{}

type nothingModel struct {
	Name types.String `tfsdk:"name"`
	ID   types.String `tfsdk:"id"`
}

func (nothing) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "floor_nothing"
}

func (nothing) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"name": schema.StringAttribute{Required: true},
		"id":   schema.StringAttribute{Computed: true},
	}}
}

func (nothing) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m nothingModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	m.ID = m.Name
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

func (nothing) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

func (nothing) Update(context.Context, resource.UpdateRequest, *resource.UpdateResponse) {}

func (nothing) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// wide has the schema of the job resource and none of its behavior.
type wide struct {
	nothing
	name string
}

func (w wide) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = w.name
}

func (wide) Schema(ctx context.Context, req resource.SchemaRequest, resp *resource.SchemaResponse) {
	job.NewResource().Schema(ctx, req, resp)
}

// Create stores the plan with null for unknown values.
func (wide) Create(_ context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	raw, err := tftypes.Transform(req.Plan.Raw, func(_ *tftypes.AttributePath, v tftypes.Value) (tftypes.Value, error) {
		if v.IsKnown() {
			return v, nil
		}
		return tftypes.NewValue(v.Type(), nil), nil
	})
	if err != nil {
		resp.Diagnostics.AddError("Unable to store the plan", err.Error())
	}
	resp.State.Raw = raw
}

func main() {
	server := newBare(providerserver.NewProtocol6(floor{})())
	if err := tf6server.Serve("registry.terraform.io/runpodserverless/floor", func() tfprotov6.ProviderServer { return server }); err != nil {
		log.Fatal(err)
	}
}
