package fastpath

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Detach returns a constructor of the same resource in which the named attributes
// bypass the framework. The server takes them out of each request and leaves
// placeholders for the framework. The adapter that Detach returns restores the values
// before it calls the resource's own method and takes them out of its response; the
// server restores them in the framework's response. The resource itself never gets a
// placeholder and needs no change.
//
// Each attribute must be either a dynamic argument that is not computed, or a result:
// computed and not optional. It must not be write-only, and must have no default, plan
// modifier or validator, because these would be called with the placeholder; the
// resource's own ModifyPlan and ValidateConfig can do the same. [New] checks all of
// this. Plan modifiers and validators of other attributes can see only whether a
// detached attribute is set and known.
func Detach(newResource func() resource.Resource, names ...string) func() resource.Resource {
	return func() resource.Resource {
		a := adapter{Resource: newResource(), names: names}
		identity, hasIdentity := a.Resource.(identifier)
		imports, hasImport := a.Resource.(importer)
		switch {
		case hasIdentity && hasImport:
			return &struct {
				adapter
				identifier
				importer
			}{a, identity, imports}
		case hasIdentity:
			return &struct {
				adapter
				identifier
			}{a, identity}
		case hasImport:
			return &struct {
				adapter
				importer
			}{a, imports}
		default:
			return &a
		}
	}
}

// The optional interfaces of a resource, which the framework detects by type assertion.
type (
	identifier interface {
		IdentitySchema(context.Context, resource.IdentitySchemaRequest, *resource.IdentitySchemaResponse)
	}
	importer interface {
		ImportState(context.Context, resource.ImportStateRequest, *resource.ImportStateResponse)
	}
)

// detaching is implemented by the resources that [Detach] returns.
type detaching interface {
	detachedNames() []string
	unwrap() resource.Resource // the resource itself
}

// Detaches reports whether r is a resource with detached attributes.
func Detaches(r resource.Resource) bool {
	_, ok := r.(detaching)
	return ok
}

// adapter stands between the framework and the resource itself.
type adapter struct {
	resource.Resource
	names []string
}

var (
	_ detaching                             = (*adapter)(nil)
	_ resource.ResourceWithConfigure        = (*adapter)(nil)
	_ resource.ResourceWithConfigValidators = (*adapter)(nil)
	_ resource.ResourceWithModifyPlan       = (*adapter)(nil)
	_ resource.ResourceWithValidateConfig   = (*adapter)(nil)
)

func (a *adapter) detachedNames() []string   { return a.names }
func (a *adapter) unwrap() resource.Resource { return a.Resource }

// Configure implements resource.ResourceWithConfigure.
func (a *adapter) Configure(ctx context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	if r, ok := a.Resource.(resource.ResourceWithConfigure); ok {
		r.Configure(ctx, req, resp)
	}
}

// ConfigValidators implements resource.ResourceWithConfigValidators. No resource of the
// provider has any, but the framework asks the adapter only, so without this method it
// would silently ignore those of a resource that gets some.
func (a *adapter) ConfigValidators(ctx context.Context) []resource.ConfigValidator {
	r, ok := a.Resource.(resource.ResourceWithConfigValidators)
	if !ok {
		return nil
	}
	all := r.ConfigValidators(ctx)
	for i, v := range all {
		all[i] = configValidator{v}
	}
	return all
}

// configValidator calls a validator with the values of the configuration restored.
type configValidator struct{ resource.ConfigValidator }

// ValidateResource implements resource.ConfigValidator.
func (v configValidator) ValidateResource(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	req.Config.Raw = callOf(ctx).config.restore(req.Config.Raw)
	v.ConfigValidator.ValidateResource(ctx, req, resp)
}

// ValidateConfig implements resource.ResourceWithValidateConfig.
func (a *adapter) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	if r, ok := a.Resource.(resource.ResourceWithValidateConfig); ok {
		req.Config.Raw = callOf(ctx).config.restore(req.Config.Raw)
		r.ValidateConfig(ctx, req, resp)
	}
}

// ModifyPlan implements resource.ResourceWithModifyPlan.
func (a *adapter) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	r, ok := a.Resource.(resource.ResourceWithModifyPlan)
	if !ok {
		return // the server restores what is planned
	}
	c := callOf(ctx)
	req.Config.Raw, req.State.Raw = c.config.restore(req.Config.Raw), c.state.restore(req.State.Raw)
	req.Plan.Raw, resp.Plan.Raw = c.plan.restore(req.Plan.Raw), c.plan.restore(resp.Plan.Raw)
	r.ModifyPlan(ctx, req, resp)
	resp.Plan.Raw = c.detach(resp.Plan.Raw, a.names)
}

// Create implements resource.Resource.
func (a *adapter) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	c := callOf(ctx)
	req.Config.Raw, req.Plan.Raw = c.config.restore(req.Config.Raw), c.plan.restore(req.Plan.Raw)
	a.Resource.Create(ctx, req, resp)
	resp.State.Raw = c.detach(resp.State.Raw, a.names)
}

// Read implements resource.Resource.
func (a *adapter) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	c := callOf(ctx)
	req.State.Raw, resp.State.Raw = c.state.restore(req.State.Raw), c.state.restore(resp.State.Raw)
	a.Resource.Read(ctx, req, resp)
	resp.State.Raw = c.detach(resp.State.Raw, a.names)
}

// Update implements resource.Resource.
func (a *adapter) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	c := callOf(ctx)
	req.Config.Raw, req.Plan.Raw = c.config.restore(req.Config.Raw), c.plan.restore(req.Plan.Raw)
	req.State.Raw, resp.State.Raw = c.state.restore(req.State.Raw), c.state.restore(resp.State.Raw)
	a.Resource.Update(ctx, req, resp)
	resp.State.Raw = c.detach(resp.State.Raw, a.names)
}

// Delete implements resource.Resource.
func (a *adapter) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	c := callOf(ctx)
	req.State.Raw, resp.State.Raw = c.state.restore(req.State.Raw), c.state.restore(resp.State.Raw)
	a.Resource.Delete(ctx, req, resp)
	resp.State.Raw = c.detach(resp.State.Raw, a.names)
}
