package job_test

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// TestJobResource_endings: what the attributes hold for each way in which a job
// ends, from the reply on the wire to the state.
func TestJobResource_endings(t *testing.T) {
	t.Parallel()
	type values = acctest.Values
	for name, tc := range map[string]struct {
		input    values
		status   string
		output   any
		error    values // those attributes that are not null
		retries  int    // requests to /retry
		warnings string
	}{
		"completed":                {input: values{"mock_return": values{"n": json.Number("9007199254740993")}}, status: "COMPLETED", output: values{"n": int64(9007199254740993)}},
		"completed without output": {input: values{"sim_no_output": true}, status: "COMPLETED"},
		"an empty object":          {input: values{"mock_return": values{}}, status: "COMPLETED"},
		"the handler returned an error": {
			input: values{"mock_return": values{"error": "no such model"}}, status: "FAILED",
			error: values{"message": "no such model", "raw": "no such model"},
		},
		"... and more beside it, which is kept": {
			input: values{"mock_return": values{"error": "half done", "pages": 3}}, status: "FAILED", output: values{"pages": int64(3)},
			error: values{"message": "half done", "raw": "half done"},
		},
		"... as an object": {
			input: values{"sim_error": values{"type": "OutOfMemory", "message": "24 GB"}}, status: "FAILED",
			error: values{"type": "OutOfMemory", "message": "24 GB", "raw": `{"message":"24 GB","type":"OutOfMemory"}`},
		},
		"... as a list":   {input: values{"sim_error": []any{1, "a"}}, status: "FAILED", error: values{"message": `[1,"a"]`, "raw": `[1,"a"]`}},
		"... as a number": {input: values{"sim_error": 42}, status: "FAILED", error: values{"message": "42", "raw": "42"}},
		"the handler raised": {
			input: values{"sim_raise": "kaboom"}, status: "FAILED",
			error: values{"type": "ValueError", "message": "kaboom", "traceback": "ValueError: kaboom", "raw": `"error_type":"\u003cclass 'ValueError'\u003e"`},
		},
		"the generator raised": {
			input: values{"sim_stream": []any{1}, "sim_stream_error": "out of tokens"}, status: "FAILED",
			error: values{"message": "out of tokens", "traceback": "handler.py", "raw": "handler: out of tokens"},
		},
		"the generator yielded an error": {
			input: values{"sim_yield_error": "CUDA error"}, status: "FAILED",
			error: values{"type": "worker_error", "message": "CUDA error", "raw": "{'message': 'CUDA error'"},
		},
		"the platform lost it": {
			input: values{"mock_crash": true, "mock_delay": 1}, status: "FAILED",
			error: values{"message": "job timed out after 1 retries", "raw": "job timed out after 1 retries"},
		},
		"it ran too long": {
			input: values{"mock_delay": 3600}, status: "FAILED",
			error: values{"message": "executionTimeout exceeded", "raw": "executionTimeout exceeded"},
		},
		"it timed out":              {input: values{"sim_end_state": "TIMED_OUT"}, status: "TIMED_OUT", output: "Hello World!"},
		"RUNNING is no end":         {input: values{"sim_running_state": "RUNNING", "mock_delay": 90}, status: "COMPLETED", output: "Hello World!"},
		"nor is an unknown state":   {input: values{"sim_running_state": "WARMING_UP", "mock_delay": 90}, status: "COMPLETED", output: "Hello World!"},
		"progress is no output":     {input: values{"mock_progress": values{"updates": []any{"10 %", "90 %"}, "wait_time": 60}, "sim_no_output": true}, status: "COMPLETED"},
		"dispatched a second time":  {input: values{"sim_redispatch": true, "mock_delay": 5}, status: "COMPLETED", output: "Hello World!"},
		"an output that holds null": {input: values{"mock_return": values{"a": nil}}, status: "COMPLETED", output: values{"a": nil}},
		"an error that is no error": {input: values{"sim_error": ""}, status: "FAILED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorkspace(t, simulator.Options{}, nil, values{"input": tc.input, "on_failure": "warn"}, func(w *workspace) {
				r := w.apply(w.t.Context())
				if w.text("status") != tc.status || w.tainted || r.diags.HasError() {
					t.Errorf("status %s, tainted %v: %s", w.text("status"), w.tainted, r.diags)
				}
				if want := "warning: Job ended as " + tc.status; tc.status != "COMPLETED" && w.only(r) != want {
					t.Errorf("got %q, want %q", w.only(r), want)
				}
				if got, want := asJSON(t, w.value("output")), asJSON(t, tc.output); got != want {
					t.Errorf("output: got %s, want %s", got, want)
				}
				failure, _ := w.value("error").(values)
				for _, attribute := range []string{"type", "message", "traceback", "raw"} {
					got, _ := failure[attribute].(string)
					want, isSet := tc.error[attribute].(string)
					if (failure[attribute] != nil) != isSet || !strings.Contains(got, want) {
						t.Errorf("error.%s: got %#v, want %q", attribute, failure[attribute], want)
					}
				}
				if w.submissions() != 1 {
					t.Errorf("%d submissions", w.submissions())
				}
				time.Sleep(31 * time.Minute) // until then it could have been retried
				w.settled()
			})
		})
	}
}

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestJobResource_redispatch: the times are those of the last dispatch, and the time
// in the queue may start again.
func TestJobResource_redispatch(t *testing.T) {
	t.Parallel()
	config := acctest.Values{"input": acctest.Values{"sim_redispatch": true, "mock_delay": 5}}
	inWorkspace(t, simulator.Options{}, nil, config, func(w *workspace) {
		w.apply(w.t.Context())
		if w.value("attempts") != int64(1) || w.value("execution_time_ms") != int64(5000) || w.value("delay_time_ms") != int64(60000) {
			t.Errorf("attempts %v, execution %v, delay %v", w.value("attempts"), w.value("execution_time_ms"), w.value("delay_time_ms"))
		}
	})
}

