package simulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// api calls a simulator in a bubble of fake time.
type api struct {
	*simulator.Server
	t   *testing.T
	key string
}

func bubble(t *testing.T, o simulator.Options, f func(a *api)) {
	t.Helper()
	t.Parallel()
	simtest.Bubble(t, o, func(t *testing.T, sim *simtest.Sim) { f(&api{sim.Server, t, sim.APIKey}) })
}

func (a *api) try(method, path, body string) (int, map[string]any, error) {
	a.t.Helper()
	return a.ask(method, "/v2/"+path, body)
}

// ask sends a request to any path.
func (a *api) ask(method, path, body string) (int, map[string]any, error) {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), method, "http://sim"+path, strings.NewReader(body))
	if err != nil {
		a.t.Fatal(err)
	}
	if a.key != "" {
		req.Header.Set("Authorization", a.key)
	}
	resp, err := simtest.RoundTripper(a.Server).RoundTrip(req)
	if err != nil {
		return 0, nil, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	reply := map[string]any{}
	_ = json.Unmarshal(raw, &reply)
	return resp.StatusCode, reply, err
}

// call sends a request, requires this status and returns the response.
func (a *api) call(want int, method, path, body string) map[string]any {
	a.t.Helper()
	code, reply, err := a.try(method, path, body)
	if err != nil || code != want {
		a.t.Fatalf("%s %s: HTTP %d, want %d: %v %v", method, path, code, want, reply, err)
	}
	return reply
}

// run submits an input and returns the job's id.
func (a *api) run(input string) string {
	a.t.Helper()
	id, _ := a.call(200, "POST", "demo/run", `{"input":`+input+`}`)["id"].(string)
	return id
}

func (a *api) status(id string) map[string]any {
	a.t.Helper()
	return a.call(200, "GET", "demo/status/"+id, "")
}

func TestAuthorization(t *testing.T) {
	bubble(t, simulator.Options{}, func(a *api) {
		for key, detail := range map[string]string{"": "no token provided", "wrong": "invalid api key", "Bearer wrong": "invalid api key"} {
			a.key = key
			reply := a.call(401, "GET", "demo/health", "")
			if reply["detail"] != detail || reply["status"] != 401.0 {
				t.Errorf("%q: %v", key, reply)
			}
		}
		for _, key := range []string{simulator.DefaultAPIKey, "Bearer " + simulator.DefaultAPIKey} {
			a.key = key
			a.call(200, "GET", "demo/health", "")
		}
		if got := a.call(404, "GET", "other/health", "")["detail"]; got != "endpoint not found" {
			t.Error(got)
		}
		if got := a.call(404, "GET", "demo/status/x", "")["detail"]; got != "job not found" {
			t.Error(got)
		}
	})
}

func TestSubmissions(t *testing.T) {
	bubble(t, simulator.Options{}, func(a *api) {
		for body, code := range map[string]int{
			`{"input":{"a":1}}`: 200, `{"input":null}`: 200, `{}`: 200, `{"input":[1]}`: 400, `{"input":"x"}`: 400, `no`: 400,
		} {
			a.call(code, "POST", "demo/run", body)
		}
		large := `{"input":{"a":"` + strings.Repeat("x", 10<<20) + `"}}`
		if got := a.call(400, "POST", "demo/run", large)["detail"]; got != "bad request: body: exceeded max body size of 10MiB" {
			t.Error(got)
		}
		for _, wait := range []string{"999", "300001", "x"} {
			if got := a.call(400, "POST", "demo/runsync?wait="+wait, `{}`)["error"]; got != "wait is invalid; must be between 1000 and 300000" {
				t.Error(got)
			}
		}
		if got := a.Journal().Accepted().Count("run"); got != 3 {
			t.Errorf("%d accepted", got)
		}
	})
}

