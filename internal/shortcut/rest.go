package shortcut

import (
	"bytes"
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// AtRest is a resource that comes to rest. It is asked by the attributes of the
// stored value and of the configuration.
type AtRest interface {
	// AtRest reports whether a refresh would make no request and change nothing.
	AtRest(ctx context.Context, state map[string]tftypes.Value) bool
	// Settled tells, when every argument of the configuration and every default
	// is what is stored, that a plan would change nothing and have nothing to say.
	Settled(ctx context.Context, config, state map[string]tftypes.Value) bool
}

// ReadResource implements tfprotov6.ResourceServer.
func (s *Server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	if r, k, ok := resourceOf[AtRest](ctx, s, req.TypeName); ok {
		if state := decode(req.CurrentState, k.value); state != nil && r.AtRest(ctx, state) {
			if identity, ok := k.identityOf(state); ok {
				return &tfprotov6.ReadResourceResponse{NewState: req.CurrentState, Private: req.Private, NewIdentity: identity}, nil
			}
		}
	}
	return s.Protocol.ReadResource(ctx, req)
}

// planAtRest returns nil when there is something to plan.
func (s *Server) planAtRest(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) *tfprotov6.PlanResourceChangeResponse {
	if !unchanged(req) {
		return nil
	}
	r, k, ok := resourceOf[AtRest](ctx, s, req.TypeName)
	if !ok {
		return nil
	}
	state, config := decode(req.PriorState, k.value), decode(req.Config, k.value)
	if state == nil || config == nil || !k.defaultsStay(config, state) || !r.Settled(ctx, config, state) {
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

// unchanged reports whether the configuration asks for what is stored. That equal
// values may be written differently does no harm: the framework compares them.
func unchanged(req *tfprotov6.PlanResourceChangeRequest) bool {
	return req.PriorState != nil && req.ProposedNewState != nil && len(req.PriorState.MsgPack) > 0 &&
		bytes.Equal(req.PriorState.MsgPack, req.ProposedNewState.MsgPack)
}

// defaultsStay reports whether what the configuration leaves out is stored with its default.
func (k kind) defaultsStay(config, state map[string]tftypes.Value) bool {
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
func (k kind) identityOf(state map[string]tftypes.Value) (*tfprotov6.ResourceIdentityData, bool) {
	object, ok := k.identity.(tftypes.Object)
	if !ok {
		return nil, k.identity == nil
	}
	own := make(map[string]tftypes.Value, len(object.AttributeTypes))
	for name := range object.AttributeTypes {
		own[name] = state[name]
	}
	encoded, err := encode(object, own)
	return &tfprotov6.ResourceIdentityData{IdentityData: encoded}, err == nil
}
