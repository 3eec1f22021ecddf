package main

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/service/job"
)

const bareType = "floor_bare"

// bare has the schema of the job resource and implements the plugin protocol directly,
// with as little as Terraform accepts. It measures the cost of Terraform and its
// protocol for a resource of that size.
type bare struct {
	tfprotov6.ProviderServer
	value    tftypes.Object
	computed map[string]bool
}

func newBare(framework tfprotov6.ProviderServer) *bare {
	ctx := context.Background()
	var schema resource.SchemaResponse
	job.NewResource().Schema(ctx, resource.SchemaRequest{}, &schema)
	b := &bare{ProviderServer: framework, computed: make(map[string]bool)}
	b.value, _ = schema.Schema.Type().TerraformType(ctx).(tftypes.Object)
	for name, attribute := range schema.Schema.Attributes {
		b.computed[name] = attribute.IsComputed()
	}
	return b
}

func (b *bare) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	if req.TypeName != bareType {
		return b.ProviderServer.ValidateResourceConfig(ctx, req)
	}
	return &tfprotov6.ValidateResourceConfigResponse{}, nil
}

func (b *bare) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	if req.TypeName != bareType {
		return b.ProviderServer.ReadResource(ctx, req)
	}
	return &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private}, nil
}

// PlanResourceChange plans computed attributes as unknown.
func (b *bare) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	if req.TypeName != bareType {
		return b.ProviderServer.PlanResourceChange(ctx, req)
	}
	planned, err := b.change(req.ProposedNewState, func(name string, v tftypes.Value) tftypes.Value {
		if b.computed[name] && v.IsNull() {
			return tftypes.NewValue(v.Type(), tftypes.UnknownValue)
		}
		return v
	})
	return &tfprotov6.PlanResourceChangeResponse{PlannedState: planned}, err
}

// ApplyResourceChange stores the plan with null for unknown values.
func (b *bare) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	if req.TypeName != bareType {
		return b.ProviderServer.ApplyResourceChange(ctx, req)
	}
	stored, err := b.change(req.PlannedState, func(_ string, v tftypes.Value) tftypes.Value {
		if !v.IsKnown() {
			return tftypes.NewValue(v.Type(), nil)
		}
		return v
	})
	return &tfprotov6.ApplyResourceChangeResponse{NewState: stored}, err
}

// change replaces attributes of a value that is not null.
func (b *bare) change(value *tfprotov6.DynamicValue, replace func(string, tftypes.Value) tftypes.Value) (*tfprotov6.DynamicValue, error) {
	decoded, err := value.Unmarshal(b.value)
	if err != nil || decoded.IsNull() {
		return value, err
	}
	var members map[string]tftypes.Value
	if err := decoded.As(&members); err != nil {
		return nil, err
	}
	changed := make(map[string]tftypes.Value, len(members))
	for name, v := range members {
		changed[name] = replace(name, v)
	}
	encoded, err := tfprotov6.NewDynamicValue(b.value, tftypes.NewValue(b.value, changed))
	return &encoded, err
}
