package jobset_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
)

// many returns a configuration of n jobs that take no time.
func many(n int) acctest.Values {
	inputs := make(acctest.Values, n)
	for i := range n {
		inputs[fmt.Sprintf("k%04d", i)] = acctest.Values{"mock_return": acctest.Values{"n": int64(i), "text": "hello"}}
	}
	return acctest.Values{"inputs": inputs, "max_in_flight": int64(200)}
}

// BenchmarkResource: 1,000 jobs of no time.
func BenchmarkResource(b *testing.B) {
	config := many(1000)
	server, state := acctest.BenchmarkResource(b, setType, config)
	inputs := config["inputs"].(acctest.Values) //nolint:forcetypeassert // made above
	inputs["k0000"] = acctest.Values{"mock_return": "another"}
	b.Run("plan of one change", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			server.PlanResource(b.Context(), setType, state, config)
		}
	})
	b.Run("change of one", func(b *testing.B) {
		b.ReportAllocs()
		for i := 0; b.Loop(); i++ {
			inputs["k0000"] = acctest.Values{"mock_return": int64(i)}
			var diags acctest.Diagnostics
			state, diags = server.ApplyResource(b.Context(), server.PlanResource(b.Context(), setType, state, config))
			if len(diags) > 0 {
				b.Fatal(diags)
			}
		}
	})
}

// BenchmarkResource_files: 1,000 jobs with 20 KB in and out, by files.
func BenchmarkResource_files(b *testing.B) {
	folder := b.TempDir()
	inputs := filepath.Join(folder, "inputs.jsonl")
	var lines strings.Builder
	text := strings.Repeat("x", 20_000)
	for i := range 1000 {
		fmt.Fprintf(&lines, `{"key":"k%04d","input":{"mock_return":"%s"}}`+"\n", i, text)
	}
	if err := os.WriteFile(inputs, []byte(lines.String()), 0o600); err != nil {
		b.Fatal(err)
	}
	acctest.BenchmarkResource(b, setType, acctest.Values{
		"inputs_file":   inputs,
		"output_files":  acctest.Values{filepath.Join(folder, "out", "{key}.txt"): acctest.Values{"encoding": "text"}},
		"max_in_flight": int64(200),
	})
}
