package acctest

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// ResourceState is the state of a resource that a CLI would store. A state from the
// server is sent back unchanged, with every digit and type. To change a state, build a
// new one from its values.
type ResourceState struct {
	Values   Values // nil if the resource is gone
	Identity Values // nil if the type has no identity or none was set
	Private  []byte

	raw *tfprotov6.DynamicValue
}

// ResourcePlan is the plan of a change of one resource.
type ResourcePlan struct {
	Planned         Values // with [Unknown] for values that are known after apply; nil to destroy
	RequiresReplace []string
	Private         []byte
	Diagnostics     Diagnostics

	typeName string
	prior    *ResourceState
	config   Values
	raw      *tfprotov6.DynamicValue
	identity *tfprotov6.ResourceIdentityData
}

// ValidateResourceConfig validates the arguments of a resource.
func (p *ProtocolServer) ValidateResourceConfig(ctx context.Context, typeName string, config Values) Diagnostics {
	p.t.Helper()
	return p.validateResource(ctx, typeName, config, true)
}

// ValidateResourceConfigBeforeWriteOnly does the same for a CLI that does not support
// write-only arguments, such as Terraform 1.10.
func (p *ProtocolServer) ValidateResourceConfigBeforeWriteOnly(ctx context.Context, typeName string, config Values) Diagnostics {
	p.t.Helper()
	return p.validateResource(ctx, typeName, config, false)
}

func (p *ProtocolServer) validateResource(ctx context.Context, typeName string, config Values, writeOnly bool) Diagnostics {
	p.t.Helper()
	schema := schemaOf(p, "resource", p.schema.ResourceSchemas, typeName)
	resp, err := p.server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{
		TypeName:           typeName,
		Config:             p.encode(schema, config),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: writeOnly},
	})
	p.noError("validate "+typeName, err)
	return resp.Diagnostics
}

// PlanResource plans the change from the prior state (nil to create) to the
// configuration (nil to destroy).
func (p *ProtocolServer) PlanResource(ctx context.Context, typeName string, prior *ResourceState, config Values) *ResourcePlan {
	p.t.Helper()
	schema := schemaOf(p, "resource", p.schema.ResourceSchemas, typeName)
	if prior == nil {
		prior = &ResourceState{}
	}
	state := p.encodeState(schema, prior)
	proposed := p.encodeOrNull(schema, proposedNew(schema, prior.Values, config))
	if p.equal(schema, state, proposed) {
		proposed = state // a CLI encodes equal values alike
	}
	resp, err := p.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName:         typeName,
		PriorState:       state,
		Config:           p.encodeOrNull(schema, config),
		ProposedNewState: proposed,
		PriorPrivate:     prior.Private,
		PriorIdentity:    p.encodeIdentity(ctx, typeName, prior.Identity),
	})
	p.noError("plan "+typeName, err)
	plan := &ResourcePlan{
		Planned:     p.decode(schema.ValueType(), resp.PlannedState),
		Private:     resp.PlannedPrivate,
		Diagnostics: resp.Diagnostics,
		typeName:    typeName, prior: prior, config: config, raw: resp.PlannedState, identity: resp.PlannedIdentity,
	}
	for _, path := range resp.RequiresReplace {
		plan.RequiresReplace = append(plan.RequiresReplace, attributeName(path))
	}
	return plan
}

// ApplyResource applies a plan and returns the new state, also if there are errors.
// Without an error, the state must match the plan.
func (p *ProtocolServer) ApplyResource(ctx context.Context, plan *ResourcePlan) (*ResourceState, Diagnostics) {
	p.t.Helper()
	schema := schemaOf(p, "resource", p.schema.ResourceSchemas, plan.typeName)
	resp, err := p.server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName:        plan.typeName,
		PriorState:      p.encodeState(schema, plan.prior),
		PlannedState:    plan.raw,
		Config:          p.encodeOrNull(schema, plan.config),
		PlannedPrivate:  plan.Private,
		PlannedIdentity: plan.identity,
	})
	p.noError("apply "+plan.typeName, err)
	state := p.state(ctx, plan.typeName, resp.NewState, resp.NewIdentity, resp.Private)
	if !Diagnostics(resp.Diagnostics).HasError() {
		p.requireConsistent(plan.Planned, state.Values)
	}
	return state, resp.Diagnostics
}

