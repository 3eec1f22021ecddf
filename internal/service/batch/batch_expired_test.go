package batch_test

import (
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// minutes is a batch of two requests, one of which takes eight minutes.
func minutes(more acctest.Values) acctest.Values {
	config := acctest.Values{"requests": []any{acctest.Values{"mock_delay": 480}, acctest.Values{"mock_return": 1}}}
	maps.Copy(config, more)
	return config
}

// forgetAfter makes the API forget the first batch after a while.
func forgetAfter(sim *simtest.Sim, d time.Duration) {
	time.AfterFunc(d, func() { sim.ForgetBatch("demo", sim.Batches("demo")[0].ID) })
}

// again applies a configuration after a refresh, and returns the action, the
// warnings of refresh and plan, the state and the diagnostics of the apply. Where the
// plan replaces, it deletes and creates.
func again(t *testing.T, p *acctest.ProtocolServer, state *acctest.ResourceState, config acctest.Values) (replaced bool, told string, after *acctest.ResourceState, diags acctest.Diagnostics) {
	t.Helper()
	state, diags = p.ReadResource(t.Context(), batchType, state)
	diags.RequireNoError(t)
	told = diags.String()
	plan := p.PlanResource(t.Context(), batchType, state, config)
	plan.Diagnostics.RequireNoError(t)
	told += plan.Diagnostics.String()
	if len(plan.RequiresReplace) == 0 {
		after, diags = p.ApplyResource(t.Context(), plan)
		return false, told, after, diags
	}
	_, diags = p.DestroyResource(t.Context(), batchType, state)
	diags.RequireNone(t)
	after, diags = p.CreateResource(t.Context(), batchType, config)
	return true, told, after, diags
}

const (
	titleExpired = "Batch has expired"
	titleNew     = "Runs a new batch for an expired one"
)

// TestBatchResource_expired: the API forgets a batch whose end was not seen. By
// default that fails the apply, and the next one runs a new batch, as its plan says;
// with on_expired = "warn" the batch is kept.
func TestBatchResource_expired(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		more  acctest.Values
		fails bool
	}{
		"by default":             {nil, true},
		"error":                  {acctest.Values{"on_expired": "error"}, true},
		"error, failures are ok": {acctest.Values{"on_failure": "warn"}, true},
		"warn":                   {acctest.Values{"on_expired": "warn"}, false},
	} {
		t.Run("while it is created, "+name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, sim := newBubble(t, simulator.Options{})
				forgetAfter(sim, 4*time.Minute)
				config := minutes(tc.more)
				state, diags := p.CreateResource(t.Context(), batchType, config)
				if len(diags) != 1 || diags.HasError() != tc.fails || !strings.Contains(diags.String(), titleExpired) ||
					!strings.Contains(diags.String(), "2 in all, 1 completed, 0 failed") || !strings.Contains(diags.String(), fmt.Sprint(state.Values["id"])) {
					t.Fatalf("%s", diags)
				}
				if state.Values["phase"] != "expired" || state.Values["creation_failed"] != tc.fails {
					t.Errorf("phase %v, creation failed %v", state.Values["phase"], state.Values["creation_failed"])
				}
				before := state.Values["id"]
				replaced, told, state, diags := again(t, p, state, config)
				diags.RequireNone(t)
				if replaced != tc.fails || strings.Contains(told, titleNew) != tc.fails || (state.Values["id"] != before) != tc.fails {
					t.Errorf("replaced: %v; %s", replaced, told)
				}
				requests(t, sim, "batch-finalize", map[bool]int{true: 2, false: 1}[tc.fails])
				if tc.fails && state.Values["phase"] != "done" {
					t.Errorf("phase %v", state.Values["phase"])
				}
				if _, told, _, diags := again(t, p, state, config); told != "" || len(diags) > 0 {
					t.Errorf("it is not at rest: %s%s", told, diags)
				}
			})
		})
		t.Run("between applies, "+name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, sim := newBubble(t, simulator.Options{})
				config := minutes(tc.more)
				config["on_timeout"], config["timeouts"] = "detach", acctest.Values{"create": "1m"}
				state, diags := p.CreateResource(t.Context(), batchType, config)
				diags.RequireNoError(t)
				sim.ForgetBatch("demo", fmt.Sprint(state.Values["id"]))
				config["timeouts"] = acctest.Values{"create": "10h"}
				replaced, told, state, diags := again(t, p, state, config)
				diags.RequireNone(t)
				if replaced != tc.fails || !strings.Contains(told, titleExpired) || strings.Contains(told, titleNew) != tc.fails {
					t.Errorf("replaced: %v; %s", replaced, told)
				}
				if want := map[bool]string{true: "done", false: "expired"}[tc.fails]; state.Values["phase"] != want {
					t.Errorf("phase %v", state.Values["phase"])
				}
			})
		})
	}
}

