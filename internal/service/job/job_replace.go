package job

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/dynamicplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
)

const replaceDescription = "A change runs a new job, unless the job was just imported."

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

// replaceInput replaces when the input's JSON changes: a list instead of a
// tuple, or 1.0 instead of 1, is no reason to pay again.
func replaceInput() planmodifier.Dynamic {
	return dynamicplanmodifier.RequiresReplaceIf(func(ctx context.Context, req planmodifier.DynamicRequest, resp *dynamicplanmodifier.RequiresReplaceIfFuncResponse) {
		resp.RequiresReplace = !jobmodel.Marked(ctx, req.Private, jobmodel.PrivateImported, &resp.Diagnostics) && !sameInput(req.StateValue, req.PlanValue)
	}, "A change of its JSON runs a new job.", "A change of its JSON runs a new job.")
}

// sameInput reports whether two inputs are known and have the same JSON.
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
		MarkdownDescription: "Any values; a new job runs when one of them changes.",
		PlanModifiers: []planmodifier.Map{mapplanmodifier.RequiresReplaceIf(func(ctx context.Context, req planmodifier.MapRequest, resp *mapplanmodifier.RequiresReplaceIfFuncResponse) {
			resp.RequiresReplace = !jobmodel.Marked(ctx, req.Private, jobmodel.PrivateImported, &resp.Diagnostics)
		}, replaceDescription, replaceDescription)},
	}
}
