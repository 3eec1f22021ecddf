package jobset_test

import (
	"fmt"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// many returns a configuration of n jobs that take no time.
func many(n int) acctest.Values {
	inputs := make(acctest.Values, n)
	for i := range n {
		inputs[fmt.Sprintf("k%04d", i)] = acctest.Values{"mock_return": acctest.Values{"n": int64(i), "text": "hello"}}
	}
	return acctest.Values{"inputs": inputs, "max_in_flight": int64(200)}
}

// BenchmarkResource times what the provider itself does for 1,000 jobs of no
// time, over the protocol but without a CLI.
func BenchmarkResource(b *testing.B) {
	sim := simtest.Start(b, simulator.Options{})
	server := acctest.NewProtocolServer(b, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	config := many(1000)
	ctx := b.Context()
	b.Run("validate", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			server.ValidateResourceConfig(ctx, setType, config)
		}
	})
	b.Run("plan", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			server.PlanResource(ctx, setType, nil, config)
		}
	})
	state, diags := server.CreateResource(ctx, setType, config)
	if diags.HasError() {
		b.Fatal(diags)
	}
	b.Run("read", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			server.ReadResource(ctx, setType, state)
		}
	})
	b.Run("plan without a change", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			server.PlanResource(ctx, setType, state, config)
		}
	})
	config["inputs"].(acctest.Values)["k0000"] = acctest.Values{"mock_return": "another"} //nolint:forcetypeassert // made above
	b.Run("plan of one change", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			server.PlanResource(ctx, setType, state, config)
		}
	})
}
