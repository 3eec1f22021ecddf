package acctest_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// pages are responses that do not come from the API.
var pages = map[string]simulator.Fault{
	"403 page":    {Kind: simulator.StatusReply, Status: 403, Body: "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"},
	"401 page":    {Kind: simulator.StatusReply, Status: 401, Body: "<html><head><title>Sign in</title></head></html>"},
	"400 text":    {Kind: simulator.StatusReply, Status: 400, Body: "error code: 1010"},
	"404 page":    {Kind: simulator.StatusReply, Status: 404, Body: "<html><head><title>404 Not Found</title></head></html>"},
	"402 nothing": {Kind: simulator.StatusReply, Status: 402},
	"425 text":    {Kind: simulator.StatusReply, Status: 425, Body: "Too Early"},
	"405 page":    {Kind: simulator.StatusReply, Status: 405, Body: "<html><head><title>405 Not Allowed</title></head></html>"},
	"a redirect":  {Kind: simulator.Redirect},
}

// wirePhase is a part of what a type does over HTTP.
type wirePhase struct {
	op string // the operation that the fault hits
	// begin prepares the phase, before any fault.
	begin func(t *testing.T, s stage) *acctest.ResourceState
	act   func(t *testing.T, s stage, state *acctest.ResourceState) (left *acctest.ResourceState, diags acctest.Diagnostics)
	// The title of the first diagnostic, "" for none: once after a single page; misled,
	// if it differs, after a single redirect, 404 or 405, which mean a wrong address
	// and are not retried outside of a wait; always if every response is such a page.
	once, misled, always string
	skip                 int  // requests of op that pass first
	keeps                bool // the id stays in the state in any case
	sent                 int  // maximum number of requests of op if every response is a page; 0 for any number
}

func nothing(*testing.T, stage) *acctest.ResourceState { return nil }

// creating returns a function that creates a resource of a type.
func creating(typeName string, config acctest.Values) func(*testing.T, stage, *acctest.ResourceState) (*acctest.ResourceState, acctest.Diagnostics) {
	return func(t *testing.T, s stage, _ *acctest.ResourceState) (*acctest.ResourceState, acctest.Diagnostics) {
		return s.p.CreateResource(t.Context(), typeName, config)
	}
}

func refreshOf(typeName string) func(*testing.T, stage, *acctest.ResourceState) (*acctest.ResourceState, acctest.Diagnostics) {
	return func(t *testing.T, s stage, state *acctest.ResourceState) (*acctest.ResourceState, acctest.Diagnostics) {
		return s.p.ReadResource(t.Context(), typeName, state)
	}
}

func removing(typeName string) func(*testing.T, stage, *acctest.ResourceState) (*acctest.ResourceState, acctest.Diagnostics) {
	return func(t *testing.T, s stage, state *acctest.ResourceState) (*acctest.ResourceState, acctest.Diagnostics) {
		return s.p.DestroyResource(t.Context(), typeName, state)
	}
}

func readingOf(typeName string, config acctest.Values) func(*testing.T, stage, *acctest.ResourceState) (*acctest.ResourceState, acctest.Diagnostics) {
	return func(t *testing.T, s stage, state *acctest.ResourceState) (*acctest.ResourceState, acctest.Diagnostics) {
		return nil, s.read(t, typeName, aboutJob(config, state))
	}
}

func invoking(typeName string, config acctest.Values) func(*testing.T, stage, *acctest.ResourceState) (*acctest.ResourceState, acctest.Diagnostics) {
	return func(t *testing.T, s stage, state *acctest.ResourceState) (*acctest.ResourceState, acctest.Diagnostics) {
		return nil, s.invoke(t, typeName, aboutJob(config, state))
	}
}

// aboutJob adds the id of a job to a configuration.
func aboutJob(config acctest.Values, state *acctest.ResourceState) acctest.Values {
	about := acctest.Values{}
	for name, value := range config {
		about[name] = value
	}
	if state != nil {
		about["id"] = state.Values["id"]
	}
	return about
}

// storedOf returns a function that creates a resource and waits ten minutes.
func storedOf(typeName string, config acctest.Values) func(*testing.T, stage) *acctest.ResourceState {
	return func(t *testing.T, s stage) *acctest.ResourceState {
		t.Helper()
		state, diags := s.p.CreateResource(t.Context(), typeName, config)
		diags.RequireNoError(t)
		time.Sleep(10 * time.Minute)
		return state
	}
}

var (
	minute    = acctest.Values{"mock_return": "done", "sim_delay_ms": 60_000}
	quickSet  = acctest.Values{"inputs": acctest.Values{"a": minute, "b": minute}, "timeouts": acctest.Values{"create": "1h"}}
	slowSet   = acctest.Values{"inputs": acctest.Values{"a": endless, "b": endless}, "on_timeout": "detach", "timeouts": acctest.Values{"create": "1s"}}
	oneBatch  = acctest.Values{"requests": []any{minute, minute, minute}, "timeouts": acctest.Values{"create": "1h"}}
	slowBatch = acctest.Values{"requests": []any{endless, endless}, "wait_for_completion": false}
	unwaited  = acctest.Values{"input": endless, "wait_for_completion": false}
	lasting   = acctest.Values{"input": acctest.Values{"sim_delay_ms": 3_600_000}, "policy": acctest.Values{"execution_timeout": "2h"}, "wait_for_completion": false}
	ended     = acctest.Values{"input": quick}
	ranOnce   = acctest.Values{"input": acctest.Values{"sim_fail_times": 1}, "on_failure": "warn"}
)

