package job_test

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// TestJobResource_outputReadAgainLater: if changed output arguments could not be
// applied, the state keeps the old ones, so that the next apply tries again.
func TestJobResource_outputReadAgainLater(t *testing.T) {
	t.Parallel()
	config := acctest.Values{"input": acctest.Values{"sim_output_bytes": 5000}, "max_output_bytes": 100}
	inWorkspace(t, simulator.Options{}, nil, config, func(w *workspace) {
		if r := w.apply(w.t.Context()); w.only(r) != "warning: Output too large to store" {
			t.Errorf("%s", r.diags)
		}
		w.config["max_output_bytes"] = 10_000
		restore := w.Inject(simulator.Fault{Op: "status", Kind: simulator.Unavailable})
		if r := w.apply(w.t.Context()); w.only(r) != "error: Unable to read the output again" || w.value("max_output_bytes") != int64(100) {
			t.Errorf("max_output_bytes %v: %s", w.value("max_output_bytes"), r.diags)
		}
		restore()
		if r := w.apply(w.t.Context()); r.action != actionUpdate || len(r.diags) > 0 || len(w.text("output")) != 4998 {
			t.Errorf("%s, output of %d bytes: %s", r.action, len(w.text("output")), r.diags)
		}
		w.settled()
	})
}

// TestJobResource_largeResult: a large output, which is kept away from the framework,
// is stored like any other, and so is the input.
func TestJobResource_largeResult(t *testing.T) {
	t.Parallel()
	const size = 20_000
	config := acctest.Values{"input": acctest.Values{"sim_output_bytes": size}}
	inWorkspace(t, simulator.Options{}, nil, config, func(w *workspace) {
		stored := func(action, name, other string) {
			t.Helper()
			r := w.apply(w.t.Context())
			input, _ := w.value("input").(acctest.Values)
			if r.action != action || len(r.diags) > 0 || len(w.text(name)) != size-2 || w.value(other) != nil || fmt.Sprint(input["sim_output_bytes"]) != strconv.Itoa(size) {
				t.Errorf("%s, %s of %d bytes, %s %v, input %v: %s", r.action, name, len(w.text(name)), other, w.value(other), input, r.diags)
			}
			w.settled()
		}
		stored(actionCreate, "output", "sensitive_output")
		w.config["output_sensitive"] = true
		stored(actionUpdate, "sensitive_output", "output")
		w.config["output_sensitive"] = false
		stored(actionUpdate, "output", "sensitive_output")
	})
}

// TestJobResource_endpointGone: a job whose endpoint is gone is kept, and can be
// destroyed.
func TestJobResource_endpointGone(t *testing.T) {
	t.Parallel()
	inWorkspace(t, simulator.Options{}, nil, jobLasting(time.Hour), func(w *workspace) {
		detached(w)
		w.Inject(simulator.Fault{Kind: simulator.StatusReply, Status: 404, Body: `{"status":404,"detail":"endpoint not found"}`})
		if r := w.refreshed(); w.only(r) != "warning: Job could not be read" || !strings.Contains(r.diags.String(), "check endpoint_id") || w.value("expired") != false {
			t.Errorf("expired %v: %s", w.value("expired"), r.diags)
		}
		r := w.destroy(w.t.Context())
		if w.only(r) != "warning: Job could not be read; warning: Job could not be cancelled" || w.state != nil {
			t.Errorf("%s", r.diags)
		}
	})
}

// TestJobResource_interruptCancelsInTime: cancelling on an interrupt takes at most ten
// seconds, however slow the API is, and the job stays in the state.
func TestJobResource_interruptCancelsInTime(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault  simulator.Fault
		title  string
		status string
	}{
		"at once":            {simulator.Fault{Op: "purge-queue"}, "error: Interrupted; the job was cancelled", "CANCELLED"},
		"slow":               {simulator.Fault{Op: "cancel", Kind: simulator.SlowAfter, Delay: 8 * time.Second}, "error: Interrupted; the job was cancelled", "CANCELLED"},
		"too slow":           {simulator.Fault{Op: "cancel", Kind: simulator.SlowBefore, Delay: time.Hour}, "error: Interrupted; the job could not be cancelled", "IN_PROGRESS"},
		"refused":            {simulator.Fault{Op: "cancel", Kind: simulator.InternalError}, "error: Interrupted; the job could not be cancelled", "IN_PROGRESS"},
		"cut, but cancelled": {simulator.Fault{Op: "cancel", Kind: simulator.CutAfter, Times: 1}, "error: Interrupted; the job was cancelled", "CANCELLED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			config := jobLasting(time.Hour, acctest.Values{"on_interrupt": "cancel"})
			inWorkspace(t, simulator.Options{NoStatusSync: true}, nil, config, func(w *workspace) {
				w.Inject(tc.fault)
				ctx, interrupt := context.WithCancel(w.t.Context())
				time.AfterFunc(time.Minute, interrupt)
				started := time.Now()
				r := w.apply(ctx)
				if w.only(r) != tc.title || w.text("id") != w.Jobs("demo")[0].ID || w.text("status") != tc.status {
					t.Errorf("status %s: %s", w.text("status"), r.diags)
				}
				if took := time.Since(started) - time.Minute; took > 10*time.Second {
					t.Errorf("ended %s after the interrupt", took)
				}
			})
		})
	}
}
