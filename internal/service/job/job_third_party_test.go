package job_test

import (
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// only returns the single diagnostic of a run as "severity: title", "" if there is
// none. The warning about a resumed wait, which every plan repeats, is ignored.
func (w *workspace) only(r run) string {
	w.t.Helper()
	var reported []string
	for _, d := range r.diags {
		if !strings.HasPrefix(d.Summary, "Resumes waiting") {
			reported = append(reported, strings.ToLower(d.Severity.String())+": "+d.Summary)
		}
	}
	return strings.Join(reported, "; ")
}

// refreshed is a refresh as a run.
func (w *workspace) refreshed() run {
	w.t.Helper()
	diags, _ := w.refresh(w.t.Context())
	return run{actionNone, diags}
}

// settled checks that another apply does nothing and sends nothing.
func (w *workspace) settled() {
	w.t.Helper()
	before := len(w.Journal())
	if r := w.apply(w.t.Context()); r.action != actionNone || len(r.diags) > 0 {
		w.t.Errorf("another apply: %s\n%s", r.action, r.diags)
	}
	if n := len(w.Journal()) - before; n > 0 {
		w.t.Errorf("another apply made %d requests", n)
	}
}

// keepExpired keeps a job whose end was never seen.
var keepExpired = acctest.Values{"on_expired": "warn"}

// third are actions of other clients on a live job, and the expected results of a wait
// and of a refresh.
var third = map[string]struct {
	queued  bool // the job waits in the queue
	config  acctest.Values
	do      func(w *workspace, jobID string)
	wait    string // the diagnostic of a wait
	refresh string // the diagnostic of a refresh
	status  string
	expired bool
	next    string // the action of the next apply
}{
	"cancelled": {
		do:   func(w *workspace, id string) { w.CancelJob("demo", id) },
		wait: "error: Job ended as CANCELLED", status: "CANCELLED", next: actionReplace,
	},
	"cancelled in the queue": {
		queued: true,
		do:     func(w *workspace, id string) { w.CancelJob("demo", id) },
		wait:   "error: Job ended as CANCELLED", status: "CANCELLED", next: actionReplace,
	},
	"expired": {
		do:   func(w *workspace, id string) { w.ExpireJob("demo", id) },
		wait: "error: Job has expired", refresh: "warning: Job has expired", status: "IN_PROGRESS", expired: true, next: actionReplace,
	},
	"purged": {
		queued: true,
		do:     func(w *workspace, _ string) { w.PurgeQueue("demo") },
		wait:   "error: Job has expired", refresh: "warning: Job has expired", status: "IN_QUEUE", expired: true, next: actionReplace,
	},
	"expired and kept": {
		config: keepExpired,
		do:     func(w *workspace, id string) { w.ExpireJob("demo", id) },
		wait:   "warning: Job has expired", refresh: "warning: Job has expired", status: "IN_PROGRESS", expired: true, next: actionNone,
	},
	"purged and kept": {
		queued: true, config: keepExpired,
		do:   func(w *workspace, _ string) { w.PurgeQueue("demo") },
		wait: "warning: Job has expired", refresh: "warning: Job has expired", status: "IN_QUEUE", expired: true, next: actionNone,
	},
}

// during runs f after a while, concurrently with the test.
func (w *workspace) during(f func(id string)) {
	time.AfterFunc(5*time.Minute, func() {
		if jobs := w.Jobs("demo"); len(jobs) > 0 {
			f(jobs[0].ID)
		}
	})
}

func TestJobResource_thirdParty(t *testing.T) {
	t.Parallel()
	for name, tc := range third {
		options := simulator.Options{}
		if tc.queued {
			options.Endpoints = map[string]simulator.Endpoint{"demo": {Throttled: 1}}
		}
		check := func(w *workspace, r run, want string, id string) {
			w.t.Helper()
			if got := w.only(r); got != want {
				w.t.Errorf("diagnostics: got %q, want %q\n%s", got, want, r.diags)
			}
			if w.text("id") != id || w.text("status") != tc.status || w.value("expired") != tc.expired {
				w.t.Errorf("state: %s is %s, expired %v", w.text("id"), w.text("status"), w.value("expired"))
			}
			if tc.expired && !strings.Contains(r.diags.String(), "its end was not seen") {
				w.t.Errorf("the reason is missing: %s", r.diags)
			}
		}
		t.Run(name+"/wait", func(t *testing.T) {
			t.Parallel()
			inWorkspace(t, options, nil, jobLasting(time.Hour, tc.config), func(w *workspace) {
				w.during(func(jobID string) { tc.do(w, jobID) })
				started := time.Now()
				r := w.apply(w.t.Context())
				check(w, r, tc.wait, w.Journal().Op("run")[0].JobID)
				if took := time.Since(started); took > 5*time.Minute+15*time.Second {
					t.Errorf("noticed after %s", took)
				}
				if tc.next == actionNone {
					w.settled()
				} else if r := w.apply(w.t.Context()); r.action != tc.next {
					t.Errorf("next: %s", r.action)
				}
				w.checkPromises()
			})
		})
		t.Run(name+"/refresh", func(t *testing.T) {
			t.Parallel()
			inWorkspace(t, options, nil, jobLasting(2*time.Hour, tc.config), func(w *workspace) {
				detached(w)
				w.refreshed() // sees it alive
				id := w.text("id")
				tc.do(w, id)
				check(w, w.refreshed(), tc.refresh, id)
				if action, _ := w.plan(w.t.Context()); action != tc.next {
					t.Errorf("plan: %s, want %s", action, tc.next)
				}
				before := len(w.Journal())
				if r := w.refreshed(); len(r.diags) > 0 || len(w.Journal()) != before {
					t.Errorf("a second refresh: %s", r.diags)
				}
				w.checkPromises()
			})
		})
		t.Run(name+"/destroy", func(t *testing.T) {
			t.Parallel()
			inWorkspace(t, options, nil, jobLasting(2*time.Hour, tc.config), func(w *workspace) {
				detached(w)
				tc.do(w, w.text("id"))
				if r := w.destroy(w.t.Context()); r.diags.HasError() || w.state != nil {
					t.Errorf("destroy: %s", r.diags)
				}
			})
		})
		t.Run(name+"/resume without a refresh", func(t *testing.T) {
			t.Parallel()
			inWorkspace(t, options, nil, jobLasting(2*time.Hour, tc.config), func(w *workspace) {
				detached(w)
				w.refreshed()
				id := w.text("id")
				action, plan := w.plan(w.t.Context())
				if action != actionUpdate {
					t.Fatalf("plan: %s", action)
				}
				tc.do(w, id)
				state, diags := w.cli.ApplyResource(w.t.Context(), plan)
				w.state = state
				check(w, run{actionUpdate, diags}, tc.wait, id)
				w.checkPromises()
			})
		})
	}
}

// TestJobResource_onExpiredChanges: whether an expired job is run again is decided
// by on_expired as it is now; a stored result is run again with neither value.
func TestJobResource_onExpiredChanges(t *testing.T) {
	t.Parallel()
	t.Run("live", func(t *testing.T) {
		t.Parallel()
		inWorkspace(t, simulator.Options{}, nil, jobLasting(2*time.Hour, keepExpired), func(w *workspace) {
			detached(w)
			w.refreshed()
			w.ExpireJob("demo", w.text("id"))
			w.refreshed()
			w.config["input"] = acctest.Values{"mock_return": "done", "sim_delay_ms": (2 * time.Hour).Milliseconds()}
			w.config["wait_for_completion"] = false
			w.config["on_expired"] = "error"
			if r := w.apply(w.t.Context()); r.action != actionUpdate || r.diags.HasError() {
				t.Errorf("a job that is not waited for: %s: %s", r.action, r.diags)
			}
			w.config["wait_for_completion"] = true
			if r := w.apply(w.t.Context()); r.action != actionUpdate || w.only(r) != "error: Job has expired" {
				t.Errorf("the change: %s: %s", r.action, r.diags)
			}
			if action, _ := w.plan(w.t.Context()); action != actionReplace {
				t.Errorf("after the change: %s", action)
			}
			if runs := len(w.Journal().Op("run")); runs != 1 {
				t.Errorf("%d jobs", runs)
			}
		})
	})
	t.Run("completed", func(t *testing.T) {
		t.Parallel()
		inWorkspace(t, simulator.Options{}, nil, jobLasting(time.Second), func(w *workspace) {
			w.apply(w.t.Context())
			w.ExpireJob("demo", w.text("id"))
			w.settled()
			w.checkPromises()
		})
	})
}

// TestJobResource_resultExpiresDuringTheWait: the API is down while the job ends
// and for longer than it keeps the result.
func TestJobResource_resultExpiresDuringTheWait(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]simulator.Options{"held": {}, "polled": {NoStatusSync: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := jobLasting(10*time.Minute, acctest.Values{"timeouts": acctest.Values{"create": "5h"}}, keepExpired)
			inWorkspace(t, options, nil, config, func(w *workspace) {
				// Between two long polls of a minute, so that the next one fails.
				time.AfterFunc(8*time.Minute+30*time.Second, func() {
					restore := w.Inject(simulator.Fault{Op: "GET", Kind: simulator.Unavailable})
					time.AfterFunc(45*time.Minute, restore)
				})
				r := w.apply(w.t.Context())
				if got := w.only(r); got != "warning: Job has expired" || !strings.Contains(r.diags.String(), "its result expired between two readings") || w.value("expired") != true {
					t.Errorf("got %q, expired %v\n%s", got, w.value("expired"), r.diags)
				}
				w.settled()
				w.checkPromises()
			})
		})
	}
}

