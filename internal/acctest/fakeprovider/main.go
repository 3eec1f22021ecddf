// Command terraform-provider-runpod is a fake of the official runpod/runpod provider,
// for tests that load both. It has that provider's name and prefix, and an endpoint
// resource that creates nothing. The endpoint's id is its name, so that it can be an
// endpoint of the simulator.
package main

import (
	"context"
	"log"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var (
	_ provider.Provider = fakeProvider{}
	_ resource.Resource = endpoint{}
)

type fakeProvider struct{}

func (fakeProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = "runpod"
}

func (fakeProvider) Schema(context.Context, provider.SchemaRequest, *provider.SchemaResponse) {}

// Configure requires the API key, like the official provider.
func (fakeProvider) Configure(_ context.Context, _ provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	if os.Getenv("RUNPOD_API_KEY") == "" {
		resp.Diagnostics.AddError("Missing key", "The fake provider reads RUNPOD_API_KEY, too.")
	}
}

func (fakeProvider) DataSources(context.Context) []func() datasource.DataSource { return nil }

func (fakeProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{func() resource.Resource { return endpoint{} }}
}

type endpoint struct{}

type endpointModel struct {
	ID         types.String `tfsdk:"id"`
	Name       types.String `tfsdk:"name"`
	TemplateID types.String `tfsdk:"template_id"`
}

func (endpoint) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "runpod_endpoint"
}

func (endpoint) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"id":          schema.StringAttribute{Computed: true, PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()}},
		"name":        schema.StringAttribute{Required: true, PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()}},
		"template_id": schema.StringAttribute{Required: true},
	}}
}

func (endpoint) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m endpointModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	m.ID = m.Name
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

func (endpoint) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

func (endpoint) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m endpointModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

func (endpoint) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

func main() {
	err := providerserver.Serve(context.Background(), func() provider.Provider { return fakeProvider{} },
		providerserver.ServeOpts{Address: "registry.terraform.io/runpod/runpod"})
	if err != nil {
		log.Fatal(err)
	}
}
