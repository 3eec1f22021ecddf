package jobset_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// retryElsewhere puts the failed job of a key back into the queue, as the action does.
func retryElsewhere(t *testing.T, p *acctest.ProtocolServer, state *acctest.ResourceState, key string) {
	t.Helper()
	_, diags := p.InvokeAction(t.Context(), "runpodserverless_job_retry", acctest.Values{"id": job(t, state.Values, key)["id"], "wait_for_completion": false})
	diags.RequireNone(t)
}

// TestJobSetResource_retriedElsewhere: a refresh notices that another client has
// retried a failed job of a set. Nothing is submitted for its key, even if failed keys
// run again.
func TestJobSetResource_retriedElsewhere(t *testing.T) {
	t.Parallel()
	inputs := acctest.Values{
		"flaky":  acctest.Values{"sim_fail_times": 1, "mock_return": "x", "mock_delay": 60},
		"broken": acctest.Values{"sim_raise": "kaboom"},
		"fine":   acctest.Values{"mock_return": "y"},
	}
	for name, more := range map[string]acctest.Values{
		"kept":        {"on_failure": "warn"},
		"tolerated":   {"min_success_ratio": 0.3},
		"would rerun": {"min_success_ratio": 0.6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
				config := set(inputs, more)
				state, _ := p.CreateResource(t.Context(), setType, config)
				if got := state.Values["failed"]; got != int64(2) {
					t.Fatalf("%v failed", got)
				}
				retryElsewhere(t, p, state, "flaky")
				state, diags := p.ReadResource(t.Context(), setType, state)
				diags.RequireNone(t)
				if got := job(t, state.Values, "flaky")["status"]; got != "IN_QUEUE" && got != "IN_PROGRESS" {
					t.Errorf("right after the retry the job is %v", got)
				}
				if got := state.Values["failed"]; got != int64(1) {
					t.Errorf("%v failed", got)
				}
				if got := open(t, p.PlanResource(t.Context(), setType, state, config)); got != "flaky" {
					t.Errorf("the plan waits for %q", got)
				}
				time.Sleep(2 * time.Minute)
				state, diags = p.ReadResource(t.Context(), setType, state)
				diags.RequireNone(t)
				flaky, outputs := job(t, state.Values, "flaky"), state.Values["outputs"].(acctest.Values) //nolint:forcetypeassert // an object or a bug
				if flaky["status"] != "COMPLETED" || flaky["error"] != nil || outputs["flaky"] != "x" || outputs["fine"] != "y" || state.Values["succeeded"] != int64(2) {
					t.Errorf("got %v, outputs %v", flaky, outputs)
				}
				if got := job(t, state.Values, "broken"); got["status"] != "FAILED" {
					t.Errorf("got %v", got)
				}
				if got := open(t, p.PlanResource(t.Context(), setType, state, config)); got != "" {
					t.Errorf("the plan runs %q", got)
				}
				requests(t, sim, "run", 3)
			})
		})
	}
}

// TestJobSetResource_failedForGood: while the API may keep the results of failed jobs,
// a refresh reads each of these once and changes nothing; after that it sends no
// request.
func TestJobSetResource_failedForGood(t *testing.T) {
	t.Parallel()
	const failing = 25
	inputs := same(failing, acctest.Values{"sim_raise": "kaboom"})
	inputs["fine"] = acctest.Values{"mock_return": "y"}
	for name, tc := range map[string]struct {
		meanwhile func(sim *simtest.Sim)
		most      int // looks; 0: one for each failed key
	}{
		"as they were": {meanwhile: func(*simtest.Sim) {}},
		"expired": {meanwhile: func(sim *simtest.Sim) {
			for _, j := range sim.Jobs("demo") {
				sim.ExpireJob("demo", j.ID)
			}
		}},
		"refused": {func(sim *simtest.Sim) {
			sim.Inject(simulator.Fault{Op: "status", Kind: simulator.StatusReply, Status: 403, Body: `{"detail":"forbidden"}`})
		}, 20},
		"without an answer": {func(sim *simtest.Sim) { sim.Inject(simulator.Fault{Op: "status", Kind: simulator.Unavailable}) }, 5 * failing},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
				config := set(inputs, acctest.Values{"on_failure": "warn"})
				state, _ := p.CreateResource(t.Context(), setType, config)
				tc.meanwhile(sim)
				refreshed := func() (looks int, took time.Duration) {
					before, began := sim.Journal().Count("status"), time.Now()
					now, diags := p.ReadResource(t.Context(), setType, state)
					diags.RequireNone(t)
					if fmt.Sprint(now.Values) != fmt.Sprint(state.Values) {
						t.Errorf("the refresh changes the state to %v", now.Values)
					}
					return sim.Journal().Count("status") - before, time.Since(began)
				}
				time.Sleep(20 * time.Minute)
				switch looks, took := refreshed(); {
				case tc.most == 0 && looks != failing:
					t.Errorf("%d looks, want %d", looks, failing)
				case tc.most > 0 && looks > tc.most:
					t.Errorf("%d looks, want at most %d", looks, tc.most)
				case took > 11*time.Second:
					t.Errorf("the refresh takes %s", took)
				}
				time.Sleep(11 * time.Minute)
				if looks, _ := refreshed(); looks != 0 {
					t.Errorf("%d looks later", looks)
				}
				requests(t, sim, "run", failing+1)
			})
		})
	}
}

// TestJobSetResource_retriedUndecided: a provider whose configuration is not known
// yet keeps failed keys as they are.
func TestJobSetResource_retriedUndecided(t *testing.T) {
	t.Parallel()
	sim, p := start(t, simulator.Options{})
	config := set(acctest.Values{"a": acctest.Values{"sim_raise": "kaboom"}}, acctest.Values{"on_failure": "warn"})
	state, diags := p.CreateResource(t.Context(), setType, config)
	diags.RequireNoError(t)
	unknown := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": "demo", "api_key": acctest.Unknown})
	before := len(sim.Journal())
	now, diags := unknown.ReadResource(t.Context(), setType, state)
	diags.RequireNone(t)
	if fmt.Sprint(now.Values) != fmt.Sprint(state.Values) || len(sim.Journal()) != before {
		t.Errorf("got %v", strings.TrimSpace(fmt.Sprint(now.Values)))
	}
}

// TestJobSetResource_retriedToFile: the output of a job that completed after it was
// retried goes to its file with the next apply, which submits nothing.
func TestJobSetResource_retriedToFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	inBubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim, p *acctest.ProtocolServer) {
		config := set(acctest.Values{"flaky": acctest.Values{"sim_fail_times": 1, "mock_return": "x", "mock_delay": 60}}, acctest.Values{
			"on_failure": "warn", "output_files": acctest.Values{folder + "/{key}.txt": acctest.Values{"encoding": "text"}},
		})
		state, diags := p.CreateResource(t.Context(), setType, config)
		diags.RequireNoError(t)
		retryElsewhere(t, p, state, "flaky")
		time.Sleep(2 * time.Minute)
		state, diags = p.ReadResource(t.Context(), setType, state)
		diags.RequireNone(t)
		state, diags = update(t, p, state, config)
		diags.RequireNoError(t)
		if got := textOf(t, folder+"/flaky.txt"); got != "x" || job(t, state.Values, "flaky")["status"] != "COMPLETED" {
			t.Errorf("the file has %q, and the job is %v", got, job(t, state.Values, "flaky"))
		}
		if got := open(t, p.PlanResource(t.Context(), setType, state, config)); got != "" {
			t.Errorf("the plan runs %q", got)
		}
		requests(t, sim, "run", 1)
	})
}
