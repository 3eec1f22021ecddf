package worker_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

const logsType = "runpodserverless_worker_logs"

// workerOf returns the id of the endpoint's first worker.
func workerOf(t *testing.T, p *acctest.ProtocolServer) string {
	t.Helper()
	values, diags := p.ReadDataSource(t.Context(), workersType, acctest.Values{"endpoint_id": "demo"})
	diags.RequireNone(t)
	id, _ := get(t, values, "workers", 0, "id").(string)
	return id
}

// TestWorkerLogsDataSource reads what a worker has printed: all of it, the last
// lines, those of one source, and those from a time on.
func TestWorkerLogsDataSource(t *testing.T) {
	inBubble(t, endpoint(simulator.Endpoint{Workers: 1}), func(t *testing.T, _ *simtest.Sim, p *acctest.ProtocolServer) {
		id := workerOf(t, p)
		read := func(config acctest.Values) []any {
			config["endpoint_id"], config["worker_id"] = "demo", id
			started := time.Now()
			values, diags := p.ReadDataSource(t.Context(), logsType, config)
			diags.RequireNone(t)
			if took := time.Since(started); took != runpod.LogIdle {
				t.Errorf("it took %s", took)
			}
			lines, _ := values["lines"].([]any)
			var text []string
			for i := range lines {
				text = append(text, fmt.Sprint(get(t, lines, i, "line")))
			}
			if values["text"] != strings.Join(text, "\n") {
				t.Errorf("the text %v is not that of the lines %v", values["text"], lines)
			}
			return lines
		}
		for range 3 {
			_, diags := p.CreateResource(t.Context(), "runpodserverless_job", acctest.Values{
				"endpoint_id": "demo", "input": acctest.Values{"mock_return": 1, "mock_logs": []any{"hello"}},
			})
			diags.RequireNone(t)
		}
		all := read(acctest.Values{})
		if len(all) < 3 {
			t.Fatalf("too few lines: %v", all)
		}
		if last := read(acctest.Values{"tail": 2}); len(last) != 2 || get(t, last, 1, "line") != get(t, all, len(all)-1, "line") {
			t.Errorf("the last two lines are %v of %v", last, all)
		}
		if none := read(acctest.Values{"tail": 0}); len(none) != 0 {
			t.Errorf("got %v", none)
		}
		container, system := read(acctest.Values{"source": "container"}), read(acctest.Values{"source": "system"})
		if len(container) == 0 || len(container)+len(system) != len(all) || get(t, container, 0, "source") != "container" {
			t.Errorf("%d lines of the container and %d of the system in %d", len(container), len(system), len(all))
		}
		if future := read(acctest.Values{"since": time.Now().Add(time.Hour).UTC().Format(time.RFC3339)}); len(future) != 0 {
			t.Errorf("got %v", future)
		}
		if past := read(acctest.Values{"since": "2000-01-01T00:00:00Z"}); len(past) != len(all) {
			t.Errorf("got %d lines, want %d", len(past), len(all))
		}
	})
}

// TestWorkerLogsDataSource_bounds: reading a stream that never falls silent, or one of
// 100 MB, ends in time.
func TestWorkerLogsDataSource_bounds(t *testing.T) {
	for name, tc := range map[string]struct {
		endpoint simulator.Endpoint
		atMost   time.Duration
	}{
		"never silent": {simulator.Endpoint{Workers: 1, LogEvery: 100 * time.Millisecond}, runpod.LogTimeout},
		"100 MB":       {simulator.Endpoint{Workers: 1, LogBytes: 100 << 20}, runpod.LogIdle},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, endpoint(tc.endpoint), func(t *testing.T, _ *simtest.Sim, p *acctest.ProtocolServer) {
				started := time.Now()
				values, diags := p.ReadDataSource(t.Context(), logsType, acctest.Values{"endpoint_id": "demo", "worker_id": workerOf(t, p)})
				diags.RequireNone(t)
				text, _ := values["text"].(string)
				if took := time.Since(started); took > tc.atMost || len(text) == 0 || len(text) > runpod.MaxLogBytes {
					t.Errorf("%d bytes after %s", len(text), took)
				}
			})
		})
	}
}

// TestWorkerLogsDataSource_unknown: a worker that was replaced has no log.
func TestWorkerLogsDataSource_unknown(t *testing.T) {
	inBubble(t, endpoint(simulator.Endpoint{Workers: 1}), func(t *testing.T, _ *simtest.Sim, p *acctest.ProtocolServer) {
		_, diags := p.ReadDataSource(t.Context(), logsType, acctest.Values{"endpoint_id": "demo", "worker_id": "gone"})
		for _, part := range []string{"Unable to read the worker's logs", "Worker: gone", "404", "check worker_id"} {
			if !strings.Contains(diags.String(), part) {
				t.Errorf("%q is not in %s", part, diags)
			}
		}
	})
}
