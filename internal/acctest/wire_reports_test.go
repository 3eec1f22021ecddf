package acctest_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// onStage calls f in a bubble of fake time with a provider and a simulator.
func onStage(t *testing.T, f func(t *testing.T, s stage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		sim := simulator.New(simulator.Options{})
		defer sim.Close()
		f(t, stage{sim, acctest.NewBubbleServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID, "max_retries": 1})})
	})
}

// TestAdvice_lastCause: if the last attempt to read failed, the advice is about that,
// not about workers or timeouts.
func TestAdvice_lastCause(t *testing.T) {
	t.Parallel()
	for cause, tc := range map[string]struct {
		fault simulator.Fault
		says  string
	}{
		"a page":         {simulator.Fault{Kind: simulator.StatusReply, Status: 403, Body: "<html><title>Just a moment...</title></html>"}, "something in front of it, such as a gateway"},
		"no JSON":        {simulator.Fault{Kind: simulator.Truncated}, "does not speak the API"},
		"no connection":  {simulator.Fault{Kind: simulator.CutBefore}, "check the network"},
		"overload":       {simulator.Fault{Kind: simulator.Unavailable}, "in trouble; try again later"},
		"no answer":      {simulator.Fault{Kind: simulator.SlowBefore, Delay: time.Hour}, "request_timeout"},
		"nothing at all": {simulator.Fault{Kind: simulator.StatusReply, Status: 401}, "something in front of it, such as a gateway"},
	} {
		for name, act := range map[string]func(t *testing.T, s stage) acctest.Diagnostics{
			"job": func(t *testing.T, s stage) acctest.Diagnostics {
				return s.create(t, acctest.Values{"mock_delay": 3600}, nil)
			},
			"set": func(t *testing.T, s stage) acctest.Diagnostics {
				_, diags := s.p.CreateResource(t.Context(), setType, setWith(acctest.Values{"inputs": twoSlow}))
				return diags
			},
			"gate": func(t *testing.T, s stage) acctest.Diagnostics {
				return s.read(t, healthType, acctest.Values{"wait_until": acctest.Values{"workers_running_min": 1}, "timeouts": acctest.Values{"read": "5m"}})
			},
		} {
			t.Run(name+"/"+cause, func(t *testing.T) {
				t.Parallel()
				onStage(t, func(t *testing.T, s stage) {
					fault := tc.fault // the subtests run in parallel
					fault.Op = http.MethodGet
					s.sim.Inject(fault)
					diags := act(t, s)
					text := diags.String()
					if !diags.HasError() || !strings.Contains(text, tc.says) {
						t.Errorf("%q is not in what the provider shows:\n%s", tc.says, text)
					}
					for _, wrong := range []string{"raise timeouts", "no worker is free", "throttled workers", "check the API key", "Endpoint not healthy"} {
						if strings.Contains(text, wrong) {
							t.Errorf("%q is in what the provider shows:\n%s", wrong, text)
						}
					}
				})
			})
		}
	}
}

// TestMessage_countsMatchStatus: the status of a job that keeps running matches the
// endpoint's counts in the same message.
func TestMessage_countsMatchStatus(t *testing.T) {
	t.Parallel()
	onStage(t, func(t *testing.T, s stage) {
		config := acctest.Values{"on_timeout": "detach", "timeouts": acctest.Values{"create": "30s"}}
		state, diags := s.p.CreateResource(t.Context(), jobType, jobWith(acctest.Values{"mock_delay": 3600}, config))
		if state.Values["status"] != "IN_PROGRESS" || !strings.Contains(diags.String(), "State when last seen: IN_PROGRESS") || !strings.Contains(diags.String(), "1 in progress") {
			t.Errorf("status %v:\n%s", state.Values["status"], diags)
		}
		config["inputs"] = twoSlow
		_, diags = s.p.CreateResource(t.Context(), setType, config)
		if !strings.Contains(diags.String(), "last seen as ") {
			t.Errorf("an old status is reported as the current one:\n%s", diags)
		}
	})
}

