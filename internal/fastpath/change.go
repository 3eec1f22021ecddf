package fastpath

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// planAround plans a change or the removal of a [Bulky] resource. It returns nil
// when it cannot.
func (s *Server) planAround(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) *tfprotov6.PlanResourceChangeResponse {
	if isNull(req.PriorState) {
		return nil // before a large configuration is decoded
	}
	r, k, ok := resourceOf[Bulky](ctx, s, req.TypeName)
	if !ok {
		return nil
	}
	state, config, proposed := decode(req.PriorState, k.value), decode(req.Config, k.value), decode(req.ProposedNewState, k.value)
	a := &around{}
	switch {
	case state == nil:
		return nil
	case isNull(req.ProposedNewState):
		a.state = k.take(state, r.Bulky())
	case config == nil || proposed == nil:
		return nil
	default:
		a.state, a.plan = make(attributes), make(attributes)
		for _, name := range r.Bulky() {
			a.state[name], a.plan[name] = state[name], proposed[name]
			if state[name], proposed[name], ok = standIns(config[name], state[name], proposed[name], k.value.AttributeTypes[name]); !ok {
				return nil
			}
			config[name] = proposed[name]
		}
		a.base = a.plan
	}
	other := *req
	if !encodeEach(k.value, map[**tfprotov6.DynamicValue]attributes{&other.PriorState: state, &other.Config: config, &other.ProposedNewState: proposed}) {
		return nil
	}
	resp, err := s.Protocol.PlanResourceChange(context.WithValue(ctx, aroundKey{}, a), &other)
	if err != nil || resp.PlannedState == nil {
		return nil
	}
	if resp.PlannedState, err = a.putBack(resp.PlannedState, k.value); err != nil {
		return nil
	}
	return resp
}

// standIns returns what stands for a bulky attribute in the state and in the
// plan: equal when the attribute is the same in both.
func standIns(config, before, after tftypes.Value, typ tftypes.Type) (inState, inPlan tftypes.Value, ok bool) {
	same := before.Equal(after)
	switch {
	case config.IsNull():
		none := tftypes.NewValue(typ, nil)
		return none, none, same
	case !typ.Is(tftypes.DynamicPseudoType) || !config.Equal(after):
		return before, after, false
	case same:
		return stored, stored, true
	default:
		return stored, changed, true
	}
}

// take takes attributes out and leaves null; nil, which stands for null, has none.
func (k kind) take(from attributes, names []string) attributes {
	if from == nil {
		return nil
	}
	taken := make(attributes, len(names))
	for _, name := range names {
		taken[name], from[name] = from[name], tftypes.NewValue(k.value.AttributeTypes[name], nil)
	}
	return taken
}

// encodeEach encodes attributes, each into its place; nil stands for null.
func encodeEach(typ tftypes.Object, all map[**tfprotov6.DynamicValue]attributes) bool {
	for to, from := range all {
		if from == nil {
			continue // it is null already
		}
		encoded, err := encode(typ, from)
		if err != nil {
			return false
		}
		*to = encoded
	}
	return true
}

// ApplyResourceChange implements tfprotov6.ResourceServer.
func (s *Server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	small, a := s.applyAround(ctx, req)
	resp, err := s.Protocol.ApplyResourceChange(context.WithValue(ctx, aroundKey{}, a), small)
	if err != nil || resp.NewState == nil || a.base == nil && a.result == nil {
		return resp, err
	}
	state, err := a.putBack(resp.NewState, s.kinds()[req.TypeName].value)
	if err == nil {
		resp.NewState = state
	} else {
		if !isNull(req.PriorState) {
			resp.NewState = req.PriorState // which has more than an answer without them
		}
		resp.Diagnostics = append(resp.Diagnostics, &tfprotov6.Diagnostic{
			Severity: tfprotov6.DiagnosticSeverityError, Summary: "Unable to store the result",
			Detail: "A part of it cannot be encoded: " + err.Error() + ". This is a bug in the provider; please report it.",
		})
	}
	return resp, nil
}

// applyAround returns the request without the attributes that go around the
// framework, if there are any, and without the configuration.
func (s *Server) applyAround(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeRequest, *around) {
	r, k, ok := resourceOf[Bulky](ctx, s, req.TypeName)
	if !ok {
		return req, &around{}
	}
	prior, planned := decode(req.PriorState, k.value), decode(req.PlannedState, k.value)
	a := &around{state: k.take(prior, r.Bulky()), plan: k.take(planned, r.Bulky())}
	if a.base = a.state; a.base == nil {
		a.base = a.plan
	}
	other := *req
	other.Config = nil
	if !encodeEach(k.value, map[**tfprotov6.DynamicValue]attributes{&other.PriorState: prior, &other.PlannedState: planned}) {
		return req, &around{}
	}
	return &other, a
}
