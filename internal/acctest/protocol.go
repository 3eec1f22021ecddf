package acctest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/provider"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// terraformVersion is the version of Terraform in the requests.
const terraformVersion = "1.14.0"

// Values are attributes by name, in plain Go: nil, bool, string, numbers (int64 or
// json.Number in responses), []any, Values or map[string]any, and [Unknown].
type Values = map[string]any

// ProtocolServer calls the provider in process with protocol 6, like a CLI but without
// one. It is for tests of diagnostics, progress and cancellation. It is safe for
// concurrent use.
type ProtocolServer struct {
	t       testing.TB
	server  tfprotov6.ProviderServer
	schema  *tfprotov6.GetProviderSchemaResponse
	restart func() *ProtocolServer // nil for an unconfigured server
}

// NewProtocolServer returns a server that is configured for the simulator. config adds
// or replaces arguments of the provider block.
func NewProtocolServer(t testing.TB, sim *simtest.Sim, config ...Values) *ProtocolServer {
	t.Helper()
	arguments := Values{"api_key": sim.APIKey, "base_url": sim.URL, "management_base_url": sim.ManagementURL}
	for _, c := range config {
		maps.Copy(arguments, c)
	}
	return newConfiguredServer(t, arguments)
}

// NewBubbleServer is [NewProtocolServer] for a bubble of testing/synctest: it calls the
// simulator without a network, so that an hour passes instantly.
func NewBubbleServer(t testing.TB, sim *simulator.Server, config ...Values) *ProtocolServer {
	t.Helper()
	return newConfiguredServer(t, bubbleArguments(config), provider.WithTransport(simtest.RoundTripper(sim)))
}

func bubbleArguments(config []Values) Values {
	arguments := Values{"api_key": simulator.DefaultAPIKey, "base_url": simtest.BubbleURL, "management_base_url": simtest.BubbleManagementURL}
	for _, c := range config {
		maps.Copy(arguments, c)
	}
	return arguments
}

func newConfiguredServer(t testing.TB, arguments Values, options ...provider.Option) *ProtocolServer {
	t.Helper()
	p := newServer(t, options...)
	p.Configure(t.Context(), arguments).RequireNone(t)
	p.restart = func() *ProtocolServer { return newConfiguredServer(t, arguments, options...) }
	return p
}

// NewUnconfiguredProtocolServer returns a server that has not been configured, as
// during validation.
func NewUnconfiguredProtocolServer(t testing.TB) *ProtocolServer {
	t.Helper()
	return newServer(t)
}

func newServer(t testing.TB, options ...provider.Option) *ProtocolServer {
	t.Helper()
	server, err := newServerFor(t, options...)
	if err != nil {
		t.Fatalf("start the provider: %v", err)
	}
	return serverOver(t, server)
}

// serverOver returns a server that calls one of the provider's servers.
func serverOver(t testing.TB, server tfprotov6.ProviderServer) *ProtocolServer {
	t.Helper()
	schema, err := providerSchema()
	if err != nil {
		t.Fatalf("read the provider's schema: %v", err)
	}
	Diagnostics(schema.Diagnostics).RequireNone(t)
	return &ProtocolServer{t: t, server: server, schema: schema}
}

// providerSchema returns the provider's schema. It is built once, because it is the
// same for every server, and a table may have a thousand servers.
var providerSchema = sync.OnceValues(func() (*tfprotov6.GetProviderSchemaResponse, error) {
	server, err := provider.NewServer(Version)
	if err != nil {
		return nil, err
	}
	return server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
})

// newServerFor returns the provider in process: unchanged in benchmarks, otherwise
// compared with the framework.
func newServerFor(t testing.TB, options ...provider.Option) (tfprotov6.ProviderServer, error) {
	if _, ok := t.(*testing.B); ok {
		return provider.NewServer(Version, options...)
	}
	return newDifferential(options...)
}

// Configure configures the provider with the arguments of its block.
func (p *ProtocolServer) Configure(ctx context.Context, config Values) Diagnostics {
	p.t.Helper()
	resp, err := p.server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: terraformVersion,
		Config:           p.encode(p.schema.Provider, config),
	})
	p.noError("configure the provider", err)
	return resp.Diagnostics
}

// ValidateProviderConfig validates the arguments of the provider block.
func (p *ProtocolServer) ValidateProviderConfig(ctx context.Context, config Values) Diagnostics {
	p.t.Helper()
	resp, err := p.server.ValidateProviderConfig(ctx, &tfprotov6.ValidateProviderConfigRequest{Config: p.encode(p.schema.Provider, config)})
	p.noError("validate the provider block", err)
	return resp.Diagnostics
}