// TestJobResource_lateVisibility: the API does not show a job for a while.
func TestJobResource_lateVisibility(t *testing.T) {
	t.Parallel()
	late := func(w *workspace, d time.Duration) {
		for _, op := range []string{"GET", "cancel"} {
			time.AfterFunc(d, w.Inject(simulator.Fault{Op: op, Kind: simulator.NotVisible}))
		}
	}
	notWaiting := acctest.Values{"wait_for_completion": false}
	t.Run("wait", func(t *testing.T) {
		t.Parallel()
		inWorkspace(t, simulator.Options{}, nil, jobLasting(5*time.Minute), func(w *workspace) {
			late(w, 2*time.Minute)
			if r := w.apply(w.t.Context()); len(r.diags) > 0 || w.text("status") != "COMPLETED" {
				t.Errorf("%s: %s", w.text("status"), r.diags)
			}
		})
	})
	t.Run("refresh", func(t *testing.T) {
		t.Parallel()
		inWorkspace(t, simulator.Options{}, nil, jobLasting(time.Hour, notWaiting), func(w *workspace) {
			late(w, time.Minute)
			w.apply(w.t.Context())
			if r := w.refreshed(); w.only(r) != "warning: Job is not visible yet" || w.value("expired") != false {
				t.Errorf("expired %v: %s", w.value("expired"), r.diags)
			}
			time.Sleep(time.Minute)
			if r := w.refreshed(); len(r.diags) > 0 || w.text("status") != "IN_PROGRESS" {
				t.Errorf("%s: %s", w.text("status"), r.diags)
			}
		})
	})
	t.Run("destroy", func(t *testing.T) {
		t.Parallel()
		inWorkspace(t, simulator.Options{}, nil, jobLasting(time.Hour, notWaiting), func(w *workspace) {
			w.apply(w.t.Context())
			late(w, 9*time.Second) // the refresh looks for some seconds, and the cancelling continues
			if r := w.destroy(w.t.Context()); r.diags.HasError() || w.Jobs("demo")[0].Status != "CANCELLED" {
				t.Errorf("the job is %s: %s", w.Jobs("demo")[0].Status, r.diags)
			}
		})
	})
	t.Run("destroy before it is visible", func(t *testing.T) {
		t.Parallel()
		inWorkspace(t, simulator.Options{}, nil, jobLasting(time.Hour, notWaiting), func(w *workspace) {
			w.apply(w.t.Context())
			late(w, time.Hour)
			r := w.destroy(w.t.Context())
			if r.diags.HasError() || w.state != nil || !strings.Contains(w.only(r), "warning: Job to cancel was not found") || !strings.Contains(r.diags.String(), w.Jobs("demo")[0].ID) {
				t.Errorf("%s", r.diags)
			}
		})
	})
}