// stops are the ways in which an apply ends before its job does.
var stops = map[string]struct {
	change acctest.Values
	stop   func(w *workspace) context.Context
	title  string
}{
	"interrupt": {nil, func(w *workspace) context.Context {
		ctx, interrupt := context.WithCancel(w.t.Context())
		time.AfterFunc(time.Minute, interrupt)
		return ctx
	}, "warning: Interrupted; the job keeps running"},
	"stop of the provider": {nil, func(w *workspace) context.Context {
		time.AfterFunc(time.Minute, func() { w.cli.Stop(context.WithoutCancel(w.t.Context())) })
		return w.t.Context()
	}, "warning: Interrupted; the job keeps running"},
	"timeout": {
		acctest.Values{"on_timeout": "detach", "timeouts": acctest.Values{"create": "1m"}},
		func(w *workspace) context.Context { return w.t.Context() }, "warning: Job is still running",
	},
}

// TestJobResource_resume: an apply that ends before its job leaves the id in the
// state, untainted, and no later apply submits anything.
func TestJobResource_resume(t *testing.T) {
	t.Parallel()
	for name, tc := range stops {
		for next, check := range map[string]func(t *testing.T, w *workspace){
			"resumes": func(t *testing.T, w *workspace) {
				w.refreshed()
				action, plan := w.plan(w.t.Context())
				if text := plan.Diagnostics.String(); action != actionUpdate || !strings.Contains(text, "Resumes waiting for a job") || !strings.Contains(text, w.text("id")) {
					t.Errorf("plan: %s\n%s", action, text)
				}
				if plan.Planned["id"] != w.text("id") || plan.Planned["output"] != acctest.Unknown || plan.Planned["status"] != acctest.Unknown {
					t.Errorf("planned: %v", plan.Planned)
				}
				if r := w.apply(w.t.Context()); r.action != actionUpdate || w.only(r) != "" {
					t.Errorf("%s: %s", r.action, r.diags)
				}
			},
			"ended meanwhile": func(t *testing.T, w *workspace) {
				time.Sleep(time.Hour / 4)
				if r := w.refreshed(); len(r.diags) > 0 {
					t.Errorf("%s", r.diags)
				}
				// Also what is planned from this state without another refresh.
				if action, plan := w.plan(w.t.Context()); action != actionNone || len(plan.Diagnostics) > 0 {
					t.Errorf("plan: %s\n%s", action, plan.Diagnostics)
				}
			},
			"ended meanwhile, not refreshed": func(t *testing.T, w *workspace) {
				time.Sleep(time.Hour / 4)
				action, plan := w.plan(w.t.Context())
				started := time.Now()
				state, diags := w.cli.ApplyResource(w.t.Context(), plan)
				w.state = state
				if action != actionUpdate || len(diags) > 0 || time.Since(started) > time.Second {
					t.Errorf("%s in %s: %s", action, time.Since(started), diags)
				}
			},
		} {
			t.Run(name+"/"+next, func(t *testing.T) {
				t.Parallel()
				inWorkspace(t, simulator.Options{}, nil, jobLasting(10*time.Minute, tc.change), func(w *workspace) {
					started := time.Now()
					r := w.apply(tc.stop(w))
					if r.action != actionCreate || w.only(r) != tc.title || w.tainted || w.text("id") == "" || w.text("status") == "COMPLETED" {
						t.Fatalf("%s, tainted %v, %s: %s", r.action, w.tainted, w.text("status"), r.diags)
					}
					if took := time.Since(started); took > time.Minute+time.Second {
						t.Errorf("ended after %s", took)
					}
					id := w.text("id")
					w.cli = w.cli.Restart()
					check(t, w)
					if w.text("status") != "COMPLETED" || w.value("output") != "done" || w.text("id") != id || w.submissions() != 1 {
						t.Errorf("status %s, output %v, %d submissions", w.text("status"), w.value("output"), w.submissions())
					}
					w.settled()
				})
			})
		}
	}
}

