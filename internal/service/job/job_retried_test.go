package job_test

import (
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// TestJobResource_retriedElsewhere: a refresh notices that another client has retried
// a failed job.
func TestJobResource_retriedElsewhere(t *testing.T) {
	t.Parallel()
	inWorkspace(t, simulator.Options{}, nil, acctest.Values{
		"input": acctest.Values{"sim_fail_times": 1, "mock_return": "x", "mock_delay": 60}, "on_failure": "warn",
	}, func(w *workspace) {
		w.apply(w.t.Context())
		failed := w.state.Values
		if failed["status"] != "FAILED" {
			w.t.Fatalf("the job is %v", failed["status"])
		}
		if _, diags := w.cli.InvokeAction(w.t.Context(), retryAction, acctest.Values{"id": failed["id"], "wait_for_completion": false}); len(diags) > 0 {
			w.t.Fatal(diags)
		}
		w.refreshed()
		if got := w.state.Values["status"]; got != "IN_QUEUE" && got != "IN_PROGRESS" {
			w.t.Errorf("right after the retry the job is %v", got)
		}
		time.Sleep(2 * time.Minute)
		w.refreshed()
		if got := w.state.Values; got["status"] != "COMPLETED" || got["output"] != "x" || got["error"] != nil || got["id"] != failed["id"] {
			w.t.Errorf("got %v", got)
		}
		w.settled()
	})
}

// TestJobResource_failedForGood: while the API may keep the result of a failed job, a
// refresh reads it once and changes nothing; after that it sends no request.
func TestJobResource_failedForGood(t *testing.T) {
	t.Parallel()
	for name, meanwhile := range map[string]func(w *workspace){
		"as it was": func(*workspace) {},
		"expired":   func(w *workspace) { w.ExpireJob("demo", w.state.Values["id"].(string)) }, //nolint:forcetypeassert // a string or a bug
		"refused": func(w *workspace) {
			w.Inject(simulator.Fault{Op: "status", Kind: simulator.StatusReply, Status: 403, Body: `{"detail":"forbidden"}`})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorkspace(t, simulator.Options{}, nil, acctest.Values{"input": acctest.Values{"sim_raise": "kaboom"}, "on_failure": "warn"}, func(w *workspace) {
				w.apply(w.t.Context())
				meanwhile(w)
				time.Sleep(20 * time.Minute)
				before := w.Journal().Count("status")
				if r := w.apply(w.t.Context()); r.action != actionNone || len(r.diags) > 0 {
					w.t.Errorf("%s\n%s", r.action, r.diags)
				}
				if n := w.Journal().Count("status") - before; n != 1 {
					w.t.Errorf("%d looks, want 1", n)
				}
				time.Sleep(11 * time.Minute)
				w.settled()
			})
		})
	}
}
