package validators

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
)

// Timeouts accepts an object of Go durations that are longer than nothing. What
// is no duration at all is left to the check of the member itself.
func Timeouts() validator.Object { return timeoutsCheck{} }

type timeoutsCheck struct{}

var _ validator.Object = timeoutsCheck{}

// Description implements validator.Describer.
func (timeoutsCheck) Description(context.Context) string {
	return "each must be a duration longer than nothing"
}

// MarkdownDescription implements validator.Describer.
func (v timeoutsCheck) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

// ValidateObject implements validator.Object.
func (timeoutsCheck) ValidateObject(_ context.Context, req validator.ObjectRequest, resp *validator.ObjectResponse) {
	members := req.ConfigValue.Attributes()
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value, ok := members[name].(types.String)
		if !ok || value.IsNull() || value.IsUnknown() {
			continue
		}
		if d, err := time.ParseDuration(value.ValueString()); err == nil && d <= 0 {
			resp.Diagnostics.Append(diagnose.DurationNotPositive(value.ValueString()).ErrorAt(req.Path.AtName(name)))
		}
	}
}
