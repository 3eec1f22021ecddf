package payload_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
)

// BenchmarkReadInputs reads the inputs file of a large set, as a plan does.
func BenchmarkReadInputs(b *testing.B) {
	var content strings.Builder
	text := strings.Repeat("x", 20_000)
	for i := range 1000 {
		fmt.Fprintf(&content, `{"key":"k%04d","input":{"mock_return":"%s"}}`+"\n", i, text)
	}
	path := write(b, content.String())
	b.SetBytes(int64(content.Len()))
	b.ReportAllocs()
	for b.Loop() {
		file, errs := payload.ReadInputs(path, accept)
		if len(errs) > 0 || len(file.Digests()) != 1000 {
			b.Fatal(errs)
		}
	}
}
