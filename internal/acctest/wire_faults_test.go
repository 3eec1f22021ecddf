package acctest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// pages are replies that are not the API's.
var pages = map[string]simulator.Fault{
	"403 page":    {Kind: simulator.StatusReply, Status: 403, Body: "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"},
	"401 page":    {Kind: simulator.StatusReply, Status: 401, Body: "<html><head><title>Sign in</title></head></html>"},
	"400 text":    {Kind: simulator.StatusReply, Status: 400, Body: "error code: 1010"},
	"404 page":    {Kind: simulator.StatusReply, Status: 404, Body: "<html><head><title>404 Not Found</title></head></html>"},
	"402 nothing": {Kind: simulator.StatusReply, Status: 402},
	"425 text":    {Kind: simulator.StatusReply, Status: 425, Body: "Too Early"},
	"a redirect":  {Kind: simulator.Redirect},
}

// wirePhase is a part of what a type does over HTTP.
type wirePhase struct {
	op string // what the fault hits
	// begin makes what the phase is about, before anything goes wrong.
	begin func(t *testing.T, s stage) *acctest.ResourceState
	act   func(t *testing.T, s stage, state *acctest.ResourceState) (left *acctest.ResourceState, diags acctest.Diagnostics)
	// once says what comes of a single page, and always of pages only: the title
	// of the first diagnostic, or nothing.
	once, always string
	keeps        bool // the id stays in the state, whatever happens
	sent         int  // requests of op when pages come for good, at most; 0 where any number is fine
}

func nothing(*testing.T, stage) *acctest.ResourceState { return nil }

// created returns a creation of a type.
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

// stored returns what creates a resource and comes back ten minutes later.
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
	ended     = acctest.Values{"input": quick}
	ranOnce   = acctest.Values{"input": acctest.Values{"sim_fail_times": 1}, "on_failure": "warn"}
)

var wirePhases = map[string]wirePhase{
	"set, submission": {op: "run", act: creating(setType, quickSet), once: "1 of 2", always: "2 of 2", sent: 2},
	"set, wait":       {op: "GET", act: creating(setType, quickSet), always: "2 of 2", keeps: true},
	"set, refresh":    {op: "status", begin: storedOf(setType, slowSet), act: refreshOf(setType), always: "Jobs could not be read", keeps: true},
	"set, destroy":    {op: "cancel", begin: storedOf(setType, slowSet), act: removing(setType), always: "cancel", keeps: true},

	"batch, creation":  {op: "batch-create", act: creating(batchType, oneBatch), once: "Unable to create the batch", always: "Unable to create the batch", sent: 1},
	"batch, filling":   {op: "batch-append", act: creating(batchType, oneBatch), keeps: true, once: "*", always: "*"},
	"batch, finalize":  {op: "batch-finalize", act: creating(batchType, oneBatch), keeps: true, once: "*", always: "*"},
	"batch, readings":  {op: "batch-get", act: creating(batchType, oneBatch), keeps: true, once: "*", always: "*"},
	"batch, results":   {op: "batch-requests", act: creating(batchType, oneBatch), keeps: true, once: "*", always: "*"},
	"batch, refresh":   {op: "batch-get", begin: storedOf(batchType, slowBatch), act: refreshOf(batchType), always: "Batch could not be read", keeps: true},
	"batch, destroy":   {op: "batch-cancel", begin: storedOf(batchType, slowBatch), act: removing(batchType), once: "*", always: "*"},
	"stream":           {op: "stream", begin: storedOf(jobType, ended), act: readingOf("runpodserverless_job_stream", acctest.Values{"timeouts": acctest.Values{"read": "5m"}}), always: "*"},
	"job, data source": {op: "status", begin: storedOf(jobType, ended), act: readingOf(jobType, nil), always: "Unable to read the job"},
	"health":           {op: "health", act: readingOf(healthType, nil), always: "Unable to read the endpoint's health"},
	"gate":             {op: "health", act: readingOf(healthType, acctest.Values{"wait_until": acctest.Values{"jobs_failed_max": 0}, "timeouts": acctest.Values{"read": "5m"}}), always: "Unable to read the endpoint's health"},
	"purge":            {op: "purge-queue", act: creating(purgeType, acctest.Values{}), once: "Unable to purge the queue", always: "Unable to purge the queue", sent: 1},
	"purge, action":    {op: "purge-queue", act: invoking("runpodserverless_queue_purge", nil), once: "Unable to purge the queue", always: "Unable to purge the queue", sent: 1},
	"run, submission":  {op: "run", act: invoking("runpodserverless_job_run", acctest.Values{"input": minute}), once: "Unable to submit the job", always: "Unable to submit the job", sent: 1},
	"run, wait":        {op: "GET", act: invoking("runpodserverless_job_run", acctest.Values{"input": minute, "timeouts": acctest.Values{"invoke": "1h"}}), always: "Job timed out"},
	"cancel, action":   {op: "cancel", begin: storedOf(jobType, unwaited), act: invoking("runpodserverless_job_cancel", nil), always: "Unable to cancel the job"},
	"retry, action":    {op: "retry", begin: storedOf(jobType, ranOnce), act: invoking("runpodserverless_job_retry", nil), once: "Unable to retry the job", always: "Unable to retry the job", sent: 1},
	"retry, wait":      {op: "GET", begin: storedOf(jobType, ranOnce), act: invoking("runpodserverless_job_retry", acctest.Values{"timeouts": acctest.Values{"invoke": "1h"}}), always: "Job timed out"},
	"workers":          {op: "workers", act: readingOf("runpodserverless_endpoint_workers", nil), always: "Unable to read the endpoint's workers"},
}

// TestPagesOfOthers: a reply that is not the API's says nothing about what was
// asked. A reading outlasts it; nothing that pays is sent twice because of it; and
// what is told of it names the gateway, not the key.
func TestPagesOfOthers(t *testing.T) {
	t.Parallel()
	for name, phase := range wirePhases {
		for page, fault := range pages {
			for _, times := range []int{1, 0} {
				t.Run(fmt.Sprintf("%s/%s/%d", name, page, times), func(t *testing.T) {
					t.Parallel()
					onStage(t, func(t *testing.T, s stage) {
						want := phase.always
						if times == 1 {
							want = phase.once
						}
						left, diags, sent := s.hit(t, phase, fault, times)
						switch text := diags.String(); {
						case want == "*":
							t.Logf("%d sent: %s", sent, text)
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
						if phase.keeps && (left == nil || left.Values == nil || left.Values["id"] == nil) && !(strings.Contains(name, "destroy") && times == 1) {
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

// TestOddFieldsOfTypes: a field that nobody needs spoils no reply.
func TestOddFieldsOfTypes(t *testing.T) {
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

// hit lets a fault hit a phase, and returns how many requests of its operation were made.
func (s stage) hit(t *testing.T, phase wirePhase, fault simulator.Fault, times int) (left *acctest.ResourceState, diags acctest.Diagnostics, sent int) {
	t.Helper()
	begin := phase.begin
	if begin == nil {
		begin = nothing
	}
	state := begin(t, s)
	fault.Op, fault.Times = phase.op, times
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
