package job_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// creates applies a new job and checks that nothing is reported and that nothing is
// left to do.
func (w *workspace) creates() {
	w.t.Helper()
	if r := w.apply(w.t.Context()); r.action != actionCreate || len(r.diags) > 0 {
		w.t.Fatalf("%s\n%s", r.action, r.diags)
	}
	w.settled()
}

// sent fails the test unless an operation was used so often.
func (w *workspace) sent(op string, want int) {
	w.t.Helper()
	if got := w.Journal().Count(op); got != want {
		w.t.Errorf("%d requests to /%s, want %d", got, op, want)
	}
}

func TestJobResource_sync(t *testing.T) {
	t.Parallel()
	config := acctest.Values{"mode": "sync", "sync_wait": "2s", "input": acctest.Values{"mock_return": "done"}}
	inWorkspace(t, simulator.Options{}, nil, config, func(w *workspace) {
		w.creates()
		if w.value("output") != "done" || !strings.HasPrefix(w.text("id"), "sync-") {
			w.t.Errorf("output %v, id %s", w.value("output"), w.text("id"))
		}
		w.sent("runsync", 1)
		w.sent("status-sync", 0) // the reply had it all
		if got := w.Journal().Op("runsync")[0].RawQuery; got != "wait=2000" {
			w.t.Error(got)
		}
	})
}

// TestJobResource_syncUnfinished: the reply of /runsync may be unfinished; then the
// job is waited for like any other.
func TestJobResource_syncUnfinished(t *testing.T) {
	t.Parallel()
	config := acctest.Values{"mode": "sync", "sync_wait": "1s", "input": acctest.Values{"mock_return": "late", "mock_delay": 10}}
	inWorkspace(t, simulator.Options{}, nil, config, func(w *workspace) {
		w.creates()
		if w.value("output") != "late" {
			w.t.Errorf("output %v", w.value("output"))
		}
		w.sent("runsync", 1)
	})
}

func TestJobResource_withoutStatusSync(t *testing.T) {
	t.Parallel()
	config := acctest.Values{"input": acctest.Values{"mock_return": "polled", "sim_delay_ms": 300}}
	inWorkspace(t, simulator.Options{NoStatusSync: true, NoStatusCode: 405}, nil, config, func(w *workspace) {
		w.creates()
		if w.value("output") != "polled" {
			w.t.Errorf("output %v", w.value("output"))
		}
	})
}

// TestJobResource_noWait: without a wait the apply ends at once, a refresh reads the
// result, and destroying a live job cancels it.
func TestJobResource_noWait(t *testing.T) {
	t.Parallel()
	config := acctest.Values{"input": acctest.Values{"mock_delay": 3600}, "wait_for_completion": false}
	inWorkspace(t, simulator.Options{}, nil, config, func(w *workspace) {
		if r := w.apply(w.t.Context()); r.action != actionCreate || len(r.diags) > 0 || w.value("output") != nil {
			w.t.Errorf("%s, output %v\n%s", r.action, w.value("output"), r.diags)
		}
		if r := w.apply(w.t.Context()); r.action != actionNone || len(r.diags) > 0 {
			w.t.Errorf("another apply: %s\n%s", r.action, r.diags)
		}
		w.sent("status-sync", 0)
		if r := w.destroy(w.t.Context()); len(r.diags) > 0 || w.state != nil {
			w.t.Errorf("destroy: %s", r.diags)
		}
		w.sent("cancel", 1)
		if got := w.Jobs("demo")[0].Status; got != "CANCELLED" {
			w.t.Errorf("the job is %s", got)
		}
	})
}

func TestJobResource_timeoutCancels(t *testing.T) {
	t.Parallel()
	config := acctest.Values{"input": acctest.Values{"mock_return": "never"}, "timeouts": acctest.Values{"create": "1s"}}
	options := simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Throttled: 3}}}
	inWorkspace(t, options, nil, config, func(w *workspace) {
		r := w.apply(w.t.Context())
		want := regexp.MustCompile(`(?s)Job timed out and was cancelled.*Endpoint: demo.*3\s+throttled`)
		if errs := r.diags.Errors(); len(errs) != 1 || !want.MatchString(errs[0]) {
			w.t.Errorf("%s", r.diags)
		}
		w.sent("cancel", 1)
	})
}

