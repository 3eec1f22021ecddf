package job_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

const (
	runAction    = "runpodserverless_job_run"
	cancelAction = "runpodserverless_job_cancel"
	retryAction  = "runpodserverless_job_retry"
)

func TestJobRunAction(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		config   acctest.Values
		progress []string // in order, each part of some message
		error    string
		warning  string
		runs     int
		cancels  int
	}{
		"completes": {
			acctest.Values{"input": acctest.Values{"sim_delay_ms": 100}}, []string{"IN_QUEUE after", "COMPLETED after"}, "", "", 1, 0,
		},
		"in mode sync": {
			acctest.Values{"input": acctest.Values{"mock_return": "x"}, "mode": "sync"}, []string{"COMPLETED after"}, "", "", 1, 0,
		},
		"streams": {
			acctest.Values{"input": acctest.Values{"sim_stream": []any{"one", acctest.Values{"n": 2}}, "sim_stream_delay_ms": 20}, "stream": true},
			[]string{`chunk "one"`, `chunk {"n":2}`, "COMPLETED after"}, "", "", 1, 0,
		},
		"fails": {
			acctest.Values{"input": acctest.Values{"sim_raise": "kaboom"}}, []string{"FAILED after"}, "kaboom", "", 1, 0,
		},
		"fails and continues": {
			acctest.Values{"input": acctest.Values{"sim_raise": "kaboom"}, "on_failure": "warn"}, []string{"FAILED after"}, "", "kaboom", 1, 0,
		},
		"retries": {
			acctest.Values{"input": acctest.Values{"sim_fail_times": 1}, "retry": acctest.Values{"max_attempts": 2, "min_backoff": "1ms", "max_backoff": "1ms"}},
			[]string{"ended as FAILED; run 2 starts", "COMPLETED after"}, "", "", 1, 0,
		},
		"times out": {
			acctest.Values{"input": acctest.Values{"sim_delay_ms": 60000}, "timeouts": acctest.Values{"invoke": "200ms"}},
			[]string{"CANCELLED after"}, "timeouts.invoke", "", 1, 1,
		},
		"is left running": {
			acctest.Values{"input": acctest.Values{"sim_delay_ms": 60000}, "timeouts": acctest.Values{"invoke": "200ms"}, "on_timeout": "detach"},
			nil, "", "runpodserverless_job_cancel", 1, 0,
		},
		"is not waited for": {
			acctest.Values{"input": acctest.Values{"sim_delay_ms": 60000}, "wait_for_completion": false}, []string{"not waiting"}, "", "", 1, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
			server.ValidateActionConfig(t.Context(), runAction, tc.config).RequireNone(t)
			server.PlanAction(t.Context(), runAction, tc.config).RequireNone(t)
			if n := len(sim.Journal()); n != 0 {
				t.Fatalf("a plan sent %d requests", n)
			}
			progress, diags := server.InvokeAction(t.Context(), runAction, tc.config)
			inOrder(t, progress, tc.progress)
			contains(t, "error", diags.Errors(), tc.error, simulator.DefaultEndpointID)
			contains(t, "warning", diags.Warnings(), tc.warning, simulator.DefaultEndpointID)
			requests(t, sim, "run", tc.runs-sim.Journal().Count("runsync"))
			requests(t, sim, "cancel", tc.cancels)
			if tc.config["stream"] == nil {
				requests(t, sim, "stream", 0)
			}
		})
	}
}

// inOrder asserts that the parts are in messages that follow one another, and
// that every message names job and endpoint.
func inOrder(t *testing.T, messages, parts []string) {
	t.Helper()
	i := 0
	for _, m := range messages {
		if !strings.HasPrefix(m, "Job ") || !strings.Contains(m, "on endpoint demo: ") {
			t.Errorf("a message without job or endpoint: %s", m)
		}
		if i < len(parts) && strings.Contains(m, parts[i]) {
			i++
		}
	}
	if i < len(parts) {
		t.Errorf("no %q in %q", parts[i], messages)
	}
}