// TestRefresh_partial: a refresh that times out says how far it got and why.
func TestRefresh_partial(t *testing.T) {
	t.Parallel()
	onStage(t, func(t *testing.T, s stage) {
		inputs := acctest.Values{}
		for i := range 100 {
			inputs[fmt.Sprintf("k%03d", i)] = acctest.Values{"mock_delay": 7200}
		}
		state, diags := s.p.CreateResource(t.Context(), setType, acctest.Values{
			"inputs": inputs, "max_in_flight": 200, "on_timeout": "detach", "timeouts": acctest.Values{"create": "1s", "read": "10s"},
		})
		diags.RequireNoError(t)
		s.sim.Inject(simulator.Fault{Op: "status", Kind: simulator.SlowBefore, Delay: time.Hour, Skip: 20})
		_, diags = s.p.ReadResource(t.Context(), setType, state)
		text := diags.String()
		if len(diags) != 1 || !strings.Contains(text, "Jobs: 80 of 100") || !strings.Contains(text, "timeouts.read (10s) passed") {
			t.Errorf("got\n%s", text)
		}
	})
}

// TestDestroy_expiredJob: destroying an expired job sends no request and has no
// diagnostics.
func TestDestroy_expiredJob(t *testing.T) {
	t.Parallel()
	for typeName, config := range map[string]acctest.Values{
		jobType: {"input": endless, "wait_for_completion": false},
		setType: {"inputs": acctest.Values{"a": endless, "b": endless}, "on_timeout": "detach", "timeouts": acctest.Values{"create": "1s"}},
	} {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			onStage(t, func(t *testing.T, s stage) {
				state, diags := s.p.CreateResource(t.Context(), typeName, config)
				diags.RequireNoError(t)
				expire(t, s, state)
				state, diags = s.p.ReadResource(t.Context(), typeName, state)
				diags.RequireNoError(t)
				before := len(s.sim.Journal())
				left, diags := s.p.DestroyResource(t.Context(), typeName, state)
				diags.RequireNone(t)
				if left.Values != nil || len(s.sim.Journal()) != before {
					t.Errorf("%d requests, %v is left", len(s.sim.Journal())-before, left.Values)
				}
			})
		})
	}
}

// TestTypedNulls: a null variable counts as not set, whatever its type.
func TestTypedNulls(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "requests.jsonl")
	if err := os.WriteFile(file, []byte(`{"a":1}`), 0o600); err != nil {
		t.Fatal(err)
	}
	nullList := tftypes.NewValue(tftypes.List{ElementType: tftypes.String}, nil)
	nullObject := tftypes.NewValue(tftypes.Object{AttributeTypes: map[string]tftypes.Type{"a": tftypes.String}}, nil)
	p := acctest.NewUnconfiguredProtocolServer(t)
	for name, tc := range map[string]struct {
		typeName string
		config   acctest.Values
		says     string // "" for no error
	}{
		"requests beside a file":   {batchType, acctest.Values{"requests": nullList, "requests_file": file}, ""},
		"requests alone":           {batchType, acctest.Values{"requests": nullList}, "neither is"},
		"an object as requests":    {batchType, acctest.Values{"requests": nullObject}, "neither is"},
		"requests and a file":      {batchType, acctest.Values{"requests": []any{quick}, "requests_file": file}, "both are"},
		"input beside input_wo":    {jobType, acctest.Values{"input": nullObject, "input_wo": quick}, ""},
		"input_wo beside an input": {jobType, acctest.Values{"input": quick, "input_wo": nullObject}, ""},
		"no input":                 {jobType, acctest.Values{"input": nullObject}, ""}, // the plan rejects it
		"an input of a set":        {setType, acctest.Values{"inputs": acctest.Values{"a": nullObject}}, "Missing input"},
		"no inputs":                {setType, acctest.Values{"inputs": nullObject}, "neither is"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diags := p.ValidateResourceConfig(t.Context(), tc.typeName, tc.config)
			text := diags.String()
			if (tc.says == "") == diags.HasError() || !strings.Contains(text, tc.says) || strings.Contains(text, "end of JSON") {
				t.Errorf("want %q, got:\n%s", tc.says, text)
			}
		})
	}
}