// TestBatchResource_expiredBeforeResults: the API forgets a batch between its end and
// the reading of its results: they are lost.
func TestBatchResource_expiredBeforeResults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, sim := newBubble(t, simulator.Options{})
		sim.Inject(simulator.Fault{Op: "batch-requests", Kind: simulator.SlowBefore, Delay: time.Minute, Times: 1})
		done := make(chan struct{})
		go func() {
			defer close(done)
			select {
			case <-sim.Reached(t, "batch-requests", 1):
				sim.ForgetBatch("demo", sim.Batches("demo")[0].ID)
			case <-t.Context().Done():
			}
		}()
		config := acctest.Values{"requests": []any{acctest.Values{"mock_return": 1}, acctest.Values{"mock_return": 2}}}
		state, diags := p.CreateResource(t.Context(), batchType, config)
		<-done
		if len(diags.Errors()) != 1 || !strings.Contains(diags.String(), titleExpired) || state.Values["phase"] != "expired" {
			t.Fatalf("phase %v: %s", state.Values["phase"], diags)
		}
		replaced, _, state, diags := again(t, p, state, config)
		diags.RequireNone(t)
		if !replaced || state.Values["phase"] != "done" {
			t.Errorf("replaced: %v, phase %v", replaced, state.Values["phase"])
		}
	})
}

// TestBatchResource_expiredKept: a batch that is not waited for, was imported, or has
// its results in the state is never run again.
func TestBatchResource_expiredKept(t *testing.T) {
	t.Parallel()
	t.Run("not waited for", func(t *testing.T) {
		t.Parallel()
		p, sim := newServer(t, simulator.Options{})
		config := acctest.Values{"requests": []any{acctest.Values{"mock_delay": 60}}, "wait_for_completion": false}
		state, diags := p.CreateResource(t.Context(), batchType, config)
		diags.RequireNone(t)
		sim.ForgetBatch("demo", fmt.Sprint(state.Values["id"]))
		replaced, told, state, diags := again(t, p, state, config)
		diags.RequireNone(t)
		if replaced || state.Values["phase"] != "expired" || !strings.Contains(told, "No new batch is planned") {
			t.Errorf("replaced %v, phase %v: %s", replaced, state.Values["phase"], told)
		}
	})
	t.Run("imported", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p, sim := newBubble(t, simulator.Options{})
			config := minutes(acctest.Values{"wait_for_completion": false})
			state, diags := p.CreateResource(t.Context(), batchType, config)
			diags.RequireNone(t)
			imported, diags := p.ImportResource(t.Context(), batchType, "", acctest.Values{"endpoint_id": "demo", "id": state.Values["id"]})
			diags.RequireNone(t)
			forgetAfter(sim, 4*time.Minute)
			_, _, imported, diags = again(t, p, imported, minutes(nil))
			if !diags.HasError() || !strings.Contains(diags.String(), titleExpired) || !strings.Contains(diags.String(), "was imported") {
				t.Errorf("%s", diags)
			}
			if replaced, _, _, _ := again(t, p, imported, minutes(nil)); replaced {
				t.Error("an imported batch is run again")
			}
		})
	})
	t.Run("with results", func(t *testing.T) {
		t.Parallel()
		p, sim := newServer(t, simulator.Options{})
		config := acctest.Values{"requests": []any{acctest.Values{"mock_return": 1}}}
		state, diags := p.CreateResource(t.Context(), batchType, config)
		diags.RequireNone(t)
		sim.ForgetBatch("demo", fmt.Sprint(state.Values["id"]))
		if replaced, told, _, diags := again(t, p, state, config); replaced || told != "" || len(diags) > 0 {
			t.Errorf("%v, %s%s", replaced, told, diags)
		}
	})
}

