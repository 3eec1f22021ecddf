package runpod

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkDecodeJob times the reading of a reply of GET /status.
func BenchmarkDecodeJob(b *testing.B) {
	for _, size := range []int{10, 1 * mib} {
		b.Run(fmt.Sprintf("output=%d", size), func(b *testing.B) {
			body := []byte(`{"delayTime":1,"executionTime":2,"id":"a-u1","output":"` + strings.Repeat("x", size) + `","status":"COMPLETED","workerId":"w1"}`)
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if _, err := decodeJob(body, "a-u1", &fields{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
