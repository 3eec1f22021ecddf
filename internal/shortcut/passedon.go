package shortcut

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// PassesOn is a resource with an attribute that may be large, or may be all that
// many resources differ in, and that the framework passes on as it is. The
// framework is asked about a stand-in for it, once for all resources that are
// the same otherwise, and the resource about the attribute itself. It is asked
// by the attributes of the configuration or the plan, the attribute's own value
// among them, and only while that is known.
type PassesOn interface {
	// PassedOn returns the attribute's name, and a small valid value for it.
	PassedOn() (name string, standIn tftypes.Value)
	// ValidPassedOn reports whether nothing is wrong with the attribute.
	ValidPassedOn(ctx context.Context, config map[string]tftypes.Value) bool
	// PlanPassedOn takes the plan of a creation, and plans anew what depends on
	// the attribute. It returns false where the plan would have something to say.
	PlanPassedOn(ctx context.Context, plan map[string]tftypes.Value) bool
}

// maxAnswers is how many answers of the framework are kept of each kind: one for
// each resource block, most likely.
const maxAnswers = 64

// question is a digest of what the framework was asked: the values themselves
// may hold secrets, and be large.
type question [sha256.Size]byte

func questionOf(typeName string, writeOnly bool, values ...*tfprotov6.DynamicValue) question {
	h := sha256.New()
	fmt.Fprintf(h, "%q %t", typeName, writeOnly)
	for _, v := range values {
		fmt.Fprintf(h, " %d ", len(v.MsgPack))
		h.Write(v.MsgPack)
	}
	return question(h.Sum(nil))
}

// answers are what the framework said about values with the stand-in. The zero
// value is ready to use.
type answers[T any] struct {
	mu sync.Mutex
	to map[question]T
}

func (a *answers[T]) get(key question) (T, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	answer, ok := a.to[key]
	return answer, ok
}

func (a *answers[T]) put(key question, answer T) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.to == nil || len(a.to) >= maxAnswers {
		a.to = make(map[question]T)
	}
	a.to[key] = answer
}

func (a *answers[T]) forget() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.to = nil
}

// creation is a plan of the framework's that has nothing to say.
type creation struct {
	plan     map[string]tftypes.Value
	private  []byte
	identity *tfprotov6.ResourceIdentityData
}

// ValidateResourceConfig implements tfprotov6.ResourceServer.
func (s *Server) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	if s.valid(ctx, req) {
		return &tfprotov6.ValidateResourceConfigResponse{}, nil
	}
	return s.Protocol.ValidateResourceConfig(ctx, req)
}

// valid reports whether nothing is wrong with a configuration: neither with what the
// resource passes on, nor, as far as the framework knows, with everything else.
func (s *Server) valid(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) bool {
	r, k, ok := resourceOf[PassesOn](ctx, s, req.TypeName)
	if !ok {
		return false
	}
	config := decode(req.Config, k.value)
	name, standIn := r.PassedOn()
	if !passable(config[name]) || !r.ValidPassedOn(ctx, config) {
		return false
	}
	encoded, err := encode(k.value, with(config, name, standIn))
	if err != nil {
		return false
	}
	writeOnly := req.ClientCapabilities != nil && req.ClientCapabilities.WriteOnlyAttributesAllowed
	key := questionOf(req.TypeName, writeOnly, encoded)
	if _, ok := s.validated.get(key); ok {
		return true
	}
	other := *req
	other.Config = encoded
	resp, err := s.Protocol.ValidateResourceConfig(ctx, &other)
	if err != nil || len(resp.Diagnostics) > 0 {
		return false
	}
	s.validated.put(key, struct{}{})
	return true
}

// planCreation plans a new resource. It returns nil where the framework has to
// be asked about the resource itself.
func (s *Server) planCreation(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) *tfprotov6.PlanResourceChangeResponse {
	if !isNull(req.PriorState) {
		return nil
	}
	r, k, ok := resourceOf[PassesOn](ctx, s, req.TypeName)
	if !ok {
		return nil
	}
	config := decode(req.Config, k.value)
	name, standIn := r.PassedOn()
	if !passable(config[name]) || req.ProposedNewState == nil {
		return nil
	}
	proposed := config // but for values that are not to be stored
	if !bytes.Equal(req.Config.MsgPack, req.ProposedNewState.MsgPack) {
		proposed = decode(req.ProposedNewState, k.value)
		if proposed == nil || !config[name].Equal(proposed[name]) {
			return nil
		}
	}
	like := s.planLike(ctx, req, k, with(config, name, standIn), with(proposed, name, standIn))
	if like == nil {
		return nil
	}
	plan := with(like.plan, name, config[name])
	if !r.PlanPassedOn(ctx, plan) {
		return nil
	}
	state, err := encode(k.value, plan)
	if err != nil {
		return nil
	}
	return &tfprotov6.PlanResourceChangeResponse{PlannedState: state, PlannedPrivate: like.private, PlannedIdentity: like.identity}
}

// planLike returns the framework's plan of a creation; nil when it has something
// to say about it.
func (s *Server) planLike(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest, k kind, config, proposed map[string]tftypes.Value) *creation {
	encodedConfig, err := encode(k.value, config)
	if err != nil {
		return nil
	}
	encodedProposed, err := encode(k.value, proposed)
	if err != nil {
		return nil
	}
	key := questionOf(req.TypeName, false, encodedConfig, encodedProposed)
	if planned, ok := s.planned.get(key); ok {
		return planned
	}
	other := *req
	other.Config, other.ProposedNewState = encodedConfig, encodedProposed
	resp, err := s.Protocol.PlanResourceChange(ctx, &other)
	if err != nil || len(resp.Diagnostics) > 0 || len(resp.RequiresReplace) > 0 || resp.Deferred != nil {
		return nil
	}
	planned := &creation{plan: decode(resp.PlannedState, k.value), private: resp.PlannedPrivate, identity: resp.PlannedIdentity}
	if planned.plan == nil {
		return nil
	}
	s.planned.put(key, planned)
	return planned
}

// passable reports whether there is a value, and that it is known.
func passable(value tftypes.Value) bool {
	return value.Type() != nil && !value.IsNull() && value.IsFullyKnown()
}

// with returns attributes with another value for one of them.
func with(members map[string]tftypes.Value, name string, value tftypes.Value) map[string]tftypes.Value {
	changed := maps.Clone(members)
	changed[name] = value
	return changed
}

func encode(typ tftypes.Object, members map[string]tftypes.Value) (*tfprotov6.DynamicValue, error) {
	encoded, err := tfprotov6.NewDynamicValue(typ, tftypes.NewValue(typ, members))
	return &encoded, err
}

func isNull(value *tfprotov6.DynamicValue) bool {
	if value == nil {
		return true
	}
	null, err := value.IsNull()
	return null && err == nil
}
