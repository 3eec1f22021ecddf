package dynamicjson_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
)

var resourceType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{
	"id": tftypes.String, "output": tftypes.DynamicPseudoType, "count": tftypes.Number,
}}

func TestAttributes_none(t *testing.T) {
	t.Parallel()
	for name, value := range map[string]any{"null": nil, "unknown": tftypes.UnknownValue} {
		if m := dynamicjson.Attributes(tftypes.NewValue(resourceType, value)); m != nil {
			t.Errorf("%s has %v", name, m)
		}
	}
}
