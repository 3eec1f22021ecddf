package worker_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

const workersType = "runpodserverless_endpoint_workers"

func endpoint(e simulator.Endpoint) simulator.Options {
	return simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": e}}
}

// inBubble runs a test with the provider and a simulator in fake time.
func inBubble(t *testing.T, o simulator.Options, f func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer), config ...acctest.Values) {
	t.Helper()
	simtest.Bubble(t, o, func(t *testing.T, sim *simtest.Sim) {
		f(t, sim, acctest.NewBubbleServer(t, sim.Server, config...))
	})
}

func get(t *testing.T, value any, path ...any) any {
	t.Helper()
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, _ := value.(map[string]any)
			value = object[step]
		case int:
			list, _ := value.([]any)
			if step >= len(list) {
				t.Fatalf("%v has no element %d", value, step)
			}
			value = list[step]
		}
	}
	return value
}

func TestEndpointWorkersDataSource(t *testing.T) {
	inBubble(t, endpoint(simulator.Endpoint{Workers: 2, Version: 3}), func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
		sim.SetEndpoint("demo", simulator.Endpoint{Workers: 2, Version: 4, Rollout: time.Hour})
		values, diags := p.ReadDataSource(t.Context(), workersType, acctest.Values{"endpoint_id": "demo"})
		diags.RequireNone(t)
		for want, got := range map[string]any{
			"4":                get(t, values, "endpoint_version"),
			"2":                get(t, values, "counts", "stale"),
			"2 ":               fmt.Sprint(get(t, values, "counts", "total"), " "),
			"true":             get(t, values, "workers", 0, "stale"),
			"3":                get(t, values, "workers", 0, "version"),
			"example/worker:3": get(t, values, "workers", 0, "image"),
			"IDLE":             get(t, values, "workers", 1, "status"),
			"true ":            fmt.Sprint(values["ready"], " "),
		} {
			if fmt.Sprint(got) != want {
				t.Errorf("got %v, want %s", got, want)
			}
		}
		for _, x := range sim.Journal() {
			if x.Method != http.MethodGet {
				t.Errorf("%s %s was sent", x.Method, x.Path)
			}
		}
	})
}

// TestEndpointWorkersDataSource_bare: what the reply lacks is null.
func TestEndpointWorkersDataSource_bare(t *testing.T) {
	o := endpoint(simulator.Endpoint{Workers: 1})
	o.Choices.BareWorkers = true
	inBubble(t, o, func(t *testing.T, _ *simtest.Sim, p *acctest.ProtocolServer) {
		values, diags := p.ReadDataSource(t.Context(), workersType, acctest.Values{"endpoint_id": "demo"})
		diags.RequireNone(t)
		if values["endpoint_version"] != nil || get(t, values, "workers", 0, "version") != nil || get(t, values, "workers", 0, "started_at") != nil || get(t, values, "workers", 0, "stale") != false {
			t.Error(values)
		}
	})
}

// TestEndpointWorkersDataSource_waits: conditions are met at once, after a rollout, or
// not in time; without workers nothing is stale.
func TestEndpointWorkersDataSource_waits(t *testing.T) {
	for name, tc := range map[string]struct {
		workers   int
		rollout   time.Duration
		waitUntil acctest.Values
		atLeast   time.Duration // the time that the reading takes
		atMost    time.Duration
		error     []string
	}{
		"a rollout of two workers": {2, time.Minute, acctest.Values{"stale_max": 0}, 2 * time.Minute, 3 * time.Minute, nil},
		"one may be stale":         {2, time.Minute, acctest.Values{"stale_max": 1, "total_min": 2}, time.Minute, 2 * time.Minute, nil},
		"no workers":               {simulator.NoWorkers, 0, acctest.Values{"stale_max": 0}, 0, 0, nil},
		"too slow a rollout": {2, 10 * time.Minute, acctest.Values{"stale_max": 0, "idle_min": 3}, 5 * time.Minute, 5 * time.Minute, []string{
			"Workers not ready", "counts.stale is 2, but must be at most 0", "counts.idle is 2, but must be at least 3", "Endpoint: demo", "Last counts: workers: 2 in all, 2 stale",
			"did not reach the wanted state of its workers within 5m0s", "runpodserverless_worker_logs",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, endpoint(simulator.Endpoint{Workers: tc.workers, Version: 3}), func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
				sim.SetEndpoint("demo", simulator.Endpoint{Workers: tc.workers, Version: 4, Rollout: tc.rollout})
				started := time.Now()
				config := acctest.Values{"endpoint_id": "demo", "wait_until": tc.waitUntil, "timeouts": acctest.Values{"read": "5m"}}
				values, diags := p.ReadDataSource(t.Context(), workersType, config)
				if took := time.Since(started); took < tc.atLeast || took > tc.atMost {
					t.Errorf("it took %s, want %s to %s", took, tc.atLeast, tc.atMost)
				}
				for _, part := range tc.error {
					if !strings.Contains(diags.String(), part) {
						t.Errorf("%q is not in %s", part, diags)
					}
				}
				if tc.error == nil {
					diags.RequireNone(t)
					if values["ready"] != true {
						t.Error(values)
					}
					return
				}
				config["fail_if_unmet"] = false
				values, diags = p.ReadDataSource(t.Context(), workersType, config)
				diags.RequireNone(t)
				if unmet, _ := values["unmet"].([]any); values["ready"] != false || len(unmet) != 2 {
					t.Error(values)
				}
			})
		})
	}
}

