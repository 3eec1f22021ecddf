package batch_test

import (
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// BenchmarkResource times what the provider itself does for a batch of 5,000
// requests whose results are in the state, over the protocol but without a CLI.
func BenchmarkResource(b *testing.B) {
	sim := simtest.Start(b, simulator.Options{})
	server := acctest.NewProtocolServer(b, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	requests := make([]any, 5000)
	for i := range requests {
		requests[i] = acctest.Values{"mock_return": acctest.Values{"n": int64(i), "text": "hello"}}
	}
	config := acctest.Values{"requests": requests}
	const name = "runpodserverless_batch"
	ctx := b.Context()
	b.Run("validate", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			server.ValidateResourceConfig(ctx, name, config)
		}
	})
	b.Run("plan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			server.PlanResource(ctx, name, nil, config)
		}
	})
	state, diags := server.CreateResource(ctx, name, config)
	if diags.HasError() {
		b.Fatal(diags)
	}
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			server.ReadResource(ctx, name, state)
		}
	})
	b.Run("plan without a change", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			server.PlanResource(ctx, name, state, config)
		}
	})
}
