package acctest_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestFirstRun: each mistake that people make with a provider that is new to
// them gives one diagnostic, which says what to do.
func TestFirstRun(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		provoke provocation
		says    []string
	}{
		"no key":             {configuring(acctest.Values{"api_key": ""}), []string{"ERROR: Missing API key", "RUNPOD_API_KEY", "(at AttributeName(\"api_key\"))"}},
		"a key with a space": {configuring(acctest.Values{"api_key": "rpa one"}), []string{"ERROR: Invalid API key", "a space", "not shown"}},
		"no endpoint":        {planUnconfigured(acctest.Values{"api_key": "k"}), []string{"ERROR: Missing endpoint", "RUNPOD_ENDPOINT_ID"}},
		"a duration without a unit": {
			planning(acctest.Values{"input": acctest.Values{"a": 1}, "policy": acctest.Values{"ttl": "5"}}),
			[]string{"ERROR: Invalid Time Duration", `AttributeName("policy").AttributeName("ttl")`},
		},
		"a load-balancing endpoint": {provocations["not allowed for QB API"], []string{"ERROR: Unable to submit the job", "queue-based endpoints"}},
		"the handler raised": {
			ending(acctest.Values{"sim_raise": "no such model"}, nil),
			[]string{"ERROR: Job ended as FAILED", "Error type: ValueError", "Error: no such model", "Last lines of the traceback:", `File "/handler.py", line 5, in handler`, "To fix this: fix the cause"},
		},
		"an output too large to store": {
			ending(acctest.Values{"sim_output_bytes": 2_000_000}, nil),
			[]string{"WARNING: Output too large to store", "2000000 bytes", "To fix this: raise max_output_bytes"},
		},
		"an output too large to read": {
			waiting(simulator.Fault{Kind: simulator.HugeBody}),
			[]string{"ERROR: Unable to wait for the job", "too large", "To fix this: let the worker store large results elsewhere"},
		},
		"Terraform too old for a write-only argument": {
			validatingAsOlder(acctest.Values{"input": acctest.Values{"a": 1}, "input_wo": acctest.Values{"b": 2}}),
			[]string{"ERROR: WriteOnly Attribute Not Allowed", "input_wo", "Terraform 1.11 and later"},
		},
		"no worker, resource": {
			withoutWorkers(ending(acctest.Values{"mock_return": 1}, nil)),
			[]string{"ERROR: Job timed out and was cancelled", "IN_QUEUE", "3 throttled", "no worker is free"},
		},
		"no worker, data source": {
			withoutWorkers(func(t *testing.T, s stage) acctest.Diagnostics {
				id := s.live(t).Values["id"]
				return s.read(t, jobType, acctest.Values{"id": id, "wait_for_completion": true})
			}),
			[]string{"ERROR: Job is still running", "IN_QUEUE", "3 throttled", "no worker is free"},
		},
		"no worker, gate": {provocations["Endpoint not healthy"], []string{"ERROR: Endpoint not healthy", "workers.ready is 0, at least 1 wanted", "3 throttled", "To fix this: throttled workers wait"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := simtest.NewInBubble(t, simulator.Options{}).Server
				diags := tc.provoke(t, stage{sim, acctest.NewBubbleServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})})
				oneDiagnostic(t, diags, tc.says...)
			})
		})
	}
}

// oneDiagnostic asserts that there is one, and what it says.
func oneDiagnostic(t *testing.T, diags acctest.Diagnostics, says ...string) {
	t.Helper()
	if len(diags) != 1 {
		t.Errorf("want one diagnostic, got %d:\n%s", len(diags), diags)
	}
	for _, part := range says {
		if !strings.Contains(diags.String(), part) {
			t.Errorf("%q is not in what the provider says:\n%s", part, diags)
		}
	}
}

func withoutWorkers(provoke provocation) provocation {
	return func(t *testing.T, s stage) acctest.Diagnostics {
		s.sim.SetEndpoint(simulator.DefaultEndpointID, simulator.Endpoint{Throttled: 3})
		return provoke(t, s)
	}
}

