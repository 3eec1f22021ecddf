package dynamicjson

import "github.com/hashicorp/terraform-plugin-go/tftypes"

// Attributes returns the attributes of a resource; nil when it is null or unknown.
func Attributes(raw tftypes.Value) map[string]tftypes.Value {
	var m map[string]tftypes.Value
	if err := raw.As(&m); err != nil || raw.IsNull() {
		return nil
	}
	return m
}