// TestInputWrappedTwice: each type has the warning, once.
func TestInputWrappedTwice(t *testing.T) {
	t.Parallel()
	wrapped := acctest.Values{"input": acctest.Values{"prompt": "x"}}
	file := filepath.Join(t.TempDir(), "requests.jsonl")
	if err := os.WriteFile(file, []byte("{\"a\":1}\n{\"input\": {\"a\":1}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	lines := filepath.Join(t.TempDir(), "inputs.jsonl")
	if err := os.WriteFile(lines, []byte("{\"key\":\"a\",\"input\":{\"a\":1}}\n{\"key\":\"b\",\"input\":{\"input\":{\"a\":1}}}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	onStage(t, func(t *testing.T, s stage) {
		for name, diags := range map[string]acctest.Diagnostics{
			"ephemeral": s.p.ValidateEphemeralConfig(t.Context(), jobType, acctest.Values{"input": wrapped, "run": true}),
			"action":    s.p.ValidateActionConfig(t.Context(), "runpodserverless_job_run", acctest.Values{"input": wrapped}),
		} {
			if got := strings.Count(diags.String(), "Input wrapped twice"); got != 1 || len(diags) != 1 {
				t.Errorf("%s: %d warnings, want 1:\n%s", name, got, diags)
			}
		}
	})
	for name, tc := range map[string]struct {
		typeName string
		config   acctest.Values
		times    int
	}{
		"set, from a file":   {setType, acctest.Values{"inputs_file": lines}, 1},
		"in input_wo":        {jobType, acctest.Values{"input_wo": wrapped}, 1},
		"job":                {jobType, acctest.Values{"input": wrapped}, 1},
		"another member":     {jobType, acctest.Values{"input": acctest.Values{"input": acctest.Values{"a": 1}, "b": 1}}, 0},
		"a text":             {jobType, acctest.Values{"input": acctest.Values{"input": "x"}}, 0},
		"set":                {setType, acctest.Values{"inputs": acctest.Values{"a": wrapped, "b": wrapped, "c": quick}}, 1},
		"a key named input":  {setType, acctest.Values{"inputs": acctest.Values{"input": quick}}, 0},
		"batch":              {batchType, acctest.Values{"requests": []any{quick, wrapped}}, 1},
		"batch, from a file": {batchType, acctest.Values{"requests_file": file}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onStage(t, func(t *testing.T, s stage) {
				diags := s.p.ValidateResourceConfig(t.Context(), tc.typeName, tc.config)
				diags = append(diags, s.p.PlanResource(t.Context(), tc.typeName, nil, tc.config).Diagnostics...)
				if got := strings.Count(diags.String(), "Input wrapped twice"); got != tc.times || len(diags) != tc.times {
					t.Errorf("%d warnings, want %d:\n%s", got, tc.times, diags)
				}
			})
		})
	}
}

// TestLongID: the length of an id is limited in the state, even if the id is invalid.
func TestLongID(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("i", 300_000)
	onStage(t, func(t *testing.T, s stage) {
		s.sim.Inject(simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: http.StatusOK, Body: `{"id":"` + long + `","status":"IN_QUEUE"}`})
		state, diags := s.p.CreateResource(t.Context(), jobType, jobWith(acctest.Values{"mock_delay": 1}, nil))
		id, _ := state.Values["id"].(string)
		if len(id) < 1025 || len(id) > 8<<10 || !strings.HasPrefix(id, "iii") || len(diags.String()) > 8<<10 || !strings.Contains(diags.String(), "longer than 1024 bytes") {
			t.Errorf("an id of %d bytes: %.500s", len(id), diags)
		}
		for _, x := range s.sim.Journal() {
			if x.Op != "run" && x.Op != "health" {
				t.Errorf("%s was requested", x.Op)
			}
		}
	})
}