// TestBatchResource_expiredSettled: an apply that changes on_expired to "error" fails
// because of a batch that was kept, and the one after it runs a new batch.
func TestBatchResource_expiredSettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, sim := newBubble(t, simulator.Options{})
		forgetAfter(sim, time.Minute)
		state, diags := p.CreateResource(t.Context(), batchType, minutes(acctest.Values{"on_expired": "warn"}))
		diags.RequireNoError(t)
		replaced, _, state, diags := again(t, p, state, minutes(nil))
		if replaced || !diags.HasError() || !strings.Contains(diags.String(), titleExpired) {
			t.Errorf("replaced %v: %s", replaced, diags)
		}
		replaced, told, _, diags := again(t, p, state, minutes(nil))
		diags.RequireNone(t)
		if !replaced || !strings.Contains(told, titleNew) {
			t.Errorf("replaced %v: %s", replaced, told)
		}
	})
}

// TestBatchResource_expiredReplaced: a batch that the API forgot is replaced because
// of triggers that come with the apply, and they turn out to be the same. It is run
// again where its expiry counts as a failure, and kept otherwise.
func TestBatchResource_expiredReplaced(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		more acctest.Values
		runs bool
	}{
		"error":          {nil, true},
		"warn":           {acctest.Values{"on_expired": "warn"}, false},
		"not waited for": {acctest.Values{"wait_for_completion": false}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, sim := newBubble(t, simulator.Options{})
				config := minutes(tc.more)
				config["triggers"] = acctest.Values{"a": "1"}
				config["on_timeout"], config["timeouts"] = "detach", acctest.Values{"create": "1m"}
				state, diags := p.CreateResource(t.Context(), batchType, config)
				diags.RequireNoError(t)
				sim.ForgetBatch("demo", fmt.Sprint(state.Values["id"]))
				state, diags = p.ReadResource(t.Context(), batchType, state)
				diags.RequireNoError(t)
				config["timeouts"] = acctest.Values{"create": "10h"}
				after, diags := p.ReplaceForUnknownTriggers(t.Context(), batchType, state, config)
				diags.RequireNoError(t)
				finalized, phase := 1, "expired"
				if tc.runs {
					finalized, phase = 2, "done"
				}
				requests(t, sim, "batch-finalize", finalized)
				if after.Values["phase"] != phase || strings.Contains(diags.String(), "known only after apply") == tc.runs {
					t.Errorf("phase %v, want %s: %s", after.Values["phase"], phase, diags)
				}
			})
		})
	}
}

// notServed are 404 replies that say nothing about a batch.
var notServed = map[string]string{
	"a path that is not served": `{"detail":"Not Found"}`, "a gateway's page": "<html><head><title>404 Not Found</title></head></html>",
}