func TestJobResource_retry(t *testing.T) {
	t.Parallel()
	config := acctest.Values{
		"input": acctest.Values{"sim_fail_times": 2, "mock_return": "third time"},
		"retry": acctest.Values{"max_attempts": 3, "min_backoff": "10ms", "max_backoff": "20ms"},
	}
	inWorkspace(t, simulator.Options{}, nil, config, func(w *workspace) {
		w.creates()
		if w.value("output") != "third time" || w.value("attempts") != int64(3) {
			w.t.Errorf("output %v, attempts %v", w.value("output"), w.value("attempts"))
		}
		w.sent("run", 1)
		w.sent("retry", 2)
	})
}

// TestJobResource_maxOutputBytes: an output above the limit is not stored, and is read
// when the limit is raised.
func TestJobResource_maxOutputBytes(t *testing.T) {
	t.Parallel()
	config := acctest.Values{"input": acctest.Values{"sim_output_bytes": 5000}, "max_output_bytes": 1000}
	inWorkspace(t, simulator.Options{}, nil, config, func(w *workspace) {
		r := w.apply(w.t.Context())
		if r.action != actionCreate || r.diags.HasError() || w.value("output") != nil || w.value("output_bytes") != int64(5000) {
			w.t.Errorf("%s, output %v of %v bytes\n%s", r.action, w.value("output"), w.value("output_bytes"), r.diags)
		}
		w.settled()
		w.config["max_output_bytes"] = 10000
		if r := w.apply(w.t.Context()); r.action != actionUpdate || r.diags.HasError() || w.text("output") != strings.Repeat("x", 4998) {
			w.t.Errorf("%s, output %v\n%s", r.action, w.value("output"), r.diags)
		}
		w.settled()
		w.sent("run", 1)
	})
}

// TestJobResource_outputSelect: parts are stored instead of the whole. The expressions
// change in place: the output is read again, or taken from the state if the API no
// longer has it.
func TestJobResource_outputSelect(t *testing.T) {
	t.Parallel()
	const seed = 9007199254740993
	images := []any{acctest.Values{"url": "a.png", "seed": seed}, acctest.Values{"url": "b.png", "seed": 2}}
	text := strings.Repeat("x", 30)
	config := acctest.Values{"input": acctest.Values{"mock_return": acctest.Values{"images": images, "text": text}}}
	inWorkspace(t, simulator.Options{}, nil, config, func(w *workspace) {
		for i, step := range []struct {
			parts   acctest.Values
			limit   any
			later   time.Duration
			output  any
			warning string
		}{
			{parts: acctest.Values{"urls": "images[].url", "missing": "nothing.here"}, output: acctest.Values{"urls": []any{"a.png", "b.png"}, "missing": nil}},
			// The limit is that of the parts.
			{parts: acctest.Values{"seed": "images[0].seed"}, limit: 30, output: acctest.Values{"seed": seed}},
			// An expression that does not fit is null, and no error.
			{parts: acctest.Values{"sum": "sum(text)", "url": "images[1].url"}, output: acctest.Values{"sum": nil, "url": "b.png"}, warning: "warning: Part of the output cannot be selected"},
			{output: acctest.Values{"images": images, "text": text}},
			// Expired: what is stored is whole, so parts can be taken from it.
			{parts: acctest.Values{"url": "images[0].url"}, later: time.Hour, output: acctest.Values{"url": "a.png"}},
			// Other parts are gone; what is stored stays.
			{parts: acctest.Values{"seed": "images[0].seed"}, output: acctest.Values{"url": "a.png"}, warning: "warning: Output is no longer available"},
		} {
			time.Sleep(step.later)
			w.config["output_select"], w.config["max_output_bytes"] = nil, step.limit
			if step.parts != nil {
				w.config["output_select"] = step.parts
			}
			r := w.apply(w.t.Context())
			if want := map[bool]string{true: actionCreate, false: actionUpdate}[i == 0]; r.action != want || w.only(r) != step.warning {
				w.t.Errorf("step %d: %s, %q", i, r.action, w.only(r))
			}
			if got, want := fmt.Sprint(w.value("output")), fmt.Sprint(step.output); got != want {
				w.t.Errorf("step %d: output %s, want %s", i, got, want)
			}
			w.settled()
		}
		w.sent("run", 1)
	})
}