// TestWorker compares jobs with the results that their inputs specify.
func TestWorker(t *testing.T) {
	for _, tc := range []struct{ name, input, status, output, failure string }{
		{"nothing said", `{"prompt":1}`, "COMPLETED", `"Hello World!"`, ""},
		{"a value", `{"mock_return":{"n":9007199254740993}}`, "COMPLETED", `{"n":9007199254740993}`, ""},
		{"an error beside a value", `{"mock_return":{"error":"x","a":1}}`, "FAILED", `{"a":1}`, `"x"`},
		{"an empty object", `{"mock_return":{}}`, "COMPLETED", "", ""},
		{"no output", `{"sim_no_output":true}`, "COMPLETED", "", ""},
		{"raised", `{"mock_error":true}`, "FAILED", "", `error_message`},
		{"any error", `{"sim_error":{"m":1},"sim_output_on_failure":2}`, "FAILED", `2`, `{"m":1}`},
		{"yielded", `{"sim_yield_error":"oom"}`, "FAILED", "", `'message': 'oom'`},
		{"another end", `{"sim_end_state":"TIMED_OUT"}`, "TIMED_OUT", `"Hello World!"`, ""},
		{"crash", `{"mock_crash":true,"mock_delay":1}`, "FAILED", "", "job timed out after 1 retries"},
		{"crash at once", `{"mock_crash":true}`, "FAILED", "", "job timed out after 1 retries"},
		{"empty input", `{}`, "FAILED", "", "job timed out after 1 retries"},
		{"dispatched twice", `{"sim_redispatch":true,"mock_return":1}`, "COMPLETED", `1`, ""},
		{"too long", `{"mock_delay":3600}`, "FAILED", "", "executionTimeout exceeded"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, simulator.Options{}, func(a *api) {
				id := a.run(tc.input)
				time.Sleep(20 * time.Minute)
				job := a.status(id)
				output, _ := json.Marshal(job["output"])
				if job["output"] == nil {
					output = nil
				}
				failure, _ := json.Marshal(job["error"])
				// The response was decoded to float64 here, so numbers beyond 2^53 are
				// compared loosely.
				if job["status"] != tc.status || (string(output) != tc.output && !strings.Contains(tc.output, "9007199254740993")) || !strings.Contains(string(failure), tc.failure) {
					t.Errorf("got %v", job)
				}
			})
		})
	}
}

func TestJobLifeCycle(t *testing.T) {
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Workers: 1}}}, func(a *api) {
		first, second := a.run(`{"mock_delay":5}`), a.run(`{"mock_return":2}`)
		if job := a.status(second); job["status"] != "IN_QUEUE" || job["delayTime"] != nil {
			t.Error(job)
		}
		started := time.Now()
		job := a.call(200, "GET", "demo/status-sync/"+second+"?wait=60000", "")
		if job["status"] != "COMPLETED" || time.Since(started) != 5*time.Second {
			t.Errorf("%v after %s", job, time.Since(started))
		}
		if job := a.status(first); job["executionTime"] != 5000.0 {
			t.Error(job)
		}
		time.Sleep(31 * time.Minute)
		a.call(404, "GET", "demo/status/"+first, "")
	})
}

func TestRunSync_unfinished(t *testing.T) {
	bubble(t, simulator.Options{}, func(a *api) {
		started := time.Now()
		job := a.call(200, "POST", "demo/runsync?wait=2000", `{"input":{"mock_delay":5}}`)
		if job["status"] != "IN_PROGRESS" || time.Since(started) != 2*time.Second {
			t.Errorf("%v after %s", job, time.Since(started))
		}
		time.Sleep(10 * time.Second)
		id, _ := job["id"].(string)
		if a.status(id)["status"] != "COMPLETED" {
			t.Error("not completed")
		}
		time.Sleep(time.Minute)
		a.call(404, "GET", "demo/status/"+id, "")
	})
}

func TestCancelPurgeRetry(t *testing.T) {
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Workers: 1}}}, func(a *api) {
		running, queued, purged := a.run(`{"mock_delay":60}`), a.run(`{}`), a.run(`{"a":1}`)
		if job := a.call(200, "POST", "demo/cancel/"+queued, ""); job["status"] != "CANCELLED" || job["delayTime"] != nil {
			t.Error(job)
		}
		if reply := a.call(200, "POST", "demo/purge-queue", ""); reply["removed"] != 1.0 || reply["status"] != "completed" {
			t.Error(reply)
		}
		a.call(404, "GET", "demo/status/"+purged, "")
		a.call(400, "POST", "demo/retry/"+running, "")
		if job := a.call(200, "POST", "demo/cancel/"+running, ""); job["workerId"] == nil || job["executionTime"] == nil {
			t.Error(job)
		}
		failing := a.run(`{"sim_fail_times":1,"mock_return":"ok"}`)
		if a.status(failing)["status"] != "FAILED" {
			t.Error("did not fail")
		}
		// Accepted and dispatched although the response is lost.
		a.Inject(simulator.Fault{Op: "retry", Kind: simulator.CutAfter})
		if _, _, err := a.try("POST", "demo/retry/"+failing, ""); err == nil {
			t.Error("the reply was not cut")
		}
		if job := a.status(failing); job["output"] != "ok" {
			t.Error(job)
		}
	})
}