// TestJobResource_replacedWhileLive: the plan to replace a live job does not announce
// that the wait resumes, and the job is cancelled.
func TestJobResource_replacedWhileLive(t *testing.T) {
	t.Parallel()
	inWorkspace(t, simulator.Options{}, nil, jobLasting(time.Hour), func(w *workspace) {
		detached(w)
		w.config["triggers"] = acctest.Values{"again": "1"}
		w.config["input"] = acctest.Values{"mock_return": "another"}
		r := w.apply(w.t.Context())
		if r.action != actionReplace || len(r.diags) > 0 || w.value("output") != "another" {
			t.Errorf("%s, %v: %s", r.action, w.value("output"), r.diags)
		}
		if w.submissions() != 2 || w.Journal().Count("cancel") != 1 {
			t.Errorf("%d submissions, %d cancels", w.submissions(), w.Journal().Count("cancel"))
		}
	})
}

// TestJobResource_secretInputOnly: a job whose whole input is write-only resumes
// like any other.
func TestJobResource_secretInputOnly(t *testing.T) {
	t.Parallel()
	config := acctest.Values{"input_wo": acctest.Values{"mock_return": "done", "mock_delay": 300}, "input_wo_version": 1}
	inWorkspace(t, simulator.Options{}, nil, config, func(w *workspace) {
		detached(w)
		w.config["input_wo"] = acctest.Values{"mock_return": "changed, without a new version"}
		if r := w.apply(w.t.Context()); r.action != actionNone || w.only(r) != "" || w.submissions() != 1 {
			t.Errorf("%s, %d submissions: %s", r.action, w.submissions(), r.diags)
		}
		w.config["input_wo_version"] = 2
		if r := w.apply(w.t.Context()); r.action != actionReplace || w.submissions() != 2 {
			t.Errorf("%s, %d submissions: %s", r.action, w.submissions(), r.diags)
		}
		if text := asJSON(t, w.state.Values); strings.Contains(text, "changed, without") && w.value("input_wo") != nil {
			t.Errorf("the secret is in the state: %s", text)
		}
	})
}
