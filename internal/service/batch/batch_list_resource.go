package batch

import (
	"context"
	"fmt"
	"iter"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/list/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

var (
	_ list.ListResource              = (*batchListResource)(nil)
	_ list.ListResourceWithConfigure = (*batchListResource)(nil)
)

// listPage is how many batches are requested at a time.
const listPage = 50

// batchListResource shares its name and configuration with the resource.
type batchListResource struct{ batchResource }

// NewListResource returns the list resource runpodserverless_batch.
func NewListResource() list.ListResource { return &batchListResource{} }

type listModel struct {
	EndpointID types.String `tfsdk:"endpoint_id"`
}

// ListResourceConfigSchema implements list.ListResource.
func (r *batchListResource) ListResourceConfigSchema(_ context.Context, _ list.ListResourceSchemaRequest, resp *list.ListResourceSchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Lists all batches of an endpoint, newest first, including drafts and batches that were created elsewhere. The Batch API is in **beta**. Requires Terraform 1.14.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": schema.StringAttribute{
				Optional: true, MarkdownDescription: "ID of the endpoint whose batches are listed. Defaults to the provider's `endpoint_id`.",
				Validators: []validator.String{validators.EndpointID()},
			},
		},
	}
}

// List implements list.ListResource. It requests the next page only when the batches
// of the previous one were consumed.
func (r *batchListResource) List(ctx context.Context, req list.ListRequest, stream *list.ListResultsStream) {
	var m listModel
	var diags diag.Diagnostics
	diags.Append(req.Config.Get(ctx, &m)...)
	endpointID := r.data.Endpoint(m.EndpointID, &diags)
	if diags.HasError() || !r.data.ReadyFor(endpointID, &diags) {
		stream.Results = list.ListResultsStreamDiagnostics(diags)
		return
	}
	stream.Results = func(push func(list.ListResult) bool) {
		var n int64
		for b, err := range r.batches(ctx, endpointID.ValueString()) {
			if req.Limit > 0 && n == req.Limit {
				return
			}
			n++
			result := req.NewListResult(ctx)
			if err != nil {
				result = list.ListResult{}
				result.Diagnostics.Append(diagnose.Batch{Endpoint: endpointID.ValueString()}.ListFailed(err).Error())
			} else {
				fill(ctx, &result, endpointID, b, req.IncludeResource)
			}
			if !push(result) {
				return
			}
		}
	}
}

// batches yields the batches of an endpoint; an error ends them.
func (r *batchListResource) batches(ctx context.Context, endpointID string) iter.Seq2[runpod.Batch, error] {
	return func(yield func(runpod.Batch, error) bool) {
		seen := make(map[string]bool)
		for offset, more := 0, true; more; {
			page, err := r.data.Client.Batches(ctx, endpointID, offset, listPage)
			if err != nil {
				yield(runpod.Batch{}, err)
				return
			}
			before := len(seen)
			for _, b := range page.Batches {
				if seen[b.ID] {
					continue // a new batch has moved the others to the next page
				}
				seen[b.ID] = true
				if !yield(b, nil) {
					return
				}
			}
			offset += len(page.Batches)
			more = page.HasMore && len(seen) > before
		}
	}
}

// fill sets a list result from a batch.
func fill(ctx context.Context, into *list.ListResult, endpointID types.String, b runpod.Batch, includeResource bool) {
	into.DisplayName = fmt.Sprintf("%s (%s)", b.ID, b)
	id := jobmodel.Identity{EndpointID: endpointID, ID: types.StringValue(b.ID)}
	into.Diagnostics.Append(into.Identity.Set(ctx, &id)...)
	if !includeResource {
		return
	}
	var r result
	r.Total, r.CreatedAt = types.Int64Null(), timetypes.NewRFC3339Null()
	r.setBatch(b)
	attributes := defaults()
	for name, value := range map[string]any{
		"endpoint_id": endpointID, "id": r.ID, "status": r.Status, "phase": r.Phase, "total": r.Total,
		"in_progress": r.InProgress, "completed": r.Completed, "failed": r.Failed, "created_at": r.CreatedAt,
	} {
		attributes[name] = value
	}
	for name, value := range attributes {
		into.Diagnostics.Append(into.Resource.SetAttribute(ctx, path.Root(name), value)...)
	}
}
