package job

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
)

// Keys of the resource's private state.
const (
	// privateImported is set from an import to the first update: what the job
	// was made of is not known, so a configuration that says it replaces nothing.
	privateImported = "imported"
	// privateAcknowledged is set when a job that ended badly is not to be run
	// again because of that, as after an import.
	privateAcknowledged = "acknowledged"
)

const replaceDescription = "Changing this forces a new job, unless the job was just imported."

// privateState is what both plan modifiers and the resource read marks from.
type privateState interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// marked reports whether a mark is set.
func marked(ctx context.Context, private privateState, key string, diags *diag.Diagnostics) bool {
	value, moreDiags := private.GetKey(ctx, key)
	diags.Append(moreDiags...)
	return string(value) == "true"
}

func replaceString() planmodifier.String {
	return stringplanmodifier.RequiresReplaceIf(func(ctx context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
		resp.RequiresReplace = !marked(ctx, req.Private, privateImported, &resp.Diagnostics)
	}, replaceDescription, replaceDescription)
}

func replaceInt64() planmodifier.Int64 {
	return int64planmodifier.RequiresReplaceIf(func(ctx context.Context, req planmodifier.Int64Request, resp *int64planmodifier.RequiresReplaceIfFuncResponse) {
		resp.RequiresReplace = !marked(ctx, req.Private, privateImported, &resp.Diagnostics)
	}, replaceDescription, replaceDescription)
}

func replaceObject() planmodifier.Object {
	return objectplanmodifier.RequiresReplaceIf(func(ctx context.Context, req planmodifier.ObjectRequest, resp *objectplanmodifier.RequiresReplaceIfFuncResponse) {
		resp.RequiresReplace = !marked(ctx, req.Private, privateImported, &resp.Diagnostics)
	}, replaceDescription, replaceDescription)
}

// sameInput reports whether two inputs are known and have the same JSON: a list
// instead of a tuple, or 1.0 instead of 1, is no reason to pay again.
func sameInput(a, b types.Dynamic) bool {
	before, err := dynamicjson.Encode(a)
	if err != nil {
		return false
	}
	after, err := dynamicjson.Encode(b)
	if err != nil {
		return false
	}
	equal, err := dynamicjson.Equal(before, after)
	return err == nil && equal
}

func replaceTriggers() schema.MapAttribute {
	return schema.MapAttribute{
		Optional: true, ElementType: types.StringType,
		MarkdownDescription: "Arbitrary map of values that, when changed, triggers a new job.",
		PlanModifiers: []planmodifier.Map{mapplanmodifier.RequiresReplaceIf(func(ctx context.Context, req planmodifier.MapRequest, resp *mapplanmodifier.RequiresReplaceIfFuncResponse) {
			resp.RequiresReplace = !marked(ctx, req.Private, privateImported, &resp.Diagnostics)
		}, replaceDescription, replaceDescription)},
	}
}
