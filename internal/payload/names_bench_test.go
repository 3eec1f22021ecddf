package payload_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
)

// BenchmarkCanonicalAll computes the canonical names of the files of a large set.
func BenchmarkCanonicalAll(b *testing.B) {
	folder := b.TempDir()
	names := make([]string, 1000)
	for i := range names {
		names[i] = filepath.Join(folder, "out", fmt.Sprintf("k%04d.txt", i))
	}
	b.ReportAllocs()
	for b.Loop() {
		payload.CanonicalAll(names)
	}
}