// CreateResource plans and applies a new resource.
func (p *ProtocolServer) CreateResource(ctx context.Context, typeName string, config Values) (*ResourceState, Diagnostics) {
	p.t.Helper()
	plan := p.PlanResource(ctx, typeName, nil, config)
	plan.Diagnostics.RequireNoError(p.t)
	return p.ApplyResource(ctx, plan)
}

// DestroyResource plans and applies the removal of a resource. The returned state has
// values if the resource could not be removed.
func (p *ProtocolServer) DestroyResource(ctx context.Context, typeName string, state *ResourceState) (*ResourceState, Diagnostics) {
	p.t.Helper()
	plan := p.PlanResource(ctx, typeName, state, nil)
	plan.Diagnostics.RequireNoError(p.t)
	return p.ApplyResource(ctx, plan)
}

// ReplaceResource applies a plan that replaces a resource, like a CLI: it plans the
// creation, removes the resource with the planned private data, plans the creation
// again with the values that are known by then, and creates it.
func (p *ProtocolServer) ReplaceResource(ctx context.Context, plan *ResourcePlan, known Values) (*ResourceState, Diagnostics) {
	p.t.Helper()
	creation := p.PlanResource(ctx, plan.typeName, &ResourceState{Private: plan.Private}, plan.config)
	creation.Diagnostics.RequireNoError(p.t)
	prior := *plan.prior
	prior.Private = creation.Private
	left, diags := p.DestroyResource(ctx, plan.typeName, &prior)
	if diags.HasError() {
		return left, diags
	}
	final := p.PlanResource(ctx, plan.typeName, nil, known)
	final.Diagnostics.RequireNoError(p.t)
	state, more := p.ApplyResource(ctx, final)
	return state, append(diags, more...)
}

// ReplaceForUnknownTriggers plans a replacement because of unknown triggers, and
// applies it with the triggers of config.
func (p *ProtocolServer) ReplaceForUnknownTriggers(ctx context.Context, typeName string, state *ResourceState, config Values) (*ResourceState, Diagnostics) {
	p.t.Helper()
	unknown := maps.Clone(config)
	unknown["triggers"] = Unknown
	plan := p.PlanResource(ctx, typeName, state, unknown)
	plan.Diagnostics.RequireNoError(p.t)
	if len(plan.RequiresReplace) == 0 {
		p.t.Fatalf("the plan does not replace the %s", typeName)
	}
	return p.ReplaceResource(ctx, plan, config)
}

// ReadResource refreshes a resource.
func (p *ProtocolServer) ReadResource(ctx context.Context, typeName string, state *ResourceState) (*ResourceState, Diagnostics) {
	p.t.Helper()
	schema := schemaOf(p, "resource", p.schema.ResourceSchemas, typeName)
	resp, err := p.server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName:        typeName,
		CurrentState:    p.encodeState(schema, state),
		Private:         state.Private,
		CurrentIdentity: p.encodeIdentity(ctx, typeName, state.Identity),
	})
	p.noError("read "+typeName, err)
	return p.state(ctx, typeName, resp.NewState, resp.NewIdentity, resp.Private), resp.Diagnostics
}

// ImportResource imports by id or, if the id is empty, by identity. The state is nil if
// nothing was imported.
func (p *ProtocolServer) ImportResource(ctx context.Context, typeName, id string, identity Values) (*ResourceState, Diagnostics) {
	p.t.Helper()
	resp, err := p.server.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{
		TypeName: typeName,
		ID:       id,
		Identity: p.encodeIdentity(ctx, typeName, identity),
	})
	p.noError("import "+typeName, err)
	if len(resp.ImportedResources) == 0 {
		return nil, resp.Diagnostics
	}
	imported := resp.ImportedResources[0]
	return p.state(ctx, imported.TypeName, imported.State, imported.Identity, imported.Private), resp.Diagnostics
}

