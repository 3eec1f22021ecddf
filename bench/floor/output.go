package main

import (
	"context"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var _ resource.Resource = (*output)(nil)

// output stores a text of a given length as a dynamic value. It measures the cost of
// Terraform, its protocol and the framework for a job's output.
type output struct{ nothing }

type outputModel struct {
	Bytes  types.Int64   `tfsdk:"bytes"`
	Output types.Dynamic `tfsdk:"output"`
}

func (output) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = "floor_output"
}

func (output) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{Attributes: map[string]schema.Attribute{
		"bytes":  schema.Int64Attribute{Required: true},
		"output": schema.DynamicAttribute{Computed: true},
	}}
}

func (output) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m outputModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	m.Output = types.DynamicValue(types.StringValue(strings.Repeat("x", int(m.Bytes.ValueInt64()))))
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