// TestBatch_failedRequests: the message about a failed request has its id, its index
// and its line.
func TestBatch_failedRequests(t *testing.T) {
	t.Parallel()
	onStage(t, func(t *testing.T, s stage) {
		file := writeLines(t, t.TempDir(), "requests.jsonl", []any{quick, quick, failing, quick})
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, append([]byte("\n"), text...), 0o600); err != nil {
			t.Fatal(err)
		}
		for want, config := range map[string]acctest.Values{
			"(index 2, line 4 of " + file + "): kaboom": {"requests_file": file},
			"(index 2): kaboom":                         {"requests": []any{quick, quick, failing, quick}},
		} {
			_, diags := s.p.CreateResource(t.Context(), batchType, config)
			if !strings.Contains(diags.String(), want) {
				t.Errorf("%q is not in %s", want, diags)
			}
		}
	})
}

// TestBatch_unreadableOutputs: so has the message about a request whose output cannot
// be read.
func TestBatch_unreadableOutputs(t *testing.T) {
	t.Parallel()
	onStage(t, func(t *testing.T, s stage) {
		file := writeLines(t, t.TempDir(), "requests.jsonl", []any{minute, minute})
		for want, config := range map[string]acctest.Values{
			"(index 1, line 2 of " + file + "): NaN at .a[0]": {"requests_file": file},
			"(index 1): NaN at .a[0]":                         {"requests": []any{minute, minute}},
		} {
			config["wait_for_completion"] = false
			state, diags := s.p.CreateResource(t.Context(), batchType, config)
			diags.RequireNone(t)
			var ids []string
			for _, batch := range s.sim.Batches(simulator.DefaultEndpointID) {
				if batch.ID == state.Values["id"] {
					ids = batch.RequestIDs
				}
			}
			remove := s.sim.Inject(simulator.Fault{
				Op: "batch-requests", Kind: simulator.StatusReply, Status: http.StatusOK,
				Body: fmt.Sprintf(`{"requests":[{"id":%q,"status":"COMPLETED","output":1},{"id":%q,"status":"COMPLETED","output":{"a":[NaN]}}],"total":2,"hasMore":false}`, ids[0], ids[1]),
			})
			config["wait_for_completion"] = true
			_, diags = s.p.ApplyResource(t.Context(), s.p.PlanResource(t.Context(), batchType, state, config))
			if !strings.Contains(diags.String(), want) || !strings.Contains(diags.String(), ids[1]) {
				t.Errorf("%q is not in %s", want, diags)
			}
			remove()
		}
	})
}

// TestHostileTexts: texts from a worker are limited in length and printable in the
// state and in the output.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("payload ", 250_000)
	body := `{"status":"FAILED","workerId":"` + long + `","error":"{\"error_message\":\"\\u001b[31m\\u202e` + long + `\",\"error_traceback\":\"` + long + `the end\"}"}`
	onStage(t, func(t *testing.T, s stage) {
		s.sim.Inject(simulator.Fault{Op: "status-sync", Kind: simulator.StatusReply, Status: http.StatusOK, Body: body})
		state, diags := s.p.CreateResource(t.Context(), jobType, jobWith(acctest.Values{"mock_delay": 3600}, acctest.Values{"on_failure": "warn"}))
		text := diags.String()
		if len(text) > 8<<10 || strings.ContainsAny(text, "\x1b\u202e") || !strings.Contains(text, "bytes cut off]") || !strings.Contains(text, "the end") {
			t.Errorf("%d bytes on the screen: %.300s", len(text), text)
		}
		if size := len(fmt.Sprint(state.Values)); size > 48<<10 || strings.ContainsAny(fmt.Sprint(state.Values), "\x1b\u202e") {
			t.Errorf("%d bytes in the state", size)
		}
	})
}
