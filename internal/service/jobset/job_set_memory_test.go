package jobset_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
)

// TestAccJobSetResource_memory: 50 outputs of 20 MB, the most that the API takes,
// arrive at the same time and are not stored. The provider stays below 500 MB.
func TestAccJobSetResource_memory(t *testing.T) {
	t.Parallel()
	acctest.SkipWithRace(t)
	const (
		jobs, together = 50, 50
		size           = 20_000_000
		limit          = 500 << 20
	)
	for name, known := range map[string]bool{"known length": true, "unknown length": false} {
		t.Run(name, func(t *testing.T) {
			output := strings.Repeat("x", size)
			var submitted atomic.Int64
			var mu sync.Mutex
			waiting, full := 0, make(chan struct{})
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body)
				switch {
				case strings.HasSuffix(r.URL.Path, "/run"):
					_, _ = fmt.Fprintf(w, `{"id":"job-%d","status":"IN_QUEUE"}`, submitted.Add(1))
				case strings.Contains(r.URL.Path, "/status"):
					// Those that are under way end at the same moment.
					mu.Lock()
					waiting++
					mine := full
					if waiting == together {
						waiting, full = 0, make(chan struct{})
						close(mine)
					}
					mu.Unlock()
					select {
					case <-mine:
					case <-r.Context().Done():
						return
					}
					head, tail := `{"id":"x","status":"COMPLETED","output":"`, `"}`
					if known {
						w.Header().Set("Content-Length", fmt.Sprint(len(head)+size+len(tail)))
					}
					for _, part := range []string{head, output, tail} {
						_, _ = io.WriteString(w, part)
					}
				default:
					http.NotFound(w, r)
				}
			}))
			defer server.Close()
			cli := acctest.NewCLI(t)
			cli.WriteFile("main.tf", fmt.Sprintf(`
terraform {
  required_providers {
    runpodserverless = { source = "runpodserverless/runpodserverless" }
  }
}
provider "runpodserverless" {
  api_key  = "rpa_memory"
  base_url = "%s/v2"
}
resource "runpodserverless_job_set" "test" {
  endpoint_id   = "demo"
  max_in_flight = %d
  inputs        = { for i in range(%d) : "k${i}" => { a = i } }
}
output "sizes" { value = distinct([for job in runpodserverless_job_set.test.jobs : job.output_bytes]) }
`, server.URL, together, jobs))
			peak := acctest.WatchPeak(t, cli)
			r := cli.MustRun("apply", "-auto-approve", "-no-color")
			got := peak()
			if got == 0 || got >= limit {
				t.Errorf("the provider took %d MB", got>>20)
			} else {
				t.Logf("the provider took %d MB at most", got>>20)
			}
			if !strings.Contains(r.Output(), fmt.Sprint(size+2)) {
				t.Errorf("the outputs have other sizes:\n%.2000s", r.Output())
			}
		})
	}
}
