package batch_test

import (
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
)

// BenchmarkResource: a batch of 5,000 requests whose results are in the state.
func BenchmarkResource(b *testing.B) {
	requests := make([]any, 5000)
	for i := range requests {
		requests[i] = acctest.Values{"mock_return": acctest.Values{"n": int64(i), "text": "hello"}}
	}
	acctest.BenchmarkResource(b, batchType, acctest.Values{"requests": requests})
}
