package job

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
)

const replaceDescription = "Changing this forces a new job, unless the job was just imported."

func replaceString() planmodifier.String {
	return stringplanmodifier.RequiresReplaceIf(func(ctx context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
		resp.RequiresReplace = !jobmodel.Marked(ctx, req.Private, jobmodel.PrivateImported, &resp.Diagnostics)
	}, replaceDescription, replaceDescription)
}

func replaceInt64() planmodifier.Int64 {
	return int64planmodifier.RequiresReplaceIf(func(ctx context.Context, req planmodifier.Int64Request, resp *int64planmodifier.RequiresReplaceIfFuncResponse) {
		resp.RequiresReplace = !jobmodel.Marked(ctx, req.Private, jobmodel.PrivateImported, &resp.Diagnostics)
	}, replaceDescription, replaceDescription)
}

func replaceObject() planmodifier.Object {
	return objectplanmodifier.RequiresReplaceIf(func(ctx context.Context, req planmodifier.ObjectRequest, resp *objectplanmodifier.RequiresReplaceIfFuncResponse) {
		resp.RequiresReplace = !jobmodel.Marked(ctx, req.Private, jobmodel.PrivateImported, &resp.Diagnostics)
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
			resp.RequiresReplace = !jobmodel.Marked(ctx, req.Private, jobmodel.PrivateImported, &resp.Diagnostics)
		}, replaceDescription, replaceDescription)},
	}
}
