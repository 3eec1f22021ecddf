package acctest_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// undecided are arguments of the provider that may be unknown, and whether that matters
// to a type with an endpoint_id of its own.
var undecided = map[string]bool{"api_key": true, "base_url": true, "headers": true, "max_retries": true, "endpoint_id": false}

// notKnown calls f in a bubble of fake time for each of them, with a provider whose
// configuration is known and one whose is not.
func notKnown(t *testing.T, f func(t *testing.T, sim *simtest.Sim, known, unknown *acctest.ProtocolServer, always bool)) {
	t.Helper()
	for argument, always := range undecided {
		t.Run(argument, func(t *testing.T) {
			t.Parallel()
			simtest.Bubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim) {
				config := acctest.Values{"endpoint_id": simulator.DefaultEndpointID}
				f(t, sim, acctest.NewBubbleServer(t, sim.Server, config), acctest.NewBubbleServer(t, sim.Server, config, acctest.Values{argument: acctest.Unknown}), always)
			})
		})
	}
}

// refusedUnconfigured fails the test unless the diagnostics say that the provider is
// not configured.
func refusedUnconfigured(t *testing.T, diags acctest.Diagnostics) {
	t.Helper()
	if len(diags.Errors()) != 1 || !strings.Contains(diags.String(), "Provider not configured yet") {
		t.Errorf("where deferral is not allowed: %s", diags)
	}
}

// TestDeferred_dataSources: while the provider's configuration is unknown, a data
// source is deferred if the CLI allows it, and an error otherwise. It is not deferred
// for any other reason: stable releases allow deferral during apply, but reject a
// deferred response.
func TestDeferred_dataSources(t *testing.T) {
	t.Parallel()
	cases := map[string]acctest.Values{
		"runpodserverless_endpoint_health":  {},
		"runpodserverless_endpoint_workers": {},
		"runpodserverless_job":              {"id": "job-1"},
		"runpodserverless_job_stream":       {"id": "job-1"},
		"runpodserverless_worker_logs":      {"worker_id": "worker-1"},
	}
	acctest.RequireCases(t, "TestDeferred_dataSources", acctest.NewUnconfiguredProtocolServer(t).Schema().DataSourceSchemas, cases, nil)
	for name, config := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			notKnown(t, func(t *testing.T, sim *simtest.Sim, known, unknown *acctest.ProtocolServer, always bool) {
				if deferred, diags := unknown.DeferDataSource(t.Context(), name, config); !deferred || len(diags) > 0 {
					t.Errorf("deferred: %t\n%s", deferred, diags)
				}
				_, diags := unknown.ReadDataSource(t.Context(), name, config)
				refusedUnconfigured(t, diags)
				if n := len(sim.Journal()); n != 0 {
					t.Errorf("%d requests", n)
				}
				own := acctest.Values{"endpoint_id": simulator.DefaultEndpointID}
				maps.Copy(own, config)
				if deferred, _ := unknown.DeferDataSource(t.Context(), name, own); deferred != always {
					t.Errorf("deferred with an endpoint of its own: %t", deferred)
				}
				if deferred, _ := known.DeferDataSource(t.Context(), name, config); deferred {
					t.Error("deferred with a known configuration")
				}
			})
		})
	}
}

// TestDeferred_resources: a refresh that needs the API is deferred if the CLI allows
// it, and an error otherwise; the state stays. A plan needs no request and is never
// deferred, so one apply is enough.
func TestDeferred_resources(t *testing.T) {
	t.Parallel()
	slow := acctest.Values{"mock_return": 1, "sim_delay_ms": 3_600_000}
	cases := map[string]struct{ live, ended acctest.Values }{
		jobType: {acctest.Values{"input": slow, "wait_for_completion": false}, acctest.Values{"input": failing, "on_failure": "warn"}},
		setType: {
			acctest.Values{"inputs": acctest.Values{"a": slow, "b": quick}, "on_timeout": "detach", "timeouts": acctest.Values{"create": "1m"}},
			acctest.Values{"inputs": acctest.Values{"a": failing, "b": quick}, "on_failure": "warn"},
		},
		batchType: {acctest.Values{"requests": []any{slow}, "wait_for_completion": false}, acctest.Values{"requests": []any{quick}}},
		purgeType: {nil, acctest.Values{}},
	}
	acctest.RequireCases(t, "TestDeferred_resources", acctest.NewUnconfiguredProtocolServer(t).Schema().ResourceSchemas, cases, nil)
	for typeName, tc := range cases {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			notKnown(t, func(t *testing.T, sim *simtest.Sim, known, unknown *acctest.ProtocolServer, always bool) {
				for i, config := range []acctest.Values{tc.live, tc.ended} {
					if config == nil {
						continue
					}
					isLive := i == 0
					if deferred, diags := unknown.DeferPlan(t.Context(), typeName, nil, config); deferred || diags.HasError() {
						t.Errorf("the plan of a creation is deferred: %t\n%s", deferred, diags)
					}
					state, diags := known.CreateResource(t.Context(), typeName, config)
					diags.RequireNoError(t)
					before := len(sim.Journal())
					now, deferred, diags := unknown.DeferRefresh(t.Context(), typeName, state)
					if deferred != (isLive && always) || diags.HasError() {
						t.Errorf("the refresh of %v is deferred: %t\n%s", config, deferred, diags)
					}
					if always {
						if fmt.Sprint(now.Values) != fmt.Sprint(state.Values) || len(sim.Journal()) != before {
							t.Errorf("the refresh sends %d requests, and stores %v", len(sim.Journal())-before, now.Values)
						}
						_, diags = unknown.ReadResource(t.Context(), typeName, state)
						if isLive {
							refusedUnconfigured(t, diags)
						} else {
							diags.RequireNone(t)
						}
					}
					if deferred, diags := unknown.DeferPlan(t.Context(), typeName, state, config); deferred || diags.HasError() {
						t.Errorf("the plan is deferred: %t\n%s", deferred, diags)
					}
					if _, deferred, diags := known.DeferRefresh(t.Context(), typeName, state); deferred || diags.HasError() {
						t.Errorf("deferred with a known configuration: %t\n%s", deferred, diags)
					}
				}
			})
		})
	}
}