var wirePhases = map[string]wirePhase{
	"set, submission": {op: "run", act: creating(setType, quickSet), once: unsubmitted, always: unsubmitted, sent: 2},
	"set, wait":       {op: "GET", act: creating(setType, quickSet), always: "Jobs timed out and were cancelled", keeps: true},
	"set, refresh":    {op: "status", begin: storedOf(setType, slowSet), act: refreshOf(setType), misled: "Jobs could not be read", always: "Jobs could not be read", keeps: true},
	"set, destroy":    {op: "cancel", begin: storedOf(setType, slowSet), act: removing(setType), misled: "Unable to cancel the jobs", always: "Unable to cancel the jobs"},

	"batch, creation": {op: "batch-create", act: creating(batchType, oneBatch), once: "Unable to create the batch", always: "Unable to create the batch", sent: 1},
	"batch, filling":  {op: "batch-append", act: creating(batchType, oneBatch), keeps: true, once: unfinished, always: unfinished, sent: 1},
	"batch, finalize": {op: "batch-finalize", act: creating(batchType, oneBatch), keeps: true, misled: unfinished, always: unfinished},
	"batch, draft":    {op: "batch-get", act: creating(batchType, oneBatch), keeps: true, misled: unfinished, always: unfinished},
	"batch, wait":     {op: "batch-get", skip: 3, act: creating(batchType, oneBatch), keeps: true, always: "Batch timed out and could not be cancelled"},
	"batch, requests": {op: "batch-requests", act: creating(batchType, oneBatch), keeps: true, misled: unfinished, always: unfinished},
	"batch, results":  {op: "batch-requests", skip: 3, act: creating(batchType, oneBatch), keeps: true, misled: unreadResults, always: unreadResults},
	"batch, refresh":  {op: "batch-get", begin: storedOf(batchType, slowBatch), act: refreshOf(batchType), misled: "Batch could not be read", always: "Batch could not be read", keeps: true},
	"batch, destroy":  {op: "batch-cancel", begin: storedOf(batchType, slowBatch), act: removing(batchType), misled: "Unable to cancel the batch", always: "Unable to cancel the batch"},
	"batches, query":  {op: "batch-list", begin: storedOf(batchType, slowBatch), act: querying, misled: "Unable to list the batches", always: "Unable to list the batches"},

	"stream":           {op: "stream", begin: storedOf(jobType, ended), act: readingOf("runpodserverless_job_stream", acctest.Values{"timeouts": acctest.Values{"read": "5m"}}), misled: "Unable to read the stream", always: "Unable to read the stream"},
	"job, data source": {op: "status", begin: storedOf(jobType, ended), act: readingOf(jobType, nil), misled: "Unable to read the job", always: "Unable to read the job"},
	"job, data, wait":  {op: "GET", skip: 1, begin: storedOf(jobType, lasting), act: readingOf(jobType, acctest.Values{"wait_for_completion": true, "timeouts": acctest.Values{"read": "2h"}}), always: "Job is still running"},
	"health":           {op: "health", act: readingOf(healthType, nil), misled: unreadHealth, always: unreadHealth},
	"gate":             {op: "health", act: readingOf(healthType, acctest.Values{"wait_until": acctest.Values{"jobs_failed_max": 0}, "timeouts": acctest.Values{"read": "5m"}}), always: unreadHealth},
	"workers":          {op: "workers", act: readingOf("runpodserverless_endpoint_workers", nil), misled: unreadWorkers, always: unreadWorkers},

	"purge":           {op: "purge-queue", act: creating(purgeType, acctest.Values{}), once: unpurged, always: unpurged, sent: 1},
	"purge, action":   {op: "purge-queue", act: invoking("runpodserverless_queue_purge", nil), once: unpurged, always: unpurged, sent: 1},
	"run, submission": {op: "run", act: invoking("runpodserverless_job_run", acctest.Values{"input": minute}), once: "Unable to submit the job", always: "Unable to submit the job", sent: 1},
	"run, wait":       {op: "GET", act: invoking("runpodserverless_job_run", acctest.Values{"input": minute, "timeouts": acctest.Values{"invoke": "1h"}}), always: "Job timed out"},
	"cancel, action":  {op: "cancel", begin: storedOf(jobType, unwaited), act: invoking("runpodserverless_job_cancel", nil), misled: "Unable to cancel the job", always: "Unable to cancel the job"},
	"retry, action":   {op: "retry", begin: storedOf(jobType, ranOnce), act: invoking("runpodserverless_job_retry", nil), once: "Unable to retry the job", always: "Unable to retry the job", sent: 1},
	"retry, wait":     {op: "GET", begin: storedOf(jobType, ranOnce), act: invoking("runpodserverless_job_retry", acctest.Values{"timeouts": acctest.Values{"invoke": "1h"}}), always: "Job is still running"},
	"ephemeral":       {op: "run", act: opening(minute), once: "Unable to submit the job", always: "Unable to submit the job", sent: 1},
	"ephemeral, wait": {op: "GET", act: opening(minute), always: "Job timed out"},
}

