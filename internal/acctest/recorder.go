package acctest

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
)

// recording is a call of a resource's method: its arguments and its response. If the
// method is called again, the recorder returns the response and no request is sent.
type recording struct {
	replay bool
	method string // "" if none was called
	asked  []tftypes.Value
	answer any
}

type recordingKey struct{}

// again returns a context in which the resource repeats its response. If no method was
// called before, it is called now.
func (r *recording) again(ctx context.Context) context.Context {
	r.replay = r.method != ""
	return context.WithValue(ctx, recordingKey{}, r)
}

// called calls a resource's method, or repeats its response if it is called again with
// the same arguments.
func called[R any](ctx context.Context, method string, resp *R, diags *diag.Diagnostics, call func(), asked ...tftypes.Value) {
	r, ok := ctx.Value(recordingKey{}).(*recording)
	switch {
	case !ok:
		call()
	case !r.replay:
		call()
		r.method, r.asked, r.answer = method, asked, *resp
	case r.method != method || !slices.EqualFunc(r.asked, asked, tftypes.Value.Equal):
		diags.AddError("The resource is asked otherwise by the framework alone", fmt.Sprintf("%s\n%v\n%s\n%v", r.method, r.asked, method, asked))
	default:
		*resp = r.answer.(R) //nolint:forcetypeassert // the method is the same
	}
}

// recorder is a resource whose calls are recorded.
type recorder struct{ resource.Resource }

// record returns a resource whose calls are recorded, with the optional methods that
// the framework looks for.
func record(r resource.Resource) resource.Resource {
	type (
		identifier interface {
			IdentitySchema(context.Context, resource.IdentitySchemaRequest, *resource.IdentitySchemaResponse)
		}
		importer interface {
			ImportState(context.Context, resource.ImportStateRequest, *resource.ImportStateResponse)
		}
	)
	switch r.(type) {
	case resource.ResourceWithUpgradeState, resource.ResourceWithMoveState, resource.ResourceWithUpgradeIdentity:
		panic(fmt.Sprintf("the recorder hides a method of %T: add it", r))
	}
	identity, hasIdentity := r.(identifier)
	imports, hasImport := r.(importer)
	switch {
	case hasIdentity && hasImport:
		return &struct {
			recorder
			identifier
			importer
		}{recorder{r}, identity, imports}
	case hasIdentity:
		return &struct {
			recorder
			identifier
		}{recorder{r}, identity}
	case hasImport:
		return &struct {
			recorder
			importer
		}{recorder{r}, imports}
	default:
		return &recorder{r}
	}
}

var (
	_ fastpath.Noop                         = (*recorder)(nil)
	_ resource.ResourceWithConfigure        = (*recorder)(nil)
	_ resource.ResourceWithConfigValidators = (*recorder)(nil)
	_ resource.ResourceWithModifyPlan       = (*recorder)(nil)
	_ resource.ResourceWithValidateConfig   = (*recorder)(nil)
)

func (r *recorder) NoopRead(ctx context.Context, state map[string]tftypes.Value) bool {
	noop, ok := r.Resource.(fastpath.Noop)
	return ok && noop.NoopRead(ctx, state)
}

func (r *recorder) NoopPlan(ctx context.Context, config, state map[string]tftypes.Value) bool {
	noop, ok := r.Resource.(fastpath.Noop)
	return ok && noop.NoopPlan(ctx, config, state)
}

func (r *recorder) Configure(ctx context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	if r, ok := r.Resource.(resource.ResourceWithConfigure); ok {
		r.Configure(ctx, req, resp)
	}
}

func (r *recorder) ConfigValidators(ctx context.Context) []resource.ConfigValidator {
	if r, ok := r.Resource.(resource.ResourceWithConfigValidators); ok {
		return r.ConfigValidators(ctx)
	}
	return nil
}

func (r *recorder) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	if r, ok := r.Resource.(resource.ResourceWithValidateConfig); ok {
		called(ctx, "ValidateConfig", resp, &resp.Diagnostics, func() { r.ValidateConfig(ctx, req, resp) }, req.Config.Raw)
	}
}

func (r *recorder) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r, ok := r.Resource.(resource.ResourceWithModifyPlan); ok {
		called(ctx, "ModifyPlan", resp, &resp.Diagnostics, func() { r.ModifyPlan(ctx, req, resp) },
			req.Config.Raw, req.Plan.Raw, req.State.Raw, resp.Plan.Raw)
	}
}

func (r *recorder) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	called(ctx, "Create", resp, &resp.Diagnostics, func() { r.Resource.Create(ctx, req, resp) }, req.Config.Raw, req.Plan.Raw, resp.State.Raw)
}

func (r *recorder) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	called(ctx, "Read", resp, &resp.Diagnostics, func() { r.Resource.Read(ctx, req, resp) }, req.State.Raw, resp.State.Raw)
}

func (r *recorder) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	called(ctx, "Update", resp, &resp.Diagnostics, func() { r.Resource.Update(ctx, req, resp) },
		req.Config.Raw, req.Plan.Raw, req.State.Raw, resp.State.Raw)
}

func (r *recorder) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	called(ctx, "Delete", resp, &resp.Diagnostics, func() { r.Resource.Delete(ctx, req, resp) }, req.State.Raw, resp.State.Raw)
}
