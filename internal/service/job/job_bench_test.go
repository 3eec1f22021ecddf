package job_test

import (
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// BenchmarkResource times what the provider itself does for one job of no
// time, over the protocol but without a CLI: checking, planning, applying.
func BenchmarkResource(b *testing.B) {
	sim := simtest.Start(b, simulator.Options{})
	server := acctest.NewProtocolServer(b, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	config := acctest.Values{"input": acctest.Values{"mock_return": int64(1)}}
	const name = "runpodserverless_job"
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
	b.Run("apply", func(b *testing.B) {
		b.ReportAllocs()
		plan := server.PlanResource(ctx, name, nil, config)
		for b.Loop() {
			if _, diags := server.ApplyResource(ctx, plan); diags.HasError() {
				b.Fatal(diags)
			}
		}
	})
}
