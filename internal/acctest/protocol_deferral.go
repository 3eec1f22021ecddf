package acctest

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// The functions of this file call the provider like a CLI that allows deferral, and
// report whether the provider deferred because of its own configuration.

// DeferDataSource reads a data source.
func (p *ProtocolServer) DeferDataSource(ctx context.Context, typeName string, config Values) (bool, Diagnostics) {
	p.t.Helper()
	schema := schemaOf(p, "data source", p.schema.DataSourceSchemas, typeName)
	resp, err := p.server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{
		TypeName: typeName, Config: p.encode(schema, config), ClientCapabilities: &tfprotov6.ReadDataSourceClientCapabilities{DeferralAllowed: true},
	})
	p.noError("read "+typeName, err)
	return deferred(resp.Deferred), resp.Diagnostics
}

// DeferRefresh refreshes a resource and also returns the state after it.
func (p *ProtocolServer) DeferRefresh(ctx context.Context, typeName string, state *ResourceState) (*ResourceState, bool, Diagnostics) {
	p.t.Helper()
	schema := schemaOf(p, "resource", p.schema.ResourceSchemas, typeName)
	resp, err := p.server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: typeName, CurrentState: p.encodeState(schema, state), Private: state.Private,
		CurrentIdentity:    p.encodeIdentity(ctx, typeName, state.Identity),
		ClientCapabilities: &tfprotov6.ReadResourceClientCapabilities{DeferralAllowed: true},
	})
	p.noError("read "+typeName, err)
	return p.state(ctx, typeName, resp.NewState, resp.NewIdentity, resp.Private), deferred(resp.Deferred), resp.Diagnostics
}

// DeferPlan plans the change of a resource from the prior state, nil to create, to the
// configuration.
func (p *ProtocolServer) DeferPlan(ctx context.Context, typeName string, prior *ResourceState, config Values) (bool, Diagnostics) {
	p.t.Helper()
	schema := schemaOf(p, "resource", p.schema.ResourceSchemas, typeName)
	if prior == nil {
		prior = &ResourceState{}
	}
	resp, err := p.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: typeName, PriorState: p.encodeState(schema, prior), Config: p.encodeOrNull(schema, config),
		ProposedNewState: p.encodeOrNull(schema, proposedNew(schema, prior.Values, config)), PriorPrivate: prior.Private,
		PriorIdentity:      p.encodeIdentity(ctx, typeName, prior.Identity),
		ClientCapabilities: &tfprotov6.PlanResourceChangeClientCapabilities{DeferralAllowed: true},
	})
	p.noError("plan "+typeName, err)
	return resp.Deferred != nil, resp.Diagnostics
}

// DeferEphemeral opens an ephemeral resource.
func (p *ProtocolServer) DeferEphemeral(ctx context.Context, typeName string, config Values) (bool, Diagnostics) {
	p.t.Helper()
	schema := schemaOf(p, "ephemeral resource", p.schema.EphemeralResourceSchemas, typeName)
	resp, err := p.server.OpenEphemeralResource(ctx, &tfprotov6.OpenEphemeralResourceRequest{
		TypeName: typeName, Config: p.encode(schema, config), ClientCapabilities: &tfprotov6.OpenEphemeralResourceClientCapabilities{DeferralAllowed: true},
	})
	p.noError("open "+typeName, err)
	return deferred(resp.Deferred), resp.Diagnostics
}

// DeferAction plans an action.
func (p *ProtocolServer) DeferAction(ctx context.Context, typeName string, config Values) (bool, Diagnostics) {
	p.t.Helper()
	server, schema := p.action(typeName)
	resp, err := server.PlanAction(ctx, &tfprotov6.PlanActionRequest{
		ActionType: typeName, Config: p.encode(schema, config), ClientCapabilities: &tfprotov6.PlanActionClientCapabilities{DeferralAllowed: true},
	})
	p.noError("plan "+typeName, err)
	return resp.Deferred != nil, resp.Diagnostics
}

func deferred(d *tfprotov6.Deferred) bool {
	return d != nil && d.Reason == tfprotov6.DeferredReasonProviderConfigUnknown
}
