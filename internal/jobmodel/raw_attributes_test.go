package jobmodel_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
)

var resourceType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{
	"id": tftypes.String, "output": tftypes.DynamicPseudoType, "count": tftypes.Number,
}}

func TestReplaceAttributes(t *testing.T) {
	t.Parallel()
	before := tftypes.NewValue(resourceType, map[string]tftypes.Value{
		"id": tftypes.NewValue(tftypes.String, "a"), "output": tftypes.NewValue(tftypes.Bool, true), "count": tftypes.NewValue(tftypes.Number, 1),
	})
	var diags diag.Diagnostics
	after := jobmodel.ReplaceAttributes(t.Context(), before, map[string]attr.Value{"output": types.DynamicUnknown(), "id": types.StringValue("b")}, &diags)
	want := tftypes.NewValue(resourceType, map[string]tftypes.Value{
		"id": tftypes.NewValue(tftypes.String, "b"), "output": tftypes.NewValue(tftypes.DynamicPseudoType, tftypes.UnknownValue), "count": tftypes.NewValue(tftypes.Number, 1),
	})
	if diags.HasError() || !after.Equal(want) {
		t.Errorf("got %s, want %s: %v", after, want, diags)
	}
	var id string
	if err := dynamicjson.Attributes(before)["id"].As(&id); err != nil || id != "a" {
		t.Errorf("the argument has changed: %q, %v", id, err)
	}
}