const (
	unsubmitted   = "Unable to submit every job"
	unfinished    = "Batch is not finished, because the API does not answer"
	unreadResults = "Unable to read the results of the batch"
	unreadHealth  = "Unable to read the endpoint's health"
	unreadWorkers = "Unable to read the endpoint's workers"
	unpurged      = "Unable to purge the queue"
)

func opening(input acctest.Values) func(*testing.T, stage, *acctest.ResourceState) (*acctest.ResourceState, acctest.Diagnostics) {
	return func(t *testing.T, s stage, _ *acctest.ResourceState) (*acctest.ResourceState, acctest.Diagnostics) {
		_, private, diags := s.p.OpenEphemeral(t.Context(), jobType, acctest.Values{"input": input, "run": true, "timeouts": acctest.Values{"open": "1h"}})
		if private != nil {
			s.p.CloseEphemeral(t.Context(), jobType, private)
		}
		return nil, diags
	}
}

func querying(t *testing.T, s stage, _ *acctest.ResourceState) (*acctest.ResourceState, acctest.Diagnostics) {
	var diags acctest.Diagnostics
	for _, result := range s.p.List(t.Context(), batchType, acctest.Values{}, false, 10) {
		diags = append(diags, result.Diagnostics...)
	}
	return nil, diags
}

// TestGatewayPages: a response that is not the API's says nothing about the request. A
// read is retried, nothing that costs is sent twice because of it, and the error is
// about the gateway, not about the key. With the race detector it runs every fifth
// case; "make testacc" runs all of them without it.
func TestGatewayPages(t *testing.T) {
	t.Parallel()
	stride := acctest.Sized(1, 5) // reaches each phase and each page
	n := 0
	for _, name := range slices.Sorted(maps.Keys(wirePhases)) {
		phase := wirePhases[name]
		for _, page := range slices.Sorted(maps.Keys(pages)) {
			fault := pages[page]
			for _, times := range []int{1, 0} {
				if n++; n%stride != 0 {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/%d", name, page, times), func(t *testing.T) {
					t.Parallel()
					onStage(t, func(t *testing.T, s stage) {
						want := phase.always
						if times == 1 {
							if want = phase.once; (page == "404 page" || page == "405 page" || page == "a redirect") && phase.misled != "" {
								want = phase.misled
							}
						}
						left, diags, sent := s.hit(t, phase, fault, times)
						switch text := diags.String(); {
						case want == "":
							if len(diags) > 0 {
								t.Errorf("%d sent: %s", sent, text)
							}
						case len(diags) == 0 || !strings.Contains(diags[0].Summary, want):
							t.Errorf("%d sent, want %q: %s", sent, want, text)
						}
						for _, wrong := range []string{"check the API key", "RUNPOD_API_KEY", "no worker is free", "raise timeouts"} {
							if strings.Contains(diags.String(), wrong) {
								t.Errorf("%q is in %s", wrong, diags)
							}
						}
						if phase.keeps && (left == nil || left.Values == nil || left.Values["id"] == nil) {
							t.Errorf("the id is lost: %s", diags)
						}
						if times == 0 && phase.sent > 0 && sent > phase.sent {
							t.Errorf("%d requests of %s, want %d", sent, phase.op, phase.sent)
						}
					})
				})
			}
		}
	}
}

// TestOddFields: an optional field of an unexpected type does not matter to any type.
func TestOddFields(t *testing.T) {
	t.Parallel()
	for name, phase := range wirePhases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onStage(t, func(t *testing.T, s stage) {
				_, diags, sent := s.hit(t, phase, simulator.Fault{Kind: simulator.OddFields}, 0)
				if len(diags) > 0 || sent == 0 {
					t.Errorf("%d requests: %s", sent, diags)
				}
			})
		})
	}
}

// hit applies a fault to a phase and returns how many requests of its operation were
// sent.
func (s stage) hit(t *testing.T, phase wirePhase, fault simulator.Fault, times int) (left *acctest.ResourceState, diags acctest.Diagnostics, sent int) {
	t.Helper()
	begin := phase.begin
	if begin == nil {
		begin = nothing
	}
	state := begin(t, s)
	fault.Op, fault.Times, fault.Skip = phase.op, times, phase.skip
	count := func() int {
		if phase.op == http.MethodGet {
			return s.sim.Journal().Count("status") + s.sim.Journal().Count("status-sync")
		}
		return s.sim.Journal().Count(phase.op)
	}
	before := count()
	remove := s.sim.Inject(fault)
	left, diags = phase.act(t, s, state)
	remove()
	return left, diags, count() - before
}