// TestJobRunAction_brokenStream: the action reports lost chunks, and waits for the job
// nevertheless.
func TestJobRunAction_brokenStream(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		input acctest.Values
		last  string
		error string
	}{
		"completes": {acctest.Values{"sim_stream": []any{"one"}}, "COMPLETED after", ""},
		"fails":     {acctest.Values{"sim_stream": []any{"one"}, "sim_stream_error": "kaboom"}, "FAILED after", "kaboom"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			sim.Inject(simulator.Fault{Op: "stream", Kind: simulator.CutBody, Times: 1})
			server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
			progress, diags := server.InvokeAction(t.Context(), runAction, acctest.Values{"input": tc.input, "stream": true})
			inOrder(t, progress, []string{"the stream broke and some chunks may be lost", tc.last})
			contains(t, "error", diags.Errors(), tc.error, simulator.DefaultEndpointID)
			requests(t, sim, "run", 1)
			requests(t, sim, "stream", 1)
		})
	}
}

// TestJobRunAction_noStream: if the API serves no stream, the action waits for the job
// nevertheless.
func TestJobRunAction_noStream(t *testing.T) {
	t.Parallel()
	for name, fault := range map[string]simulator.Fault{
		"not found":       {Op: "stream", Kind: simulator.NotVisible},
		"page of a proxy": {Op: "stream", Kind: simulator.StatusReply, Status: 404, Body: "404 page not found"},
		"not allowed":     {Op: "stream", Kind: simulator.StatusReply, Status: 405, Body: "Method Not Allowed"},
		"gateway's page":  {Op: "stream", Kind: simulator.StatusReply, Status: 403, Body: "<html><title>Just a moment...</title></html>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			sim.Inject(fault)
			server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
			progress, diags := server.InvokeAction(t.Context(), runAction, acctest.Values{"input": acctest.Values{"sim_delay_ms": 10}, "stream": true})
			inOrder(t, progress, []string{"waiting for the job's end without it", "COMPLETED after"})
			diags.RequireNone(t)
			requests(t, sim, "run", 1)
		})
	}
}

func TestJobRunAction_interrupt(t *testing.T) {
	t.Parallel()
	for onInterrupt, tc := range map[string]struct {
		error   string
		cancels int
	}{
		"detach": {"the job keeps running", 0},
		"cancel": {"the job was cancelled", 1},
	} {
		t.Run(onInterrupt, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			_, diags := server.InvokeAction(ctx, runAction, acctest.Values{
				"input": acctest.Values{"sim_delay_ms": 60000}, "on_interrupt": onInterrupt,
			}, func(message string) {
				if strings.Contains(message, "IN_QUEUE") || strings.Contains(message, "IN_PROGRESS") {
					cancel()
				}
			})
			contains(t, "error", diags.Errors(), tc.error, sim.Jobs(simulator.DefaultEndpointID)[0].ID, simulator.DefaultEndpointID)
			requests(t, sim, "cancel", tc.cancels)
		})
	}
}

func TestJobRunAction_refused(t *testing.T) {
	t.Parallel()
	server := acctest.NewUnconfiguredProtocolServer(t)
	for name, tc := range map[string]struct {
		config acctest.Values
		error  string
	}{
		"no object":       {acctest.Values{"input": "x"}, "must be an object"},
		"stream and sync": {acctest.Values{"input": acctest.Values{"a": 1}, "stream": true, "mode": "sync"}, "has ended before its chunks"},
		"stream, no wait": {acctest.Values{"input": acctest.Values{"a": 1}, "stream": true, "wait_for_completion": false}, "while it is waited for"},
		"empty":           {acctest.Values{"input": acctest.Values{}}, "Empty input"},
		"short ttl":       {acctest.Values{"input": acctest.Values{"a": 1}, "policy": acctest.Values{"ttl": "1s"}}, "10s"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contains(t, "error", server.ValidateActionConfig(t.Context(), runAction, tc.config).Errors(), tc.error)
		})
	}
}