// TestFirstRun_account: a wrong key, the key of another account and a wrong
// endpoint each give one error that says what to check, whatever the type, and
// no error shows the key.
func TestFirstRun_account(t *testing.T) {
	t.Parallel()
	const key = "rpa_key_of_nobody"
	input := acctest.Values{"mock_return": 1}
	kinds := map[string]provocation{
		jobType: ending(input, nil),
		jobType + " data": func(t *testing.T, s stage) acctest.Diagnostics {
			return s.read(t, jobType, acctest.Values{"id": "job-1"})
		},
		streamType: func(t *testing.T, s stage) acctest.Diagnostics {
			return s.read(t, streamType, acctest.Values{"id": "job-1"})
		},
		healthType: func(t *testing.T, s stage) acctest.Diagnostics { return s.read(t, healthType, acctest.Values{}) },
		healthType + " gate": func(t *testing.T, s stage) acctest.Diagnostics {
			return s.read(t, healthType, acctest.Values{"wait_until": acctest.Values{"workers_ready_min": 1}})
		},
		purgeType:             purging(simulator.Fault{Endpoint: "none"}),
		purgeType + " action": func(t *testing.T, s stage) acctest.Diagnostics { return s.invoke(t, purgeType, acctest.Values{}) },
		runType: func(t *testing.T, s stage) acctest.Diagnostics {
			return s.invoke(t, runType, acctest.Values{"input": input})
		},
		cancelType: func(t *testing.T, s stage) acctest.Diagnostics {
			return s.invoke(t, cancelType, acctest.Values{"id": "job-1"})
		},
		retryType: func(t *testing.T, s stage) acctest.Diagnostics {
			return s.invoke(t, retryType, acctest.Values{"id": "job-1"})
		},
		jobType + " ephemeral": func(t *testing.T, s stage) acctest.Diagnostics {
			_, _, diags := s.p.OpenEphemeral(t.Context(), jobType, acctest.Values{"input": input, "run": true})
			return diags
		},
	}
	for name, provoke := range kinds {
		for mistake, tc := range map[string]struct {
			config acctest.Values
			says   string
		}{
			"wrong key": {acctest.Values{"api_key": key, "endpoint_id": "demo"}, "To fix this: check the API key"},
			// The API gives the same answer to both.
			"wrong endpoint or account": {acctest.Values{"endpoint_id": "of-somebody-else"}, "To fix this: check endpoint_id, and that the API key belongs to the account that owns the endpoint"},
		} {
			t.Run(name+"/"+mistake, func(t *testing.T) {
				t.Parallel()
				sim := simtest.Start(t, simulator.Options{})
				diags := provoke(t, stage{sim.Server, acctest.NewProtocolServer(t, sim, tc.config)})
				oneDiagnostic(t, diags, "ERROR: Unable to ", tc.says)
				if text := diags.String(); strings.Contains(text, key) || strings.Contains(text, sim.APIKey) {
					t.Errorf("the key is shown:\n%s", text)
				}
				for _, x := range sim.Journal() {
					if x.Status == http.StatusOK {
						t.Errorf("%s was answered", x.Op)
					}
				}
			})
		}
	}
}

// TestFirstRun_noWorkers: a resource cannot print while it waits, so the log
// warns after a while; an action says so as it waits.
func TestFirstRun_noWorkers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := simtest.NewInBubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{simulator.DefaultEndpointID: {Throttled: 3}}}).Server
		p := acctest.NewBubbleServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
		config := acctest.Values{"input": acctest.Values{"mock_return": 1}}

		var log bytes.Buffer
		_, diags := p.CreateResource(tflogtest.RootLogger(t.Context(), &log), jobType, config)
		oneDiagnostic(t, diags, "Job timed out and was cancelled", "State before: IN_QUEUE", "Waited for: 30m0s", "3 throttled")
		lines, err := tflogtest.MultilineJSONDecode(&log)
		if err != nil {
			t.Fatal(err)
		}
		warned := slices.ContainsFunc(lines, func(line map[string]any) bool {
			text, err := json.Marshal(line)
			return err == nil && line["@level"] == "warn" && line["status"] == "IN_QUEUE" &&
				strings.Contains(string(text), "Still waiting for a job after 100 seconds") && strings.Contains(string(text), "3 throttled")
		})
		if !warned {
			t.Errorf("the log does not warn: %v", lines)
		}

		progress, diags := p.InvokeAction(t.Context(), runType, config)
		oneDiagnostic(t, diags, "Job timed out and was cancelled", "IN_QUEUE", "3 throttled")
		if !slices.ContainsFunc(progress, func(message string) bool {
			return strings.Contains(message, "still IN_QUEUE after 30s") && strings.Contains(message, "3 throttled")
		}) {
			t.Errorf("the action does not say that it waits: %q", progress)
		}
	})
}
