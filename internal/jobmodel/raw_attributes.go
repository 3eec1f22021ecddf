package jobmodel

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
)

// The functions of this file read and replace single attributes of a resource's tftypes
// value. The framework's own functions decode and encode the whole value at each call,
// which would be most of the cost of a plan of a small job, or of a set of a thousand
// jobs.

// AttributeReader reads attributes of a resource one by one, and records whether one of them did
// not have the expected type.
type AttributeReader struct {
	Failed  bool
	members map[string]tftypes.Value
}

// NewAttributeReader returns a reader of these attributes of a resource.
func NewAttributeReader(members map[string]tftypes.Value) *AttributeReader {
	return &AttributeReader{members: members}
}

// ReadAttribute returns the attribute name as a value of the type typ. If it is missing or has
// another type, it sets r.Failed and returns the zero value.
func ReadAttribute[V attr.Value](ctx context.Context, r *AttributeReader, name string, typ attr.Type) V {
	var none V
	raw, ok := r.members[name]
	if !ok {
		r.Failed = true
		return none
	}
	value, err := typ.ValueFromTerraform(ctx, raw)
	v, ok := value.(V)
	r.Failed = r.Failed || err != nil || !ok
	return v
}

// ReplaceAttributes returns a resource's value with the attributes in with replaced. If
// a value cannot be encoded, it adds an error to diags and returns raw.
func ReplaceAttributes(ctx context.Context, raw tftypes.Value, with map[string]attr.Value, diags *diag.Diagnostics) tftypes.Value {
	members := maps.Clone(dynamicjson.Attributes(raw))
	for name, value := range with {
		replaced, err := value.ToTerraformValue(ctx)
		if err != nil {
			diags.Append(diagnose.AttributeNotEncoded(name, err).Error())
			return raw
		}
		members[name] = replaced
	}
	return tftypes.NewValue(raw.Type(), members)
}