func (p *ProtocolServer) state(ctx context.Context, typeName string, state *tfprotov6.DynamicValue, identity *tfprotov6.ResourceIdentityData, private []byte) *ResourceState {
	p.t.Helper()
	result := &ResourceState{Private: private, raw: state}
	result.Values = p.decode(p.schema.ResourceSchemas[typeName].ValueType(), state)
	if identity != nil {
		result.Identity = p.decode(p.identitySchema(ctx, typeName).ValueType(), identity.IdentityData)
	}
	return result
}

func (p *ProtocolServer) encodeState(schema *tfprotov6.Schema, state *ResourceState) *tfprotov6.DynamicValue {
	p.t.Helper()
	if state.raw != nil {
		return state.raw
	}
	return p.encodeOrNull(schema, state.Values)
}

func (p *ProtocolServer) encodeOrNull(schema *tfprotov6.Schema, values Values) *tfprotov6.DynamicValue {
	p.t.Helper()
	if values == nil {
		return p.wire(schema.ValueType(), tftypes.NewValue(schema.ValueType(), nil))
	}
	return p.encode(schema, values)
}

func (p *ProtocolServer) identitySchema(ctx context.Context, typeName string) *tfprotov6.ResourceIdentitySchema {
	p.t.Helper()
	resp, err := p.server.GetResourceIdentitySchemas(ctx, &tfprotov6.GetResourceIdentitySchemasRequest{})
	p.noError("read the identity schemas", err)
	return resp.IdentitySchemas[typeName]
}

func (p *ProtocolServer) encodeIdentity(ctx context.Context, typeName string, identity Values) *tfprotov6.ResourceIdentityData {
	p.t.Helper()
	if identity == nil {
		return nil
	}
	typ := p.identitySchema(ctx, typeName).ValueType()
	value, err := toValue(typ, identity)
	if err != nil {
		p.t.Fatalf("identity of %s: %v", typeName, err)
	}
	return &tfprotov6.ResourceIdentityData{IdentityData: p.wire(typ, value)}
}

// attributeName returns a path in the syntax of configurations, such as policy.ttl.
func attributeName(path *tftypes.AttributePath) string {
	name := ""
	for _, step := range path.Steps() {
		switch step := step.(type) {
		case tftypes.AttributeName:
			if name != "" {
				name += "."
			}
			name += string(step)
		case tftypes.ElementKeyString:
			name += "[" + string(step) + "]"
		}
	}
	return name
}

// proposedNew returns the proposed new state of a CLI: the configuration, with the
// prior values of computed attributes that are not configured. prior is nil to create,
// config is nil to destroy.
func proposedNew(schema *tfprotov6.Schema, prior, config Values) Values {
	if config == nil {
		return nil
	}
	return mergeComputed(schema.Block.Attributes, prior, config)
}

// equal compares values that may be encoded in a different order.
func (p *ProtocolServer) equal(schema *tfprotov6.Schema, a, b *tfprotov6.DynamicValue) bool {
	p.t.Helper()
	left, err := a.Unmarshal(schema.ValueType())
	p.noError("decode a value", err)
	right, err := b.Unmarshal(schema.ValueType())
	p.noError("decode a value", err)
	return left.Equal(right)
}

func mergeComputed(attributes []*tfprotov6.SchemaAttribute, prior, config Values) Values {
	proposed := make(Values, len(attributes))
	for _, a := range attributes {
		value := config[a.Name]
		if value == nil && a.Computed {
			value = prior[a.Name]
		}
		if a.NestedType != nil && a.NestedType.Nesting == tfprotov6.SchemaObjectNestingModeSingle {
			if inner, ok := value.(Values); ok {
				before, _ := prior[a.Name].(Values)
				value = mergeComputed(a.NestedType.Attributes, before, inner)
			}
		}
		if a.WriteOnly {
			value = nil
		}
		proposed[a.Name] = value
	}
	return proposed
}