// Restart returns another server with the same configuration, like the next run of a
// CLI.
func (p *ProtocolServer) Restart() *ProtocolServer {
	p.t.Helper()
	return p.restart()
}

// Stop asks the provider to stop, like a CLI after an interrupt. It also cancels later
// calls of this server.
func (p *ProtocolServer) Stop(ctx context.Context) {
	p.t.Helper()
	_, err := p.server.StopProvider(ctx, &tfprotov6.StopProviderRequest{})
	p.noError("stop the provider", err)
}

// Diagnostics are the errors and warnings of a response.
type Diagnostics []*tfprotov6.Diagnostic

// Errors returns each error as "summary: detail".
func (d Diagnostics) Errors() []string { return d.texts(tfprotov6.DiagnosticSeverityError) }

// Warnings returns each warning as "summary: detail".
func (d Diagnostics) Warnings() []string { return d.texts(tfprotov6.DiagnosticSeverityWarning) }

// HasError reports whether there is an error.
func (d Diagnostics) HasError() bool { return len(d.Errors()) > 0 }

// String returns the diagnostics one per line, each with its severity and its
// attribute.
func (d Diagnostics) String() string {
	lines := make([]string, len(d))
	for i, one := range d {
		lines[i] = fmt.Sprintf("%s: %s: %s", one.Severity, one.Summary, one.Detail)
		if one.Attribute != nil {
			lines[i] += " (at " + one.Attribute.String() + ")"
		}
	}
	return strings.Join(lines, "\n")
}

func (d Diagnostics) texts(severity tfprotov6.DiagnosticSeverity) []string {
	var texts []string
	for _, one := range d {
		if one.Severity == severity {
			texts = append(texts, one.Summary+": "+one.Detail)
		}
	}
	return texts
}

// RequireNone fails the test immediately if there are any diagnostics.
func (d Diagnostics) RequireNone(t testing.TB) {
	t.Helper()
	if len(d) > 0 {
		t.Fatalf("unexpected diagnostics:\n%s", d)
	}
}

// RequireNoError fails the test immediately if there is an error.
func (d Diagnostics) RequireNoError(t testing.TB) {
	t.Helper()
	if d.HasError() {
		t.Fatalf("unexpected errors:\n%s", d)
	}
}

// noError ends the test if the protocol call itself failed. Errors of the provider are
// in the diagnostics.
func (p *ProtocolServer) noError(what string, err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("%s: %v", what, err)
	}
}

// schemaOf returns the schema of a type of this kind.
func schemaOf[S any](p *ProtocolServer, kind string, schemas map[string]S, typeName string) S {
	p.t.Helper()
	schema, ok := schemas[typeName]
	if !ok {
		p.t.Fatalf("the provider has no %s %q; it has %v", kind, typeName, slices.Sorted(maps.Keys(schemas)))
	}
	return schema
}

func (p *ProtocolServer) encode(schema *tfprotov6.Schema, values Values) *tfprotov6.DynamicValue {
	p.t.Helper()
	value, err := toObject(objectType(schema), values)
	if err != nil {
		p.t.Fatalf("values that do not fit the schema: %v", err)
	}
	return p.wire(schema.ValueType(), value)
}

func (p *ProtocolServer) wire(typ tftypes.Type, value tftypes.Value) *tfprotov6.DynamicValue {
	p.t.Helper()
	dynamic, err := tfprotov6.NewDynamicValue(typ, value)
	if err != nil {
		p.t.Fatalf("encode a value: %v", err)
	}
	return &dynamic
}

// decode decodes an object; nil for null, such as the state of a resource that was
// removed.
func (p *ProtocolServer) decode(typ tftypes.Type, dynamic *tfprotov6.DynamicValue) Values {
	p.t.Helper()
	if dynamic == nil {
		return nil
	}
	value, err := dynamic.Unmarshal(typ)
	if err != nil {
		p.t.Fatalf("decode a reply: %v", err)
	}
	plain, err := fromValue(value)
	if err != nil {
		p.t.Fatalf("decode a reply: %v", err)
	}
	values, ok := plain.(Values)
	if !ok && plain != nil {
		p.t.Fatalf("decode a reply: %T where attributes were expected", plain)
	}
	return values
}

// objectType returns the type of a schema's block, which is always an object.
func objectType(schema *tfprotov6.Schema) tftypes.Object {
	object, _ := schema.ValueType().(tftypes.Object)
	return object
}