// TestBatchResource_notServed: a 404 that does not say that the batch is unknown does
// not make it expired, which would run it again.
func TestBatchResource_notServed(t *testing.T) {
	t.Parallel()
	for name, body := range notServed {
		missing := func(op string, times int) simulator.Fault {
			return simulator.Fault{Op: op, Kind: simulator.StatusReply, Status: 404, Body: body, Times: times}
		}
		t.Run(name+", during the wait", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, sim := newBubble(t, simulator.Options{})
				time.AfterFunc(2*time.Minute, func() { sim.Inject(missing("batch-get", 6)) })
				state, diags := p.CreateResource(t.Context(), batchType, minutes(nil))
				diags.RequireNone(t)
				if state.Values["phase"] != "done" {
					t.Errorf("phase %v", state.Values["phase"])
				}
			})
		})
		t.Run(name+", during a refresh", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, sim := newBubble(t, simulator.Options{})
				state, diags := p.CreateResource(t.Context(), batchType, minutes(acctest.Values{"on_timeout": "detach", "timeouts": acctest.Values{"create": "1m"}}))
				diags.RequireNoError(t)
				restore := sim.Inject(missing("batch-get", 0))
				state, diags = p.ReadResource(t.Context(), batchType, state)
				restore()
				diags.RequireNoError(t)
				if len(diags) != 1 || state.Values["phase"] != "running" {
					t.Errorf("phase %v: %s", state.Values["phase"], diags)
				}
				replaced, _, state, diags := again(t, p, state, minutes(nil))
				diags.RequireNone(t)
				if replaced || state.Values["phase"] != "done" {
					t.Errorf("replaced: %v, phase %v", replaced, state.Values["phase"])
				}
			})
		})
		t.Run(name+", for the results", func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, sim := newBubble(t, simulator.Options{})
				time.AfterFunc(2*time.Minute, func() { sim.Inject(missing("batch-requests", 0)) })
				config := minutes(nil)
				state, diags := p.CreateResource(t.Context(), batchType, config)
				diags.RequireNoError(t)
				sim.Inject(missing("batch-get", 0))
				state, diags = p.ReadResource(t.Context(), batchType, state)
				sim.Heal()
				diags.RequireNoError(t)
				if state.Values["phase"] != "ended" {
					t.Errorf("phase %v", state.Values["phase"])
				}
				replaced, _, state, diags := again(t, p, state, config)
				diags.RequireNone(t)
				if replaced || state.Values["phase"] != "done" {
					t.Errorf("replaced: %v, phase %v", replaced, state.Values["phase"])
				}
			})
		})
		t.Run(name+", for a cancellation", func(t *testing.T) {
			t.Parallel()
			p, sim := newServer(t, simulator.Options{})
			state, diags := p.CreateResource(t.Context(), batchType, acctest.Values{"requests": []any{acctest.Values{"mock_delay": 60}}, "wait_for_completion": false})
			diags.RequireNone(t)
			restore := sim.Inject(missing("batch-cancel", 0))
			_, diags = p.DestroyResource(t.Context(), batchType, state)
			restore()
			if len(diags.Errors()) != 1 {
				t.Errorf("a batch that runs is forgotten: %s", diags)
			}
		})
	}
}

// TestBatchResource_oneOddAnswer: results that are not found, and one reply that the
// batch is not known, do not make it expired.
func TestBatchResource_oneOddAnswer(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		times int
		phase string
	}{"once": {1, "ended"}, "for good": {0, "expired"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, sim := newBubble(t, simulator.Options{})
				missing := simulator.Fault{Op: "batch-requests", Kind: simulator.StatusReply, Status: 404, Body: `{"detail":"batch not found"}`}
				time.AfterFunc(2*time.Minute, func() { sim.Inject(missing) })
				state, diags := p.CreateResource(t.Context(), batchType, minutes(nil))
				diags.RequireNoError(t)
				if state.Values["phase"] != "ended" {
					t.Fatalf("phase %v: %s", state.Values["phase"], diags)
				}
				missing.Op, missing.Times = "batch-get", tc.times
				sim.Inject(missing)
				after, diags := p.ApplyResource(t.Context(), p.PlanResource(t.Context(), batchType, state, minutes(nil)))
				if !diags.HasError() || after.Values["phase"] != tc.phase {
					t.Errorf("phase %v: %s", after.Values["phase"], diags)
				}
			})
		})
	}
}