func TestTTL(t *testing.T) {
	for _, timesOut := range []bool{false, true} {
		t.Run("", func(t *testing.T) {
			bubble(t, simulator.Options{Choices: simulator.Choices{TTLTimesOut: timesOut}}, func(a *api) {
				id, _ := a.call(200, "POST", "demo/run", `{"input":{"mock_delay":60},"policy":{"ttl":10000}}`)["id"].(string)
				odd, _ := a.call(200, "POST", "demo/run", `{"input":{"sim_end_state":"ODD"},"policy":{"ttl":10000}}`)["id"].(string)
				time.Sleep(11 * time.Second)
				if timesOut {
					if a.status(id)["status"] != "TIMED_OUT" {
						t.Error("not timed out")
					}
					return
				}
				a.call(404, "GET", "demo/status/"+id, "")
				a.call(404, "GET", "demo/status/"+odd, "")
			})
		})
	}
}

// TestTTL_status: the ttl of a reading bounds how long the result is kept from then on.
func TestTTL_status(t *testing.T) {
	bubble(t, simulator.Options{}, func(a *api) {
		id := a.run(`{"a":1}`)
		time.Sleep(time.Second)
		a.call(200, "GET", "demo/status/"+id+"?ttl=60000", "")
		time.Sleep(59 * time.Second)
		a.call(200, "GET", "demo/status/"+id, "")
		time.Sleep(2 * time.Second)
		a.call(404, "GET", "demo/status/"+id, "")
		a.call(400, "GET", "demo/status/"+id+"?ttl=soon", "")
	})
}

func TestAdvance_timerOrder(t *testing.T) {
	bubble(t, simulator.Options{}, func(a *api) {
		id := a.run(`{"mock_delay":5}`)
		a.Advance(10 * time.Second)
		if got := a.status(id)["executionTime"]; got != 5000.0 {
			t.Errorf("executionTime %v", got)
		}
	})
}

func TestStream_consumes(t *testing.T) {
	bubble(t, simulator.Options{}, func(a *api) {
		id := a.run(`{"sim_stream":["a","b"],"sim_stream_delay_ms":1000}`)
		var chunks []any
		for range 10 {
			page := a.call(200, "GET", "demo/stream/"+id, "")
			part, _ := page["stream"].([]any)
			chunks = append(chunks, part...)
			if page["status"] == "COMPLETED" && len(part) == 0 {
				break
			}
		}
		if len(chunks) != 2 {
			t.Errorf("got %v", chunks)
		}
	})
}

func TestHealth(t *testing.T) {
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Workers: 2, ColdStart: 10 * time.Second}}}, func(a *api) {
		a.run(`{"mock_delay":5}`)
		workers := func() map[string]any {
			w, _ := a.call(200, "GET", "demo/health", "")["workers"].(map[string]any)
			return w
		}
		if w := workers(); w["initializing"] != 1.0 || w["ready"] != 0.0 {
			t.Error(w)
		}
		time.Sleep(11 * time.Second)
		if w := workers(); w["running"] != 1.0 || w["idle"] != 1.0 || w["ready"] != 1.0 || len(w) != 6 {
			t.Error(w)
		}
	})
}

