package acctest

import (
	"context"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// ReadDataSource reads a data source. The values are nil if there is an error.
func (p *ProtocolServer) ReadDataSource(ctx context.Context, typeName string, config Values) (Values, Diagnostics) {
	p.t.Helper()
	schema := schemaOf(p, "data source", p.schema.DataSourceSchemas, typeName)
	resp, err := p.server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: typeName, Config: p.encode(schema, config)})
	p.noError("read "+typeName, err)
	return p.decode(schema.ValueType(), resp.State), resp.Diagnostics
}

// ValidateDataSourceConfig validates the arguments of a data source.
func (p *ProtocolServer) ValidateDataSourceConfig(ctx context.Context, typeName string, config Values) Diagnostics {
	p.t.Helper()
	schema := schemaOf(p, "data source", p.schema.DataSourceSchemas, typeName)
	resp, err := p.server.ValidateDataResourceConfig(ctx, &tfprotov6.ValidateDataResourceConfigRequest{TypeName: typeName, Config: p.encode(schema, config)})
	p.noError("validate "+typeName, err)
	return resp.Diagnostics
}

// ValidateEphemeralConfig validates the arguments of an ephemeral resource.
func (p *ProtocolServer) ValidateEphemeralConfig(ctx context.Context, typeName string, config Values) Diagnostics {
	p.t.Helper()
	schema := schemaOf(p, "ephemeral resource", p.schema.EphemeralResourceSchemas, typeName)
	resp, err := p.server.ValidateEphemeralResourceConfig(ctx, &tfprotov6.ValidateEphemeralResourceConfigRequest{TypeName: typeName, Config: p.encode(schema, config)})
	p.noError("validate "+typeName, err)
	return resp.Diagnostics
}

// OpenEphemeral opens an ephemeral resource. It returns its result and the private data
// for [ProtocolServer.CloseEphemeral].
func (p *ProtocolServer) OpenEphemeral(ctx context.Context, typeName string, config Values) (result Values, private []byte, diags Diagnostics) {
	p.t.Helper()
	schema := schemaOf(p, "ephemeral resource", p.schema.EphemeralResourceSchemas, typeName)
	resp, err := p.server.OpenEphemeralResource(ctx, &tfprotov6.OpenEphemeralResourceRequest{TypeName: typeName, Config: p.encode(schema, config)})
	p.noError("open "+typeName, err)
	return p.decode(schema.ValueType(), resp.Result), resp.Private, resp.Diagnostics
}

// CloseEphemeral closes what [ProtocolServer.OpenEphemeral] opened.
func (p *ProtocolServer) CloseEphemeral(ctx context.Context, typeName string, private []byte) Diagnostics {
	p.t.Helper()
	resp, err := p.server.CloseEphemeralResource(ctx, &tfprotov6.CloseEphemeralResourceRequest{TypeName: typeName, Private: private})
	p.noError("close "+typeName, err)
	return resp.Diagnostics
}

// ValidateActionConfig validates the arguments of an action.
func (p *ProtocolServer) ValidateActionConfig(ctx context.Context, typeName string, config Values) Diagnostics {
	p.t.Helper()
	server, schema := p.action(typeName)
	resp, err := server.ValidateActionConfig(ctx, &tfprotov6.ValidateActionConfigRequest{ActionType: typeName, Config: p.encode(schema, config)})
	p.noError("validate "+typeName, err)
	return resp.Diagnostics
}

// PlanAction plans an action. It must send no request that has an effect.
func (p *ProtocolServer) PlanAction(ctx context.Context, typeName string, config Values) Diagnostics {
	p.t.Helper()
	server, schema := p.action(typeName)
	resp, err := server.PlanAction(ctx, &tfprotov6.PlanActionRequest{ActionType: typeName, Config: p.encode(schema, config)})
	p.noError("plan "+typeName, err)
	return resp.Diagnostics
}

// InvokeAction invokes an action and returns its progress messages in order. It calls
// each observer with each message when it arrives, so that a test can act in the
// middle, for example cancel the context.
func (p *ProtocolServer) InvokeAction(ctx context.Context, typeName string, config Values, observers ...func(message string)) (progress []string, diags Diagnostics) {
	p.t.Helper()
	server, schema := p.action(typeName)
	stream, err := server.InvokeAction(ctx, &tfprotov6.InvokeActionRequest{ActionType: typeName, Config: p.encode(schema, config)})
	p.noError("invoke "+typeName, err)
	completed := false
	for event := range stream.Events {
		switch event := event.Type.(type) {
		case tfprotov6.ProgressInvokeActionEventType:
			progress = append(progress, event.Message)
			for _, observe := range observers {
				observe(event.Message)
			}
		case tfprotov6.CompletedInvokeActionEventType:
			completed = true
			diags = event.Diagnostics
		}
	}
	if !completed {
		p.t.Errorf("invoke %s: the events ended without the completed event", typeName)
	}
	return progress, diags
}

func (p *ProtocolServer) action(typeName string) (tfprotov6.ActionServer, *tfprotov6.Schema) {
	p.t.Helper()
	schema := schemaOf(p, "action", p.schema.ActionSchemas, typeName)
	server, ok := p.server.(tfprotov6.ActionServer)
	if !ok {
		p.t.Fatalf("the server has no actions")
	}
	return server, schema.Schema
}

// ListResult is one result of a list resource.
type ListResult struct {
	DisplayName string
	Identity    Values
	Resource    Values // nil unless it was requested
	Diagnostics Diagnostics
}

// List queries a list resource and returns at most limit results.
func (p *ProtocolServer) List(ctx context.Context, typeName string, config Values, includeResource bool, limit int64) []ListResult {
	p.t.Helper()
	schema := schemaOf(p, "list resource", p.schema.ListResourceSchemas, typeName)
	server, ok := p.server.(tfprotov6.ListResourceServer)
	if !ok {
		p.t.Fatalf("the server has no list resources")
	}
	stream, err := server.ListResource(ctx, &tfprotov6.ListResourceRequest{
		TypeName: typeName, Config: p.encode(schema, config), IncludeResource: includeResource, Limit: limit,
	})
	p.noError("list "+typeName, err)
	var results []ListResult
	for r := range stream.Results {
		result := ListResult{DisplayName: r.DisplayName, Diagnostics: r.Diagnostics}
		if r.Identity != nil {
			result.Identity = p.decode(p.identitySchema(ctx, typeName).ValueType(), r.Identity.IdentityData)
		}
		result.Resource = p.decode(p.schema.ResourceSchemas[typeName].ValueType(), r.Resource)
		results = append(results, result)
	}
	return results
}
