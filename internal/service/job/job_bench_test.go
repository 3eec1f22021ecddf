package job_test

import (
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
)

// BenchmarkResource: one job of no time.
func BenchmarkResource(b *testing.B) {
	const name = "runpodserverless_job"
	config := acctest.Values{"input": acctest.Values{"mock_return": int64(1)}}
	server, _ := acctest.BenchmarkResource(b, name, config)
	b.Run("apply", func(b *testing.B) {
		b.ReportAllocs()
		plan := server.PlanResource(b.Context(), name, nil, config)
		for b.Loop() {
			if _, diags := server.ApplyResource(b.Context(), plan); diags.HasError() {
				b.Fatal(diags)
			}
		}
	})
}