// TestDeferred_import: an import reads the resource, so it is deferred.
func TestDeferred_import(t *testing.T) {
	t.Parallel()
	for _, typeName := range []string{jobType, batchType} {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			notKnown(t, func(t *testing.T, sim *simtest.Sim, _, unknown *acctest.ProtocolServer, always bool) {
				if !always {
					return // its ID contains the endpoint
				}
				state, diags := unknown.ImportResource(t.Context(), typeName, "demo/some-id", nil)
				diags.RequireNone(t)
				if _, deferred, diags := unknown.DeferRefresh(t.Context(), typeName, state); !deferred || len(diags) > 0 {
					t.Errorf("deferred: %t\n%s", deferred, diags)
				}
				_, diags = unknown.ReadResource(t.Context(), typeName, state)
				refusedUnconfigured(t, diags)
				if n := len(sim.Journal()); n != 0 {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}

// TestDeferred_ephemeral: an ephemeral job that runs during plan is deferred if the CLI
// allows it, and an error otherwise; one that runs during apply only is opened.
func TestDeferred_ephemeral(t *testing.T) {
	t.Parallel()
	notKnown(t, func(t *testing.T, sim *simtest.Sim, known, unknown *acctest.ProtocolServer, always bool) {
		for _, run := range []bool{true, false} {
			config := acctest.Values{"input": quick, "run": run}
			if deferred, diags := unknown.DeferEphemeral(t.Context(), jobType, config); deferred != run || len(diags) > 0 {
				t.Errorf("with run = %t it is deferred: %t\n%s", run, deferred, diags)
			}
			_, _, diags := unknown.OpenEphemeral(t.Context(), jobType, config)
			if run {
				refusedUnconfigured(t, diags)
			} else {
				diags.RequireNone(t)
			}
			if n := len(sim.Journal()); n != 0 {
				t.Errorf("%d requests", n)
			}
		}
		own := acctest.Values{"input": quick, "run": true, "endpoint_id": simulator.DefaultEndpointID}
		if deferred, diags := unknown.DeferEphemeral(t.Context(), jobType, own); deferred != always || len(diags) > 0 {
			t.Errorf("deferred with an endpoint of its own: %t\n%s", deferred, diags)
		}
		if deferred, diags := known.DeferEphemeral(t.Context(), jobType, own); deferred || len(diags) > 0 {
			t.Errorf("deferred with a known configuration: %t\n%s", deferred, diags)
		}
	})
}

// TestDeferred_actions: the plan of an action needs no request and is not deferred.
// Invoking an action or a list without a configuration is an error, because the
// protocol cannot defer them.
func TestDeferred_actions(t *testing.T) {
	t.Parallel()
	cases := map[string]acctest.Values{
		"runpodserverless_job_run":     {"input": quick},
		"runpodserverless_job_cancel":  {"id": "job-1"},
		"runpodserverless_job_retry":   {"id": "job-1"},
		"runpodserverless_queue_purge": {},
	}
	acctest.RequireCases(t, "TestDeferred_actions", acctest.NewUnconfiguredProtocolServer(t).Schema().ActionSchemas, cases, nil)
	for typeName, config := range cases {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			notKnown(t, func(t *testing.T, sim *simtest.Sim, _, unknown *acctest.ProtocolServer, _ bool) {
				if deferred, diags := unknown.DeferAction(t.Context(), typeName, config); deferred || len(diags) > 0 {
					t.Errorf("deferred: %t\n%s", deferred, diags)
				}
				_, diags := unknown.InvokeAction(t.Context(), typeName, config)
				refusedUnconfigured(t, diags)
				results := unknown.List(t.Context(), batchType, acctest.Values{}, false, 10)
				if len(results) != 1 {
					t.Fatalf("%d results", len(results))
				}
				refusedUnconfigured(t, results[0].Diagnostics)
				if n := len(sim.Journal()); n != 0 {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}
