package fastpath

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/defaults"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// defaultsOf returns the defaults of a schema's attributes, and false if there may be
// more. They are needed because for an attribute that was removed from the
// configuration, Terraform proposes the stored value, while the framework plans the
// default.
func defaultsOf(ctx context.Context, s schema.Schema) (map[string]tftypes.Value, bool) {
	all := make(map[string]tftypes.Value)
	for name, attribute := range s.Attributes {
		if !attribute.IsOptional() || !attribute.IsComputed() {
			continue
		}
		value, ok := defaultOf(ctx, attribute)
		if !ok {
			return nil, false
		}
		if value == nil {
			continue
		}
		raw, err := value.ToTerraformValue(ctx)
		if err != nil {
			return nil, false
		}
		all[name] = raw
	}
	return all, true
}

// defaultOf returns an attribute's default; nil if it has none.
func defaultOf(ctx context.Context, attribute schema.Attribute) (attr.Value, bool) {
	switch a := attribute.(type) {
	case schema.StringAttribute:
		if a.Default == nil {
			return nil, true
		}
		var resp defaults.StringResponse
		a.Default.DefaultString(ctx, defaults.StringRequest{}, &resp)
		return resp.PlanValue, !resp.Diagnostics.HasError()
	case schema.BoolAttribute:
		if a.Default == nil {
			return nil, true
		}
		var resp defaults.BoolResponse
		a.Default.DefaultBool(ctx, defaults.BoolRequest{}, &resp)
		return resp.PlanValue, !resp.Diagnostics.HasError()
	case schema.Int64Attribute:
		if a.Default == nil {
			return nil, true
		}
		var resp defaults.Int64Response
		a.Default.DefaultInt64(ctx, defaults.Int64Request{}, &resp)
		return resp.PlanValue, !resp.Diagnostics.HasError()
	case schema.Float64Attribute:
		if a.Default == nil {
			return nil, true
		}
		var resp defaults.Float64Response
		a.Default.DefaultFloat64(ctx, defaults.Float64Request{}, &resp)
		return resp.PlanValue, !resp.Diagnostics.HasError()
	default:
		return nil, false
	}
}
