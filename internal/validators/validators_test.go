package validators_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

// TestNestedPath: an error in an object names the attribute, because the CLI shows the
// source of the whole object; at the top level the source is enough.
func TestNestedPath(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		at    path.Path
		named bool
	}{
		{path.Root("queue_timeout"), false},
		{path.Root("policy").AtName("execution_timeout"), true},
		{path.Root("output_select").AtMapKey("text"), true},
	} {
		var resp validator.StringResponse
		req := validator.StringRequest{Path: tc.at, ConfigValue: types.StringValue("1s")}
		validators.Duration(5*time.Second, time.Hour).ValidateString(t.Context(), req, &resp)
		if len(resp.Diagnostics) != 1 {
			t.Fatalf("%s: got %v", tc.at, resp.Diagnostics)
		}
		if detail := resp.Diagnostics[0].Detail(); strings.HasPrefix(detail, tc.at.String()+": ") != tc.named || !strings.Contains(detail, "from 5s to 1h") {
			t.Errorf("%s: got %q", tc.at, detail)
		}
	}
}