// TestJobRunAction_refusedAtPlan: values of variables are known at plan, not during
// validation.
func TestJobRunAction_refusedAtPlan(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim)
	for name, tc := range map[string]struct {
		config acctest.Values
		error  string
	}{
		"no input":    {acctest.Values{"input": nil, "endpoint_id": "demo"}, "Missing input"},
		"empty input": {acctest.Values{"input": acctest.Values{}, "endpoint_id": "demo"}, "Empty input"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			contains(t, "error", server.PlanAction(t.Context(), runAction, tc.config).Errors(), tc.error)
		})
	}
	if n := len(sim.Journal()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestActions_noEndpoint: the plan of an action says that it has no endpoint.
func TestActions_noEndpoint(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim)
	cases := map[string]acctest.Values{
		runAction:                      {"input": acctest.Values{"a": 1}},
		cancelAction:                   {"id": "job-1"},
		retryAction:                    {"id": "job-1"},
		"runpodserverless_queue_purge": {},
	}
	acctest.RequireCases(t, "TestActions_noEndpoint", server.Schema().ActionSchemas, cases, nil)
	for name, config := range cases {
		contains(t, "error of "+name, server.PlanAction(t.Context(), name, config).Errors(), "Missing endpoint")
	}
	if n := len(sim.Journal()); n != 0 {
		t.Errorf("%d requests", n)
	}
}

// TestActions_refused: the value of a variable is validated when the action is
// planned, and what is known only when it is invoked is validated then, before
// anything is sent.
func TestActions_refused(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		typeName string
		config   acctest.Values
		error    string
	}{
		"mode":             {runAction, acctest.Values{"input": acctest.Values{"a": 1}, "mode": "bogus"}, "bogus"},
		"ttl":              {runAction, acctest.Values{"input": acctest.Values{"a": 1}, "policy": acctest.Values{"ttl": "1s"}}, "10s"},
		"timeout":          {runAction, acctest.Values{"input": acctest.Values{"a": 1}, "timeouts": acctest.Values{"invoke": "-5s"}}, "-5s"},
		"conflict":         {runAction, acctest.Values{"input": acctest.Values{"a": 1}, "stream": true, "mode": "sync"}, "has ended before its chunks"},
		"no input":         {runAction, acctest.Values{"input": nil}, "Missing input"},
		"no endpoint":      {runAction, acctest.Values{"input": acctest.Values{"a": 1}}, "Missing endpoint"},
		"no unit":          {runAction, acctest.Values{"input": acctest.Values{"a": 1}, "timeouts": acctest.Values{"invoke": "5"}}, `write "5s"`},
		"negative retry":   {runAction, acctest.Values{"input": acctest.Values{"a": 1}, "retry": acctest.Values{"max_attempts": -1}}, "max_attempts"},
		"retry of what":    {runAction, acctest.Values{"input": acctest.Values{"a": 1}, "retry": acctest.Values{"max_attempts": 2, "on": []any{"CANCELLED"}}}, "CANCELLED"},
		"no expression":    {runAction, acctest.Values{"input": acctest.Values{"a": 1}, "retry": acctest.Values{"max_attempts": 2, "error_matches": []any{"("}}}, "error_matches"},
		"negative backoff": {runAction, acctest.Values{"input": acctest.Values{"a": 1}, "retry": acctest.Values{"max_attempts": 2, "min_backoff": "-1s"}}, "-1s"},
		"hold":             {runAction, acctest.Values{"input": acctest.Values{"a": 1}, "mode": "sync", "sync_wait": "6m"}, "6m"},
		"queue timeout":    {runAction, acctest.Values{"input": acctest.Values{"a": 1}, "queue_timeout": "0s"}, "0s"},
		"on_interrupt":     {runAction, acctest.Values{"input": acctest.Values{"a": 1}, "on_interrupt": "stop"}, "stop"},
		"webhook":          {runAction, acctest.Values{"input": acctest.Values{"a": 1}, "webhook": "ftp://example.com"}, "Invalid URL"},
		"endpoint of run":  {runAction, acctest.Values{"input": acctest.Values{"a": 1}, "endpoint_id": "demo/../other"}, "demo/../other"},
		"no JMESPath":      {runAction, acctest.Values{"input": acctest.Values{"a": 1}, "output_files": acctest.Values{"out.json": acctest.Values{"select": "a["}}}, "select of out.json"},
		"no encoding":      {runAction, acctest.Values{"input": acctest.Values{"a": 1}, "output_files": acctest.Values{"out.json": acctest.Values{"encoding": "rot13"}}}, "rot13"},
		"empty id":         {cancelAction, acctest.Values{"id": ""}, "id"},
		"id":               {cancelAction, acctest.Values{"id": "../purge-queue"}, "../purge-queue"},
		"timeout of retry": {retryAction, acctest.Values{"id": "job-1", "timeouts": acctest.Values{"invoke": "0s"}}, "0s"},
		"choice of retry":  {retryAction, acctest.Values{"id": "job-1", "on_failure": "ignore"}, "ignore"},
		"endpoint":         {"runpodserverless_queue_purge", acctest.Values{"endpoint_id": "a/b"}, "a/b"},
	}
	actions := make(map[string]bool)
	for _, tc := range cases {
		actions[tc.typeName] = true
	}
	acctest.RequireCases(t, "TestActions_refused", acctest.NewUnconfiguredProtocolServer(t).Schema().ActionSchemas, actions, nil)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			var provider acctest.Values
			if name != "no endpoint" {
				provider = acctest.Values{"endpoint_id": simulator.DefaultEndpointID}
			}
			server := acctest.NewProtocolServer(t, sim, provider)
			contains(t, "error of the plan", server.PlanAction(t.Context(), tc.typeName, tc.config).Errors(), tc.error)
			progress, diags := server.InvokeAction(t.Context(), tc.typeName, tc.config)
			contains(t, "error", diags.Errors(), tc.error)
			if len(progress) > 0 || len(sim.Journal()) > 0 {
				t.Errorf("messages %q, %d requests", progress, len(sim.Journal()))
			}
		})
	}
}