func TestFaults(t *testing.T) {
	for kind, check := range map[simulator.FaultKind]func(code int, reply map[string]any, err error) bool{
		simulator.CutBefore:       func(_ int, _ map[string]any, err error) bool { return err != nil },
		simulator.CutAfter:        func(_ int, _ map[string]any, err error) bool { return err != nil },
		simulator.CutBody:         func(_ int, _ map[string]any, err error) bool { return err != nil },
		simulator.TooManyRequests: func(code int, _ map[string]any, _ error) bool { return code == 429 },
		simulator.InternalError:   func(code int, _ map[string]any, _ error) bool { return code == 500 },
		simulator.Unavailable:     func(code int, _ map[string]any, _ error) bool { return code == 503 },
		simulator.BadGatewayHTML:  func(code int, _ map[string]any, _ error) bool { return code == 502 },
		simulator.Redirect:        func(code int, _ map[string]any, _ error) bool { return code == 302 },
		simulator.NotVisible:      func(code int, _ map[string]any, _ error) bool { return code == 404 },
		simulator.NoID:            func(code int, r map[string]any, _ error) bool { return code == 200 && r["id"] == nil },
		simulator.Truncated:       func(code int, r map[string]any, err error) bool { return code == 200 && err == nil && len(r) == 0 },
		simulator.EmptyBody:       func(code int, r map[string]any, _ error) bool { return code == 200 && len(r) == 0 },
		simulator.NotQueued: func(code int, r map[string]any, _ error) bool {
			return code == 200 && r["error"] == "could not queue job"
		},
		simulator.UnknownState: func(code int, r map[string]any, _ error) bool { return code == 200 && r["status"] == "ON_HOLD" },
	} {
		accepted := map[simulator.FaultKind]int{simulator.CutAfter: 1, simulator.CutBody: 1, simulator.NoID: 1, simulator.EmptyBody: 1, simulator.Truncated: 1, simulator.UnknownState: 1}[kind]
		t.Run(string(kind), func(t *testing.T) {
			bubble(t, simulator.Options{}, func(a *api) {
				a.Inject(simulator.Fault{Op: "run", Kind: kind, Skip: 1, Times: 1})
				a.run(`{"a":1}`)
				if code, reply, err := a.try("POST", "demo/run", `{"input":{"a":1}}`); !check(code, reply, err) {
					t.Errorf("HTTP %d, %v, %v", code, reply, err)
				}
				if got := len(a.Jobs("demo")) - 1; got != accepted {
					t.Errorf("%d accepted, want %d", got, accepted)
				}
				a.run(`{"a":1}`)
			})
		})
	}
}

// TestParseFault: a fault that could never have an effect is rejected.
func TestParseFault(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"op":"run","kind":"429","retry_after":"1","headers":{"RateLimit":"\"a\";r=0;t=5"}}`: "",
		`{"op":"workers","kinds":["500","truncated"],"every":2,"skip":1,"times":3}`:           "",
		`{"kind":"slow-after","delay_ns":1}`:                                                  "",
		`{"op":"GET","kind":"status","status":403}`:                                           "",
		`{"op":"batch-append","kind":"empty"}`:                                                "",
		`{"op":"run","kind":"nonsense"}`:                                                      `kind "nonsense" is unknown`,
		`{"op":"run"}`:                                                                        `kind "" is unknown`,
		`{"op":"walk","kind":"429"}`:                                                          `op "walk" is unknown`,
		`{"op":"run","kind":"429","retry-after":"1"}`:                                         "unknown field",
		`{"kind":"slow-before"}`:                                                              "needs delay_ns",
		`{"kinds":["429","status"]}`:                                                          "needs a status",
		`{"kind":`:                                                                            "unexpected",
	} {
		_, err := simulator.ParseFault([]byte(text))
		if (err == nil) != (want == "") || (err != nil && !strings.Contains(err.Error(), want)) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

func TestFaultHeaders(t *testing.T) {
	bubble(t, simulator.Options{}, func(a *api) {
		a.Inject(simulator.Fault{Op: "run", Kind: simulator.TooManyRequests, RetryAfter: "7", Headers: map[string]string{"RateLimit": `"a";r=0;t=5`}, Times: 1})
		req, _ := http.NewRequestWithContext(a.t.Context(), "POST", "http://sim/v2/demo/run", strings.NewReader(`{}`))
		req.Header.Set("Authorization", a.key)
		resp, err := simtest.RoundTripper(a.Server).RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode != 429 || resp.Header.Get("Retry-After") != "7" || resp.Header.Get("RateLimit") != `"a";r=0;t=5` {
			t.Errorf("%s %v", resp.Status, resp.Header)
		}
	})
}

func TestLimits(t *testing.T) {
	bubble(t, simulator.Options{EnforceLimits: true}, func(a *api) {
		a.call(200, "POST", "demo/purge-queue", "")
		a.call(200, "POST", "demo/purge-queue", "")
		a.call(429, "POST", "demo/purge-queue", "")
		time.Sleep(10 * time.Second)
		a.call(200, "POST", "demo/purge-queue", "")
	})
}
