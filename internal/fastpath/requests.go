package fastpath

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
)

// Placeholders of arguments. Two are enough, because only values that are compared with
// each other must differ. The placeholder of a result is null. An argument that is null
// or unknown needs none.
var (
	placeholder        = tftypes.NewValue(tftypes.String, "detached")
	placeholderChanged = tftypes.NewValue(tftypes.String, "detached and changed")
)

// ValidateResourceConfig implements tfprotov6.ResourceServer.
func (s *Server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	k := s.kinds[req.TypeName]
	if !s.detaches(k, req.Config) {
		return s.Protocol.ValidateResourceConfig(ctx, req)
	}
	other, c := *req, &call{}
	config := s.newDecoder(k).decode(req.Config).attributes
	c.config = k.take(config, placeholder)
	if !encodeEach(k.value, part{&other.Config, config}) {
		return s.Protocol.ValidateResourceConfig(ctx, req)
	}
	return s.Protocol.ValidateResourceConfig(withCall(ctx, c), &other)
}

// ReadResource implements tfprotov6.ResourceServer.
func (s *Server) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	k := s.kinds[req.TypeName]
	if resp := s.noopRead(ctx, k, req); resp != nil {
		return resp, nil
	}
	if len(k.detached) == 0 {
		return s.Protocol.ReadResource(ctx, req)
	}
	small, c := req, &call{threshold: s.threshold}
	if s.detaches(k, req.CurrentState) {
		other, state := *req, s.newDecoder(k).decode(req.CurrentState).attributes
		taken := k.take(state, placeholder)
		if encodeEach(k.value, part{&other.CurrentState, state}) {
			small, c.state, c.answer = &other, taken, taken
		}
	}
	resp, err := s.Protocol.ReadResource(withCall(ctx, c), small)
	if err == nil {
		resp.NewState = c.finish(resp.NewState, req.CurrentState, k.value, &resp.Diagnostics)
	}
	return resp, err
}

// PlanResourceChange implements tfprotov6.ResourceServer.
func (s *Server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	k := s.kinds[req.TypeName]
	d := s.newDecoder(k)
	if resp := s.noopPlan(ctx, k, req, d); resp != nil {
		return resp, nil
	}
	if len(k.detached) == 0 {
		return s.Protocol.PlanResourceChange(ctx, req)
	}
	small, c := s.detachPlan(k, req, d)
	resp, err := s.Protocol.PlanResourceChange(withCall(ctx, c), small)
	if err == nil {
		resp.PlannedState = c.finish(resp.PlannedState, req.ProposedNewState, k.value, &resp.Diagnostics)
	}
	return resp, err
}

// detachPlan returns the request without the detached attributes. The framework
// compares the plan with the state to see whether anything changes, so placeholders are
// equal if the values are. It returns the request unchanged if placeholders cannot
// express everything that the framework inspects.
func (s *Server) detachPlan(k kind, req *tfprotov6.PlanResourceChangeRequest, d *decoder) (*tfprotov6.PlanResourceChangeRequest, *call) {
	whole := &call{threshold: s.threshold}
	if !s.detaches(k, req.PriorState, req.Config, req.ProposedNewState) {
		return req, whole
	}
	state, config, plan := d.decode(req.PriorState), d.decode(req.Config), d.decode(req.ProposedNewState)
	var same []string
	if plan.attributes != nil {
		var ok bool
		if config.attributes == nil {
			return req, whole
		}
		if same, ok = k.comparable(state, config, plan); !ok {
			return req, whole
		}
	}
	c := &call{
		threshold: s.threshold, state: k.take(state.attributes, placeholder),
		plan: k.take(plan.attributes, placeholderChanged), config: k.take(config.attributes, placeholderChanged),
	}
	c.answer = c.plan
	for _, name := range same {
		plan.attributes[name], config.attributes[name] = state.attributes[name], state.attributes[name]
	}
	other := *req
	if !encodeEach(k.value, part{&other.PriorState, state.attributes}, part{&other.Config, config.attributes}, part{&other.ProposedNewState, plan.attributes}) {
		return req, whole
	}
	return &other, c
}

