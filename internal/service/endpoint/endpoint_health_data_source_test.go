package endpoint_test

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

const healthType = "runpodserverless_endpoint_health"

func TestAccEndpointHealthDataSource(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{
		"demo": {Workers: 3, OmitWorkers: []string{"unhealthy"}},
	}})
	const address = "data." + healthType + ".test"
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: acctest.ProviderConfig(sim, `endpoint_id = "demo"`) + `data "runpodserverless_endpoint_health" "test" {
			wait_until = { workers_ready_min = 3, jobs_in_queue_max = 0 }
		}`,
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(address, tfjsonpath.New("endpoint_id"), knownvalue.StringExact("demo")),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("healthy"), knownvalue.Bool(true)),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("unmet"), knownvalue.ListExact(nil)),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("workers").AtMapKey("ready"), knownvalue.Int64Exact(3)),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("workers").AtMapKey("unhealthy"), knownvalue.Null()),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("jobs").AtMapKey("in_queue"), knownvalue.Int64Exact(0)),
		},
	}}})
	for _, x := range sim.Journal() {
		if x.Method != "GET" {
			t.Errorf("%s %s was sent", x.Method, x.Path)
		}
	}
}

// TestEndpointHealthDataSource_waits: a cold endpoint is waited for.
func TestEndpointHealthDataSource_waits(t *testing.T) {
	t.Parallel()
	simtest.Bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Throttled: 1}}}, func(t *testing.T, sim *simtest.Sim) {
		time.AfterFunc(300*time.Millisecond, func() { sim.SetEndpoint("demo", simulator.Endpoint{Workers: 2}) })
		values, diags := acctest.NewBubbleServer(t, sim.Server).ReadDataSource(t.Context(), healthType, acctest.Values{
			"endpoint_id": "demo", "wait_until": acctest.Values{"workers_idle_min": 1, "workers_throttled_max": 0},
		})
		diags.RequireNone(t)
		if values["healthy"] != true {
			t.Error(values)
		}
		if n := sim.Journal().Count("health"); n < 2 || n > 4 {
			t.Errorf("%d requests", n)
		}
	})
}

func TestEndpointHealthDataSource_unmet(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		fail  any
		error []string
	}{
		{"an error by default", nil, []string{"Endpoint not healthy", "workers.ready is 0, but must be at least 2", "workers.throttled is 3, but must be at most 1", "Endpoint: demo", "Last counts"}},
		{"a verdict on request", false, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Throttled: 3}}})
			values, diags := acctest.NewProtocolServer(t, sim).ReadDataSource(t.Context(), healthType, acctest.Values{
				"endpoint_id": "demo", "fail_if_unmet": tc.fail, "timeouts": acctest.Values{"read": "1s"},
				"wait_until": acctest.Values{"workers_ready_min": 2, "workers_throttled_max": 1},
			})
			for _, part := range tc.error {
				if !strings.Contains(diags.String(), part) {
					t.Errorf("%q is not in %s", part, diags)
				}
			}
			if tc.error == nil {
				diags.RequireNone(t)
				if unmet, ok := values["unmet"].([]any); values["healthy"] != false || !ok || len(unmet) != 2 {
					t.Error(values)
				}
			}
		})
	}
}

func TestEndpointHealthDataSource_errors(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		endpoint string
		fault    simulator.FaultKind
		error    string
	}{
		"unknown endpoint": {"unknown", "", "check endpoint_id"},
		"HTML 502":         {"demo", simulator.BadGatewayHTML, "HTML page"},
		"cut JSON":         {"demo", simulator.CutBody, "cut off"},
		"empty body":       {"demo", simulator.EmptyBody, "the body is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			if tc.fault != "" {
				sim.Inject(simulator.Fault{Kind: tc.fault})
			}
			p := acctest.NewProtocolServer(t, sim, acctest.Values{"max_retries": 1, "retry_min_wait": "10ms"})
			_, diags := p.ReadDataSource(t.Context(), healthType, acctest.Values{"endpoint_id": tc.endpoint})
			if len(diags.Errors()) != 1 || !strings.Contains(diags.String(), tc.error) || strings.Contains(diags.String(), sim.APIKey) {
				t.Error(diags)
			}
		})
	}
}