func TestJobCancelAction(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	live := submit(t, sim, `{"sim_delay_ms":60000}`)
	progress, diags := server.InvokeAction(t.Context(), cancelAction, acctest.Values{"id": live})
	diags.RequireNone(t)
	if len(progress) != 1 || !strings.Contains(progress[0], live) || !strings.Contains(progress[0], "CANCELLED") {
		t.Errorf("got %q", progress)
	}
	ended := submit(t, sim, `{"mock_return":1}`)
	if _, diags := server.ReadDataSource(t.Context(), "runpodserverless_job", acctest.Values{"id": ended, "wait_for_completion": true}); diags.HasError() {
		t.Fatal(diags)
	}
	progress, diags = server.InvokeAction(t.Context(), cancelAction, acctest.Values{"id": ended})
	diags.RequireNone(t)
	if len(progress) != 1 || !strings.Contains(progress[0], ended) || !strings.Contains(progress[0], "COMPLETED") {
		t.Errorf("of a job that had ended: %q", progress)
	}
	_, diags = server.InvokeAction(t.Context(), cancelAction, acctest.Values{"id": live, "endpoint_id": "elsewhere"})
	contains(t, "error", diags.Errors(), "check endpoint_id", live)
}

// TestJobCancelAction_notFound: cancelling a job that the API does not know is an
// error; one that becomes visible meanwhile is cancelled.
func TestJobCancelAction_notFound(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		sim := simulator.New(simulator.Options{})
		defer sim.Close()
		server := acctest.NewBubbleServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
		progress, diags := server.InvokeAction(t.Context(), cancelAction, acctest.Values{"id": "a-typo"})
		contains(t, "error", diags.Errors(), "Job to cancel was not found", "nothing was cancelled", "a-typo", "demo")
		if len(progress) > 0 {
			t.Errorf("got %q", progress)
		}
		client, err := runpod.New(runpod.Options{BaseURL: "https://simulator.example.com/v2", APIKey: simulator.DefaultAPIKey, Transport: simtest.RoundTripper(sim)})
		if err != nil {
			t.Fatal(err)
		}
		job, err := client.Run(t.Context(), simulator.DefaultEndpointID, runpod.JobRequest{Input: []byte(`{"mock_delay":3600}`)})
		if err != nil {
			t.Fatal(err)
		}
		sim.Inject(simulator.Fault{Op: "cancel", Kind: simulator.NotVisible, Times: 2})
		_, diags = server.InvokeAction(t.Context(), cancelAction, acctest.Values{"id": job.ID})
		diags.RequireNone(t)
		if got := sim.Jobs(simulator.DefaultEndpointID)[0].Status; got != "CANCELLED" {
			t.Errorf("the job is %s", got)
		}
	})
}

