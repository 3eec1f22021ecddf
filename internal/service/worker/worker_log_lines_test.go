package worker_test

import (
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

const crashLine = "ModuleNotFoundError: No module named 'torch'"

// crashLoop is an endpoint whose only worker never starts, while /health shows
// nothing unhealthy.
func crashLoop() simulator.Options {
	return endpoint(simulator.Endpoint{Workers: 1, CrashLoop: simulator.CrashLoop{Line: crashLine}})
}

// failing are configurations of each type that runs jobs, which fail or never start.
var failing = map[string]struct {
	typeName string
	failed   acctest.Values // of a worker that fails the job
	stuck    acctest.Values // of workers that never start
}{
	"job": {
		"runpodserverless_job",
		acctest.Values{"endpoint_id": "demo", "input": acctest.Values{"mock_error": true}},
		acctest.Values{"endpoint_id": "demo", "input": acctest.Values{"mock_return": 1}, "timeouts": acctest.Values{"create": "1m"}},
	},
	"set": {
		"runpodserverless_job_set",
		acctest.Values{"endpoint_id": "demo", "inputs": acctest.Values{"a": acctest.Values{"mock_return": 1}, "b": acctest.Values{"mock_error": true}}},
		acctest.Values{"endpoint_id": "demo", "inputs": acctest.Values{"a": acctest.Values{"mock_return": 1}}, "timeouts": acctest.Values{"create": "1m"}},
	},
	"batch": {
		"runpodserverless_batch",
		nil,
		acctest.Values{"endpoint_id": "demo", "requests": []any{acctest.Values{"mock_return": 1}}, "timeouts": acctest.Values{"create": "1m"}},
	},
}

// TestWorkerLogLines: errors show what the workers logged when worker_log_lines
// asks for it, and how to get it when it does not.
func TestWorkerLogLines(t *testing.T) {
	for name, tc := range failing {
		for _, lines := range []int{0, 20} {
			t.Run(name, func(t *testing.T) {
				inBubble(t, crashLoop(), func(t *testing.T, _ *simtest.Sim, p *acctest.ProtocolServer) {
					health, diags := p.ReadDataSource(t.Context(), "runpodserverless_endpoint_health", acctest.Values{"endpoint_id": "demo"})
					diags.RequireNone(t)
					if unhealthy := get(t, health, "workers", "unhealthy"); unhealthy == nil || unhealthy == int64(1) {
						t.Errorf("health shows %v unhealthy workers", unhealthy)
					}
					_, diags = p.CreateResource(t.Context(), tc.typeName, tc.stuck)
					if shown := strings.Contains(diags.String(), crashLine); shown != (lines > 0) {
						t.Errorf("the line is shown: %t: %s", shown, diags)
					}
					if hinted := strings.Contains(diags.String(), "worker_log_lines in the provider block"); hinted != (lines == 0) {
						t.Errorf("the hint is shown: %t: %s", hinted, diags)
					}
				}, acctest.Values{"worker_log_lines": lines})
				if tc.failed == nil {
					return
				}
				inBubble(t, endpoint(simulator.Endpoint{Workers: 1}), func(t *testing.T, _ *simtest.Sim, p *acctest.ProtocolServer) {
					_, diags := p.CreateResource(t.Context(), tc.typeName, tc.failed)
					if shown := strings.Contains(diags.String(), "Last lines of worker "); shown != (lines > 0) {
						t.Errorf("the lines of a failed job are shown: %t: %s", shown, diags)
					}
				}, acctest.Values{"worker_log_lines": lines})
			})
		}
	}
}

// TestWorkerLogLines_neverInTheWay: whatever is wrong with the management API, jobs
// end as they do without it, at most 5 seconds later.
func TestWorkerLogLines_neverInTheWay(t *testing.T) {
	restricted := endpoint(simulator.Endpoint{Workers: 1})
	restricted.RestrictedKeys = []string{simulator.DefaultAPIKey}
	for name, tc := range map[string]struct {
		options simulator.Options
		fault   simulator.Fault
	}{
		"no permission":    {restricted, simulator.Fault{}},
		"always 503":       {endpoint(simulator.Endpoint{Workers: 1}), simulator.Fault{Op: "worker-logs", Status: 503}},
		"no reply":         {endpoint(simulator.Endpoint{Workers: 1}), simulator.Fault{Op: "worker-logs", Kind: simulator.SlowBefore, Delay: time.Hour}},
		"an endless log":   {endpoint(simulator.Endpoint{Workers: 1, LogEvery: 100 * time.Millisecond}), simulator.Fault{}},
		"a log of 100 MiB": {endpoint(simulator.Endpoint{Workers: 1, LogBytes: 100 << 20}), simulator.Fault{}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, tc.options, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
				if tc.fault.Op != "" {
					sim.Inject(tc.fault)
				}
				started := time.Now()
				state, diags := p.CreateResource(t.Context(), "runpodserverless_job", acctest.Values{"endpoint_id": "demo", "input": acctest.Values{"mock_error": true}})
				if took := time.Since(started); took > 6*time.Second {
					t.Errorf("it took %s", took)
				}
				if state.Values["status"] != "FAILED" || len(diags.Errors()) != 1 || !strings.Contains(diags.String(), "Job ended as FAILED") {
					t.Errorf("%v: %s", state.Values["status"], diags)
				}
				if n := sim.Journal().Count("run"); n != 1 {
					t.Errorf("%d submissions", n)
				}
			}, acctest.Values{"worker_log_lines": 20})
		})
	}
}

// TestWorkerLogLines_unreachable: the same if nothing answers at the address.
func TestWorkerLogLines_unreachable(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, endpoint(simulator.Endpoint{Workers: 1}))
	p := acctest.NewProtocolServer(t, sim, acctest.Values{
		"worker_log_lines": 20, "management_base_url": "http://127.0.0.1:1/v2", "retry_min_wait": "10ms", "retry_max_wait": "10ms",
	})
	_, diags := p.CreateResource(t.Context(), "runpodserverless_job", acctest.Values{"endpoint_id": "demo", "input": acctest.Values{"mock_error": true}})
	if len(diags.Errors()) != 1 || !strings.Contains(diags.String(), "Job ended as FAILED") || strings.Contains(diags.String(), "Last lines of worker") {
		t.Error(diags)
	}
	_, diags = p.ReadDataSource(t.Context(), workersType, acctest.Values{"endpoint_id": "demo"})
	if len(diags.Errors()) != 1 || !strings.Contains(diags.String(), "connection refused") {
		t.Error(diags)
	}
}
