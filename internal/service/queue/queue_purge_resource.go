// Package queue implements the resource and the action that purge an endpoint's queue.
package queue

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

var (
	_ resource.Resource               = (*purgeResource)(nil)
	_ resource.ResourceWithConfigure  = (*purgeResource)(nil)
	_ resource.ResourceWithModifyPlan = (*purgeResource)(nil)
)

// The values of on_destroy.
const (
	destroyNothing = "nothing"
	destroyPurge   = "purge"
)

type purgeModel struct {
	ID         types.String      `tfsdk:"id"`
	EndpointID types.String      `tfsdk:"endpoint_id"`
	Triggers   types.Map         `tfsdk:"triggers"`
	OnDestroy  types.String      `tfsdk:"on_destroy"`
	Removed    types.Int64       `tfsdk:"removed"`
	PurgedAt   timetypes.RFC3339 `tfsdk:"purged_at"`
}

type purgeResource struct{ data *jobmodel.ProviderData }

// NewPurgeResource returns the resource runpodserverless_queue_purge.
func NewPurgeResource() resource.Resource { return &purgeResource{} }

// Metadata implements resource.Resource.
func (r *purgeResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_queue_purge"
}

// Configure implements resource.ResourceWithConfigure.
func (r *purgeResource) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.data = jobmodel.ProviderDataFrom(req.ProviderData, &resp.Diagnostics)
}

// Schema implements resource.Resource.
func (r *purgeResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Purges an endpoint's queue: removes every job that waits in it, once, and again when `triggers` changes. Jobs on a worker keep running. " +
			"The queue is shared: jobs that other clients submitted are removed as well. The API allows two purges of an endpoint in ten seconds; the provider delays further ones.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "ID of the endpoint.",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
			"endpoint_id": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "ID of the endpoint whose queue is purged. Defaults to the provider's `endpoint_id`. Changing this purges the queue of the new endpoint.",
				Validators:    []validator.String{validators.EndpointID()},
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown(), stringplanmodifier.RequiresReplace()},
			},
			"triggers": schema.MapAttribute{
				Optional: true, ElementType: types.StringType, MarkdownDescription: "Arbitrary map of values that, when changed, triggers another purge.",
				PlanModifiers: []planmodifier.Map{mapplanmodifier.RequiresReplace()},
			},
			"on_destroy": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString(destroyNothing),
				MarkdownDescription: "What to do when the resource is destroyed or replaced: `nothing`, or `purge` to purge the queue once more. Defaults to `nothing`.",
				Validators:          []validator.String{stringvalidator.OneOf(destroyNothing, destroyPurge)},
			},
			"removed": schema.Int64Attribute{
				Computed: true, MarkdownDescription: "Number of jobs that were removed. Null if the API does not say.",
				PlanModifiers: []planmodifier.Int64{int64planmodifier.UseStateForUnknown()},
			},
			"purged_at": schema.StringAttribute{
				Computed: true, CustomType: timetypes.RFC3339Type{}, MarkdownDescription: "Time of the purge, in UTC (RFC 3339).",
				PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
			},
		},
	}
}

// ModifyPlan implements resource.ResourceWithModifyPlan: it fills in the
// provider's endpoint, so that the plan shows which queue will be purged.
func (r *purgeResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var own, before types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("endpoint_id"), &own)...)
	if resp.Diagnostics.HasError() {
		return
	}
	endpointID := r.data.Endpoint(own, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("endpoint_id"), endpointID)...)
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("endpoint_id"), &before)...)
		if !before.Equal(endpointID) {
			resp.RequiresReplace = append(resp.RequiresReplace, path.Root("endpoint_id"))
		}
		var triggers types.Map
		resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("triggers"), &triggers)...)
		if endpointID.IsUnknown() || !dynamicjson.IsFullyKnown(triggers) {
			jobmodel.MarkUndecided(ctx, resp.Private, &resp.Diagnostics)
		}
		return
	}
	jobmodel.SetPlanned(ctx, resp.Private, false, nil, &resp.Diagnostics)
}

// fingerprint is that of the arguments whose change purges again.
func (m *purgeModel) fingerprint() ledger.Fingerprint {
	return jobmodel.Forcing{m.EndpointID, m.Triggers}.Fingerprint("queue_purge")
}

// Create implements resource.Resource.
func (r *purgeResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m purgeModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !r.data.Ready(&resp.Diagnostics) {
		return
	}
	if kept := jobmodel.TakeFrom[purgeModel](&r.data.Handover, m.fingerprint(), nil); kept != nil {
		resp.Diagnostics.Append(diagnose.Endpoint(m.EndpointID.ValueString()).NotPurgedAgain(kept.PurgedAt.ValueString()).Warning())
		m.ID, m.Removed, m.PurgedAt = kept.ID, kept.Removed, kept.PurgedAt
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
		return
	}
	removed, err := r.data.Client.PurgeQueue(ctx, m.EndpointID.ValueString())
	if err != nil {
		resp.Diagnostics.Append(diagnose.Purge{Endpoint: m.EndpointID.ValueString()}.Failed(err).Error())
		return
	}
	m.ID = m.EndpointID
	m.Removed = types.Int64PointerValue(removed)
	m.PurgedAt = timetypes.NewRFC3339TimeValue(time.Now().UTC().Truncate(time.Second))
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Read implements resource.Resource. There is nothing to read: a purge is an event.
func (r *purgeResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

// Update implements resource.Resource. Only on_destroy changes in place, without a request.
func (r *purgeResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m purgeModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Delete implements resource.Resource.
func (r *purgeResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m purgeModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if m.OnDestroy.ValueString() != destroyPurge {
		if jobmodel.ReadPlanned(ctx, req.Private, &resp.Diagnostics).Undecided() {
			r.data.Handover.Keep(m.fingerprint(), &m)
		}
		return
	}
	if !r.data.Ready(&resp.Diagnostics) {
		return
	}
	_, err := r.data.Client.PurgeQueue(ctx, m.EndpointID.ValueString())
	if err != nil && !runpod.IsNotFound(err) { // an endpoint that is gone has no queue
		resp.Diagnostics.Append(diagnose.Purge{Endpoint: m.EndpointID.ValueString(), By: diagnose.PurgeByDestroy}.Failed(err).Error())
	}
}
