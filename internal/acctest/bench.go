package acctest

import (
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// BenchmarkResource measures the provider's own time for a resource, over the protocol
// but without a CLI: validating, planning, and the refresh and plan of a stored
// resource. It returns the server and the stored resource.
func BenchmarkResource(b *testing.B, typeName string, config Values) (*ProtocolServer, *ResourceState) {
	b.Helper()
	sim := simtest.Start(b, simulator.Options{})
	server := NewProtocolServer(b, sim, Values{"endpoint_id": simulator.DefaultEndpointID})
	ctx := b.Context()
	run := func(name string, do func() Diagnostics) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if diags := do(); diags.HasError() {
					b.Fatal(diags)
				}
			}
		})
	}
	run("validate", func() Diagnostics { return server.ValidateResourceConfig(ctx, typeName, config) })
	run("plan", func() Diagnostics { return server.PlanResource(ctx, typeName, nil, config).Diagnostics })
	state, diags := server.CreateResource(ctx, typeName, config)
	if diags.HasError() {
		b.Fatal(diags)
	}
	run("read", func() Diagnostics {
		_, diags := server.ReadResource(ctx, typeName, state)
		return diags
	})
	run("plan without a change", func() Diagnostics { return server.PlanResource(ctx, typeName, state, config).Diagnostics })
	return server, state
}
