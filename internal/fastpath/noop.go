package fastpath

import (
	"bytes"
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Noop is a resource that knows when nothing can change it. A resource need not
// name this interface: it is enough that it has the methods. They get the
// attributes of the stored value and of the configuration.
type Noop interface {
	// NoopRead reports whether a refresh sends no request and changes nothing.
	NoopRead(ctx context.Context, state map[string]tftypes.Value) bool
	// NoopPlan reports whether a plan changes nothing and has no diagnostics. It is
	// asked only when all that the configuration sets, and the default of all that
	// it does not set, is what is stored.
	NoopPlan(ctx context.Context, config, state map[string]tftypes.Value) bool
}

// noopResource returns a configured resource of a type, as the framework makes one
// for each call, if it is a [Noop].
func (s *Server) noopResource(ctx context.Context, k kind) (Noop, bool) {
	if k.new == nil {
		return nil, false
	}
	r := k.new()
	if d, ok := r.(detaching); ok {
		r = d.whole()
	}
	noop, ok := r.(Noop)
	if !ok {
		return nil, false
	}
	if r, ok := r.(resource.ResourceWithConfigure); ok {
		r.Configure(ctx, resource.ConfigureRequest{ProviderData: s.data()}, &resource.ConfigureResponse{})
	}
	return noop, true
}

// noopRead returns nil when the framework has to be asked.
func (s *Server) noopRead(ctx context.Context, k kind, req *tfprotov6.ReadResourceRequest) *tfprotov6.ReadResourceResponse {
	r, ok := s.noopResource(ctx, k)
	if !ok {
		return nil
	}
	state := s.newDecoder(k).decode(req.CurrentState).attributes
	if state == nil || !r.NoopRead(ctx, state) {
		return nil
	}
	identity, ok := k.identityOf(state)
	if !ok {
		return nil
	}
	return &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private, NewIdentity: identity}
}

// noopPlan returns nil when the framework has to be asked.
func (s *Server) noopPlan(ctx context.Context, k kind, req *tfprotov6.PlanResourceChangeRequest, d *decoder) *tfprotov6.PlanResourceChangeResponse {
	if !unchanged(req) {
		return nil
	}
	r, ok := s.noopResource(ctx, k)
	if !ok {
		return nil
	}
	state, config := d.decode(req.PriorState).attributes, d.decode(req.Config).attributes
	if state == nil || config == nil || !k.defaultsStay(config, state) || !r.NoopPlan(ctx, config, state) {
		return nil
	}
	resp := &tfprotov6.PlanResourceChangeResponse{PlannedState: req.PriorState, PlannedPrivate: req.PriorPrivate, PlannedIdentity: req.PriorIdentity}
	if resp.PlannedIdentity == nil && k.identity != nil {
		null, err := tfprotov6.NewDynamicValue(k.identity, tftypes.NewValue(k.identity, nil))
		if err != nil {
			return nil
		}
		resp.PlannedIdentity = &tfprotov6.ResourceIdentityData{IdentityData: &null}
	}
	return resp
}

// unchanged reports whether the configuration asks for what is stored. Equal
// values may be encoded differently; then the framework compares them.
func unchanged(req *tfprotov6.PlanResourceChangeRequest) bool {
	return req.PriorState != nil && req.ProposedNewState != nil && len(req.PriorState.MsgPack) > 0 &&
		bytes.Equal(req.PriorState.MsgPack, req.ProposedNewState.MsgPack)
}

// defaultsStay reports whether every attribute with a default that the
// configuration does not set is stored with that default.
func (k kind) defaultsStay(config, state attributes) bool {
	for name, value := range k.defaults {
		if config[name].IsNull() && !state[name].Equal(value) {
			return false
		}
	}
	return k.defaults != nil
}

// identityOf returns the identity of a stored value, which consists of
// attributes of its own; nil for a type without identities. It is made anew
// because a command-line interface that knows no identities stores none.
func (k kind) identityOf(state attributes) (*tfprotov6.ResourceIdentityData, bool) {
	object, ok := k.identity.(tftypes.Object)
	if !ok {
		return nil, k.identity == nil
	}
	own := make(attributes, len(object.AttributeTypes))
	for name := range object.AttributeTypes {
		own[name] = state[name]
	}
	encoded, err := encode(object, own)
	return &tfprotov6.ResourceIdentityData{IdentityData: encoded}, err == nil
}
