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

// TestFirstRun: each common mistake with a new provider gives one diagnostic that says
// what to do.
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
			[]string{"ERROR: Invalid duration", "policy.ttl: ", `write "5s"`, `AttributeName("policy").AttributeName("ttl")`},
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
		"no worker, gate": {provocations["Endpoint not healthy"], []string{"ERROR: Endpoint not healthy", "workers.ready is 0, but must be at least 1", "3 throttled", "To fix this: throttled workers wait"}},
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

// oneDiagnostic asserts that there is one diagnostic with these texts.
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

// TestFirstRun_account: for every type, a wrong key, the key of another account and a
// wrong endpoint give one error that says what to check, and no error contains the key.
func TestFirstRun_account(t *testing.T) {
	t.Parallel()
	const key = "rpa_key_of_nobody"
	cases := make(map[string]provocation) // by "kind type"
	input := acctest.Values{"mock_return": 1}
	for name, config := range map[string]acctest.Values{
		jobType:   {"input": input},
		setType:   {"inputs": acctest.Values{"a": input}},
		batchType: {"requests": []any{input}},
		purgeType: {},
	} {
		cases["resource "+name] = func(t *testing.T, s stage) acctest.Diagnostics {
			_, diags := s.p.CreateResource(t.Context(), name, config)
			return diags
		}
	}
	for name, config := range map[string]acctest.Values{
		jobType:                             {"id": "job-1"},
		streamType:                          {"id": "job-1"},
		healthType:                          {},
		healthType + " gate":                {"wait_until": acctest.Values{"workers_ready_min": 1}},
		"runpodserverless_endpoint_workers": {},
		"runpodserverless_worker_logs":      {"worker_id": "worker-1"},
	} {
		cases["data "+name] = func(t *testing.T, s stage) acctest.Diagnostics {
			typeName, _, _ := strings.Cut(name, " ")
			return s.read(t, typeName, config)
		}
	}
	for name, config := range map[string]acctest.Values{
		runType:    {"input": input},
		cancelType: {"id": "job-1"},
		retryType:  {"id": "job-1"},
		purgeType:  {},
	} {
		cases["action "+name] = func(t *testing.T, s stage) acctest.Diagnostics { return s.invoke(t, name, config) }
	}
	cases["ephemeral "+jobType] = func(t *testing.T, s stage) acctest.Diagnostics {
		_, _, diags := s.p.OpenEphemeral(t.Context(), jobType, acctest.Values{"input": input, "run": true})
		return diags
	}
	cases["list "+batchType] = func(t *testing.T, s stage) acctest.Diagnostics {
		var diags acctest.Diagnostics
		for _, result := range s.p.List(t.Context(), batchType, acctest.Values{}, false, 10) {
			diags = append(diags, result.Diagnostics...)
		}
		return diags
	}
	requireEveryType(t, "TestFirstRun_account", cases)
	const aboutKey, ofManagement = "To fix this: check the API key", "To fix this: use an API key that may read the endpoint with the management API"
	for name, provoke := range cases {
		for mistake, tc := range map[string]struct {
			config acctest.Values
			says   string
		}{
			"wrong key": {acctest.Values{"api_key": key, "endpoint_id": "demo"}, aboutKey},
			// The API's response is the same for both.
			"wrong endpoint or account": {acctest.Values{"endpoint_id": "of-somebody-else"}, "To fix this: check endpoint_id, and that the API key belongs to the account that owns the endpoint"},
		} {
			t.Run(name+"/"+mistake, func(t *testing.T) {
				t.Parallel()
				sim := simtest.Start(t, simulator.Options{})
				diags := provoke(t, stage{sim.Server, acctest.NewProtocolServer(t, sim, tc.config)})
				title, says := "ERROR: Unable to ", tc.says
				switch {
				case name == "resource "+setType: // it has many jobs
					title = "ERROR: Jobs could not all be run"
				case strings.Contains(name, "worker") && says == aboutKey: // a separate permission
					says = ofManagement
				}
				oneDiagnostic(t, diags, title, says)
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

// requireEveryType fails the test if a table, whose keys begin with kind and type,
// lacks a type of the provider.
func requireEveryType[C any](t *testing.T, table string, cases map[string]C) {
	t.Helper()
	types := make(map[string]map[string]bool)
	for key := range cases {
		words := strings.Fields(key)
		if types[words[0]] == nil {
			types[words[0]] = make(map[string]bool)
		}
		types[words[0]][words[1]] = true
	}
	schemas := acctest.NewUnconfiguredProtocolServer(t).Schema()
	acctest.RequireCases(t, table+", resources", schemas.ResourceSchemas, types["resource"], nil)
	acctest.RequireCases(t, table+", data sources", schemas.DataSourceSchemas, types["data"], nil)
	acctest.RequireCases(t, table+", ephemeral resources", schemas.EphemeralResourceSchemas, types["ephemeral"], nil)
	acctest.RequireCases(t, table+", list resources", schemas.ListResourceSchemas, types["list"], nil)
	acctest.RequireCases(t, table+", actions", schemas.ActionSchemas, types["action"], nil)
}

// TestFirstRun_noWorkers: a resource has no progress messages, so a warning is logged
// after a while; an action sends a progress message.
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