// TestManagementErrors: a key without permission and a host that does not answer are
// errors of these data sources, with specific advice, and never show the key.
func TestManagementErrors(t *testing.T) {
	restricted := endpoint(simulator.Endpoint{Workers: 1})
	restricted.RestrictedKeys = []string{simulator.DefaultAPIKey}
	for name, tc := range map[string]struct {
		options simulator.Options
		config  acctest.Values
		fault   simulator.FaultKind
		id      string
		want    []string
	}{
		"no permission":    {restricted, nil, "", "demo", []string{"HTTP status: 403 Forbidden", "access denied", "use an API key that may read the endpoint with the management API"}},
		"unknown endpoint": {endpoint(simulator.Endpoint{}), nil, "", "other", []string{"404", "endpoint not found", "endpoint_id"}},
		"a gateway's page": {endpoint(simulator.Endpoint{}), nil, simulator.BadGatewayHTML, "demo", []string{"HTML page"}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, tc.options, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
				for typeName, config := range map[string]acctest.Values{
					workersType: {"endpoint_id": tc.id}, logsType: {"endpoint_id": tc.id, "worker_id": "w"},
				} {
					if tc.fault != "" {
						sim.Inject(simulator.Fault{Kind: tc.fault, Times: 10})
					}
					_, diags := p.ReadDataSource(t.Context(), typeName, config)
					for _, part := range tc.want {
						if !strings.Contains(diags.String(), part) {
							t.Errorf("%s: %q is not in %s", typeName, part, diags)
						}
					}
					if strings.Contains(diags.String(), simulator.DefaultAPIKey) {
						t.Errorf("%s shows the key: %s", typeName, diags)
					}
				}
			})
		})
	}
}

// TestRollout: without the gate a job runs on a worker of the version before;
// with it, none is stale and the job runs on the new one.
func TestRollout(t *testing.T) {
	for _, gated := range []bool{false, true} {
		t.Run(fmt.Sprintf("gated %t", gated), func(t *testing.T) {
			inBubble(t, endpoint(simulator.Endpoint{Workers: 2, Version: 3}), func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
				sim.SetEndpoint("demo", simulator.Endpoint{Workers: 2, Version: 4, Rollout: time.Minute, ColdStart: 10 * time.Second})
				config := acctest.Values{"endpoint_id": "demo"}
				before, diags := p.ReadDataSource(t.Context(), workersType, config)
				diags.RequireNone(t)
				var stale []any
				for i := range 2 {
					stale = append(stale, get(t, before, "workers", i, "id"))
				}
				if gated {
					config["wait_until"] = acctest.Values{"stale_max": 0}
					_, diags = p.ReadDataSource(t.Context(), workersType, config)
					diags.RequireNone(t)
				}
				state, diags := p.CreateResource(t.Context(), "runpodserverless_job", acctest.Values{"endpoint_id": "demo", "input": acctest.Values{"mock_return": "pong"}})
				diags.RequireNone(t)
				if onStale := slices.Contains(stale, state.Values["worker_id"]); onStale == gated {
					t.Errorf("the job ran on %v; stale were %v", state.Values["worker_id"], stale)
				}
			})
		})
	}
}