func TestJobRetryAction(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	id := submit(t, sim, `{"sim_fail_times":1,"mock_return":"x"}`)
	_, diags := server.ReadDataSource(t.Context(), jobType, acctest.Values{"id": id, "wait_for_completion": true, "on_failure": "warn"})
	diags.RequireNoError(t)
	progress, diags := server.InvokeAction(t.Context(), retryAction, acctest.Values{"id": id})
	diags.RequireNone(t)
	inOrder(t, progress, []string{"put back into the queue", "COMPLETED after"})
	_, diags = server.InvokeAction(t.Context(), retryAction, acctest.Values{"id": id})
	contains(t, "error", diags.Errors(), "Only a job that ended as FAILED or TIMED_OUT", id)
	requests(t, sim, "retry", 2)
	requests(t, sim, "run", 1)
}

// TestJobRetryAction_ends: every end of a retry is reported with the job's id, and the
// job is retried once.
func TestJobRetryAction_ends(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		input    string
		config   acctest.Values
		fault    *simulator.Fault
		progress []string
		error    string
		warning  string
	}{
		"fails again":    {`{"sim_raise":"kaboom"}`, acctest.Values{}, nil, []string{"put back", "FAILED after"}, "kaboom", ""},
		"and continues":  {`{"sim_raise":"kaboom"}`, acctest.Values{"on_failure": "warn"}, nil, []string{"put back", "FAILED after"}, "", "kaboom"},
		"not waited for": {`{"sim_raise":"kaboom"}`, acctest.Values{"wait_for_completion": false}, nil, []string{"put back"}, "", ""},
		"takes too long": {
			`{"sim_fail_times":1,"mock_delay":60}`, acctest.Values{"timeouts": acctest.Values{"invoke": "10ms"}}, nil,
			[]string{"put back"}, "Job is still running", "",
		},
		"outcome unknown": {
			`{"sim_raise":"kaboom"}`, acctest.Values{}, &simulator.Fault{Op: "retry", Kind: simulator.CutAfter}, nil, "may have been put back into the queue", "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
			id := submit(t, sim, tc.input)
			sim.Advance(2 * time.Minute) // its first run ends
			if tc.fault != nil {
				sim.Inject(*tc.fault)
			}
			tc.config["id"] = id
			progress, diags := server.InvokeAction(t.Context(), retryAction, tc.config)
			inOrder(t, progress, tc.progress)
			contains(t, "error", diags.Errors(), tc.error, id, simulator.DefaultEndpointID)
			contains(t, "warning", diags.Warnings(), tc.warning, id, simulator.DefaultEndpointID)
			requests(t, sim, "retry", 1)
			requests(t, sim, "cancel", 0)
		})
	}
}

// TestJobActions_brokenAPI: the errors of a cancel that fails name the job, and
// that it may still run; those of a refused key say so.
func TestJobActions_brokenAPI(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	sim.Inject(simulator.Fault{Kind: simulator.StatusReply, Status: 403, Body: `{"detail":"forbidden"}`})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	for name, part := range map[string]string{cancelAction: "may still run, and cost", retryAction: "check the API key"} {
		_, diags := server.InvokeAction(t.Context(), name, acctest.Values{"id": "job-1"})
		contains(t, "error", diags.Errors(), part, "Endpoint: demo", "Job: job-1", "403", "forbidden")
	}
	_, diags := server.InvokeAction(t.Context(), runAction, acctest.Values{"input": acctest.Values{"a": 1}})
	contains(t, "error", diags.Errors(), "Unable to submit the job", "Endpoint: demo", "403", "forbidden")
}
