package provider

import (
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// TestAddressHint: RUNPOD_BASE_URL may have been set for this provider by mistake. It
// may also be set correctly for the official provider, so it is mentioned only when a
// request fails, and not if this provider's address is set.
func TestAddressHint(t *testing.T) {
	for name, tc := range map[string]struct {
		vendor, own string
		argument    types.String
		hint        bool
	}{
		"nothing":               {"", "", types.StringNull(), false},
		"the vendor's":          {"https://gateway.example.com", "", types.StringNull(), true},
		"both":                  {"https://gateway.example.com", "https://queue.example.com/v2", types.StringNull(), false},
		"with base_url":         {"https://gateway.example.com", "", types.StringValue("https://queue.example.com/v2"), false},
		"only this provider's":  {"", "https://queue.example.com/v2", types.StringNull(), false},
		"an argument for both ": {"https://gateway.example.com", "https://a.example.com", types.StringValue("https://b.example.com"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("RUNPOD_BASE_URL", tc.vendor)
			t.Setenv("RUNPOD_ENDPOINT_BASE_URL", tc.own)
			var diags diag.Diagnostics
			o := model{APIKey: types.StringValue("rpa_x"), BaseURL: tc.argument}.options(t.Context(), &diags)
			if diags.HasError() || len(diags.Warnings()) > 0 {
				t.Errorf("there must be no diagnostic before a request fails: %v", diags)
			}
			if (o.AddressHint != "") != tc.hint {
				t.Errorf("got %q, want a hint: %t", o.AddressHint, tc.hint)
			}
			if tc.hint && (!strings.Contains(o.AddressHint, "https://api.runpod.ai/v2") || !strings.Contains(o.AddressHint, "RUNPOD_ENDPOINT_BASE_URL")) {
				t.Errorf("the hint does not say where requests go and what to set: %s", o.AddressHint)
			}
		})
	}
}