// comparable returns the arguments that are equal in state and plan, and whether
// placeholders can express the values of all detached attributes: each result is
// planned as stored, and each argument as configured.
func (k kind) comparable(state, config, plan decoded) (same []string, ok bool) {
	isStored := state.attributes != nil
	for _, name := range k.detached {
		stays := !isStored && plan.attributes[name].IsNull() || isStored && plan.same(state, name)
		switch {
		case k.argument(name) && !config.same(plan, name),
			!k.argument(name) && (!stays || !config.attributes[name].IsNull()):
			return nil, false
		case k.argument(name) && stays && isStored:
			same = append(same, name)
		}
	}
	return same, true
}

// ApplyResourceChange implements tfprotov6.ResourceServer.
func (s *Server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	k := s.kinds[req.TypeName]
	if len(k.detached) == 0 {
		return s.Protocol.ApplyResourceChange(ctx, req)
	}
	small, c := req, &call{threshold: s.threshold}
	if s.detaches(k, req.PriorState, req.Config, req.PlannedState) {
		small, c = s.detachApply(k, req)
	}
	resp, err := s.Protocol.ApplyResourceChange(withCall(ctx, c), small)
	if err == nil {
		resp.NewState = c.finish(resp.NewState, req.PriorState, k.value, &resp.Diagnostics)
	}
	return resp, err
}

func (s *Server) detachApply(k kind, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeRequest, *call) {
	d := s.newDecoder(k)
	state, config, plan := d.decode(req.PriorState).attributes, d.decode(req.Config).attributes, d.decode(req.PlannedState).attributes
	c := &call{threshold: s.threshold, state: k.take(state, placeholder), plan: k.take(plan, placeholder), config: k.take(config, placeholder)}
	c.answer = c.state
	other := *req
	if !encodeEach(k.value, part{&other.PriorState, state}, part{&other.Config, config}, part{&other.PlannedState, plan}) {
		return req, &call{threshold: s.threshold}
	}
	return &other, c
}

// detaches reports whether attributes are detached from values of this type and size.
func (s *Server) detaches(k kind, values ...*tfprotov6.DynamicValue) bool {
	n := 0
	for _, v := range values {
		if v != nil {
			n += len(v.MsgPack)
		}
	}
	return len(k.detached) > 0 && n >= s.threshold
}

// argument reports whether a detached attribute is an argument, not a result.
func (k kind) argument(name string) bool { return !k.results[name] }

// take takes the detached attributes out of from and leaves placeholders: argument for
// arguments, null for results. It returns nil if from is nil, which means null.
func (k kind) take(from attributes, argument tftypes.Value) detached {
	if from == nil {
		return nil
	}
	taken := make(detached, len(k.detached))
	for _, name := range k.detached {
		value := from[name]
		switch taken[name] = value; {
		case value.IsNull() || !value.IsKnown():
		case k.argument(name):
			from[name] = argument
		default:
			from[name] = tftypes.NewValue(k.value.AttributeTypes[name], nil)
		}
	}
	return taken
}

// part is a set of attributes and the field of a request that they are encoded to.
type part struct {
	to   **tfprotov6.DynamicValue
	from attributes // nil for null, which is not encoded
}

func encodeEach(typ tftypes.Object, parts ...part) bool {
	for _, p := range parts {
		if p.from == nil {
			continue
		}
		encoded, err := encode(typ, p.from)
		if err != nil {
			return false
		}
		*p.to = encoded
	}
	return true
}

// finish restores the detached values in the framework's response. If that fails, it
// adds an error and returns the prior value if there is one, because a response without
// the attributes would lose more.
func (c *call) finish(answer, before *tfprotov6.DynamicValue, typ tftypes.Object, diags *[]*tfprotov6.Diagnostic) *tfprotov6.DynamicValue {
	whole, err := c.restoreAnswer(answer, typ)
	if err == nil {
		return whole
	}
	message := diagnose.ResultNotStored(err)
	*diags = append(*diags, &tfprotov6.Diagnostic{Severity: tfprotov6.DiagnosticSeverityError, Summary: message.Title, Detail: message.Detail})
	if before != nil {
		if null, err := before.IsNull(); err == nil && !null {
			return before
		}
	}
	return answer
}
