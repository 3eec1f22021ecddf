package fastpath

import (
	"bytes"
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Noop is a resource that can tell that a refresh or a plan changes nothing. A resource
// implements it by having the methods. They get the attributes of the state and of the
// configuration.
type Noop interface {
	// NoopRead reports whether a refresh would send no request and change nothing.
	NoopRead(ctx context.Context, state map[string]tftypes.Value) bool
	// NoopPlan reports whether a plan would change nothing and have no diagnostics. It
	// is called only if the state equals the configuration and, for attributes that are
	// not configured, their defaults.
	NoopPlan(ctx context.Context, config, state map[string]tftypes.Value) bool
}

// noopResource returns a new, configured resource of a type, as the framework creates
// one for each call, if it is a [Noop].
func (s *Server) noopResource(ctx context.Context, k kind) (Noop, bool) {
	if k.new == nil {
		return nil, false
	}
	r := k.new()
	if d, ok := r.(detaching); ok {
		r = d.unwrap()
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

// noopRead returns nil if the framework has to answer.
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

// noopPlan returns nil if the framework has to answer.
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

// unchanged reports whether the proposed state equals the prior one. Equal values may be
// encoded differently; then it returns false and the framework compares them.
func unchanged(req *tfprotov6.PlanResourceChangeRequest) bool {
	return req.PriorState != nil && req.ProposedNewState != nil && len(req.PriorState.MsgPack) > 0 &&
		bytes.Equal(req.PriorState.MsgPack, req.ProposedNewState.MsgPack)
}

// defaultsStay reports whether every attribute with a default that is not configured
// has its default in the state.
func (k kind) defaultsStay(config, state attributes) bool {
	for name, value := range k.defaults {
		if config[name].IsNull() && !state[name].Equal(value) {
			return false
		}
	}
	return k.defaults != nil
}

// identityOf returns the identity of a resource, which consists of attributes of its
// state; nil for a type without identities. It is rebuilt from the state because a CLI
// without support for identities stores none.
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
