package job_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// TestJobResource_queueTimeout: a job that no worker takes is given up after
// queue_timeout, and one that a worker has taken is not.
func TestJobResource_queueTimeout(t *testing.T) {
	t.Parallel()
	throttled := map[string]simulator.Endpoint{"demo": {Throttled: 1}}
	for name, tc := range map[string]struct {
		options simulator.Options
		more    acctest.Values
		want    string
		status  string
	}{
		"cancel":         {simulator.Options{Endpoints: throttled}, nil, "error: No worker took the job", "CANCELLED"},
		"polled, cancel": {simulator.Options{Endpoints: throttled, NoStatusSync: true}, nil, "error: No worker took the job", "CANCELLED"},
		"detach":         {simulator.Options{Endpoints: throttled}, acctest.Values{"on_timeout": "detach"}, "warning: No worker took the job", "IN_QUEUE"},
		"sync, cancel":   {simulator.Options{Endpoints: throttled}, acctest.Values{"mode": "sync"}, "error: No worker took the job", "CANCELLED"},
		"sync, polled":   {simulator.Options{Endpoints: throttled, NoStatusSync: true}, acctest.Values{"mode": "sync", "sync_wait": "10s"}, "error: No worker took the job", "CANCELLED"},
		"sync, long":     {simulator.Options{Endpoints: throttled}, acctest.Values{"mode": "sync", "sync_wait": "5m", "queue_timeout": "20s"}, "error: No worker took the job", "CANCELLED"},
		"sync, taken":    {simulator.Options{}, acctest.Values{"mode": "sync"}, "", "COMPLETED"},
		"taken":          {simulator.Options{}, nil, "", "COMPLETED"},
		"taken, polled":  {simulator.Options{NoStatusSync: true}, nil, "", "COMPLETED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := jobLasting(20*time.Minute, acctest.Values{"queue_timeout": "5m"}, tc.more)
			inWorkspace(t, tc.options, nil, config, func(w *workspace) {
				started := time.Now()
				r := w.apply(w.t.Context())
				took := time.Since(started)
				if w.only(r) != tc.want || w.text("status") != tc.status {
					t.Errorf("%s: %s", w.text("status"), r.diags)
				}
				if tc.want == "" {
					return
				}
				limit, _ := time.ParseDuration(w.text("queue_timeout"))
				if took < limit || took > limit+5*time.Second {
					t.Errorf("it took %s", took)
				}
				if !strings.Contains(r.diags.String(), "1 throttled") || !strings.Contains(r.diags.String(), "no worker ever took it") {
					t.Errorf("the health is missing: %s", r.diags)
				}
			})
		})
	}
}

// TestQueueTimeoutAfterRefusals: time in which the API refuses a submission is not
// time in its queue.
func TestQueueTimeoutAfterRefusals(t *testing.T) {
	t.Parallel()
	options := simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {ColdStart: 30 * time.Second}}}
	for name, run := range map[string]func(w *workspace) acctest.Diagnostics{
		"resource": func(w *workspace) acctest.Diagnostics { return w.apply(w.t.Context()).diags },
		"action": func(w *workspace) acctest.Diagnostics {
			_, diags := w.cli.InvokeAction(w.t.Context(), runAction, w.config)
			return diags
		},
		"ephemeral resource": func(w *workspace) acctest.Diagnostics {
			w.config["run"] = true
			_, _, diags := w.cli.OpenEphemeral(w.t.Context(), jobType, w.config)
			return diags
		},
	} {
		for mode, more := range map[string]acctest.Values{"async": nil, "sync": {"sync_wait": "20s"}} {
			t.Run(name+", "+mode, func(t *testing.T) {
				t.Parallel()
				config := acctest.Values{"input": acctest.Values{"mock_return": 1}, "mode": mode, "queue_timeout": "40s"}
				maps.Copy(config, more)
				inWorkspace(t, options, nil, config, func(w *workspace) {
					w.Inject(simulator.Fault{Op: "POST", Kind: simulator.TooManyRequests, RetryAfter: "25", Times: 2})
					started := time.Now()
					if diags := run(w); len(diags) > 0 {
						t.Error(diags)
					}
					if took := time.Since(started); took < 80*time.Second {
						t.Errorf("it took %s", took)
					}
				})
			})
		}
	}
}

// TestJobResource_errorMatches: only a failure that matches is retried.
func TestJobResource_errorMatches(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		matches  []any
		attempts int64
	}{
		"the message":     {[]any{"^nothing$", "memory"}, 3},
		"the type":        {[]any{"ValueError"}, 3},
		"neither":         {[]any{"network"}, 1},
		"anchors":         {[]any{"^memory"}, 1},
		"no restrictions": {nil, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			retry := acctest.Values{"max_attempts": int64(3)}
			if tc.matches != nil {
				retry["error_matches"] = tc.matches
			}
			config := acctest.Values{"input": acctest.Values{"sim_raise": "CUDA out of memory"}, "retry": retry, "on_failure": "warn"}
			inWorkspace(t, simulator.Options{}, nil, config, func(w *workspace) {
				w.apply(w.t.Context())
				if w.value("attempts") != tc.attempts || len(w.Journal().Op("retry")) != int(tc.attempts)-1 {
					t.Errorf("%v attempts, %d retries", w.value("attempts"), len(w.Journal().Op("retry")))
				}
			})
		})
	}
}
