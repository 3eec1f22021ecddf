package batch_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// newServer returns a provider with quick retries, and its simulator.
func newServer(t testing.TB, o simulator.Options) (*acctest.ProtocolServer, *simtest.Sim) {
	t.Helper()
	sim := simtest.Start(t, o)
	return acctest.NewProtocolServer(t, sim, acctest.Values{
		"endpoint_id": "demo", "max_retries": 1, "retry_min_wait": "1ms", "retry_max_wait": "2ms",
	}), sim
}

// newBubble is newServer for a test in a bubble of fake time, in which pauses
// cost nothing.
func newBubble(t *testing.T, o simulator.Options) (*acctest.ProtocolServer, *simtest.Sim) {
	t.Helper()
	sim := simtest.NewInBubble(t, o)
	return acctest.NewBubbleServer(t, sim.Server, acctest.Values{"endpoint_id": "demo", "max_retries": 1}), sim
}

// lineSize is the size of a line whose call takes more than one read and write:
// it is larger than the buffers of net/http and of io.Copy.
const lineSize = 64 << 10

// largeLines writes a file with n requests of size bytes.
func largeLines(t testing.TB, n, size int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "requests.jsonl")
	file, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for i := range n {
		line := fmt.Sprintf(`{"mock_return":%d,"pad":"`, i)
		if _, err := file.WriteString(line + strings.Repeat("x", size-len(line)-2) + "\"}\n"); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// nextApply is what the next apply does after one that gave these results: a
// new creation when there is no state, a replacement when there was an error,
// and else what is planned.
func nextApply(t *testing.T, p *acctest.ProtocolServer, state *acctest.ResourceState, failed bool, config acctest.Values) *acctest.ResourceState {
	t.Helper()
	ctx := t.Context()
	if failed && state != nil && state.Values != nil {
		if _, diags := p.DestroyResource(ctx, batchType, state); diags.HasError() {
			t.Fatalf("destroy: %s", diags)
		}
		state = nil
	}
	if state == nil || state.Values == nil {
		state, diags := p.CreateResource(ctx, batchType, config)
		diags.RequireNoError(t)
		return state
	}
	state, diags := p.ReadResource(ctx, batchType, state)
	diags.RequireNoError(t)
	plan := p.PlanResource(ctx, batchType, state, config)
	plan.Diagnostics.RequireNoError(t)
	if len(plan.RequiresReplace) > 0 {
		t.Fatalf("the next apply replaces the batch: %v", plan.RequiresReplace)
	}
	state, diags = p.ApplyResource(ctx, plan)
	diags.RequireNoError(t)
	return state
}

// exactly fails the test unless the batch of the state has the requests of n
// lines, in order, each run once, and nothing else ran anywhere.
func exactly(t *testing.T, sim *simtest.Sim, state *acctest.ResourceState, n int) {
	t.Helper()
	runs, found := 0, false
	for _, b := range sim.Batches("demo") {
		runs += b.Runs
		if b.ID != state.Values["id"] {
			continue
		}
		found = true
		if len(b.Inputs) != n || b.Status != "FINALIZED" {
			t.Errorf("the batch is %s and has %d requests, want %d", b.Status, len(b.Inputs), n)
		}
		for i, input := range b.Inputs {
			if !strings.HasPrefix(string(input), fmt.Sprintf(`{"mock_return":%d`, i)) {
				t.Fatalf("request %d is not that of its line", i)
			}
		}
	}
	if !found || runs != n {
		t.Errorf("found: %v; %d requests ran, want %d", found, runs, n)
	}
	if state.Values["phase"] != "done" || state.Values["total"] != int64(n) || state.Values["completed"] != int64(n) {
		t.Errorf("phase %v, total %v, completed %v", state.Values["phase"], state.Values["total"], state.Values["completed"])
	}
}

// TestBatchResource_brokenAtEachPhase breaks the connection at every boundary
// between two phases of a batch, once and for the whole of an apply: after the
// next apply, the server has the lines of the file, each once. With the race
// detector it is each boundary in one of the five ways.
func TestBatchResource_brokenAtEachPhase(t *testing.T) {
	t.Parallel()
	const appendable = 11 // lines: the first creates the batch, four go alone, and the rest in a fifth call
	for i, at := range []struct {
		op   string
		skip int
	}{
		{"batch-create", 0},
		{"batch-get", 0},      // before anything is appended
		{"batch-requests", 0}, // the first id
		{"batch-append", 0},   // the second request
		{"batch-requests", 1}, // its id
		{"batch-append", 3},   // the last that is added by itself
		{"batch-append", 4},   // the rest
		{"batch-requests", 4}, // the order
		{"batch-get", 1},      // before it is finalized
		{"batch-finalize", 0},
		{"batch-get", 2},      // after it was finalized
		{"batch-get", 3},      // the wait
		{"batch-requests", 5}, // the results
	} {
		for j, kind := range []simulator.FaultKind{
			simulator.CutBefore, simulator.CutAfter, simulator.CutBody, simulator.InternalError, simulator.BadGatewayHTML,
		} {
			if acctest.RaceDetector && (i+2*j)%5 > 0 {
				continue
			}
			if at.op == "batch-append" && at.skip > 0 && (kind == simulator.InternalError || kind == simulator.BadGatewayHTML) {
				continue // megabytes each time, and the same as at the first call
			}
			for _, times := range []int{1, 0} {
				t.Run(fmt.Sprintf("%s %d/%s/%d", at.op, at.skip, kind, times), func(t *testing.T) {
					t.Parallel()
					synctest.Test(t, func(t *testing.T) {
						p, sim := newBubble(t, simulator.Options{})
						n := 5
						file := lines(t, n)
						if at.op == "batch-append" {
							n = appendable
							file = largeLines(t, n, lineSize)
						}
						timeout := "1m"
						if at.op == "batch-get" && at.skip == 3 && times == 0 {
							timeout = "2s" // a wait outlasts every failure but this
						}
						config := acctest.Values{
							"requests_file": file, "results_file": filepath.Join(t.TempDir(), "results.jsonl"),
							"on_timeout": "detach", "timeouts": acctest.Values{"create": timeout},
						}
						restore := sim.Inject(simulator.Fault{Op: at.op, Kind: kind, Skip: at.skip, Times: times})
						state, diags := p.CreateResource(t.Context(), batchType, config)
						restore()
						if at.op != "batch-create" && diags.HasError() {
							t.Errorf("an error taints the batch: %s", diags)
						}
						unknown := at.op == "batch-create"
						if got := strings.Contains(diags.String(), "outcome is unknown"); got != unknown {
							t.Errorf("the outcome is unknown: %v, want %v: %s", got, unknown, diags)
						}
						if state != nil && state.Values != nil && state.Values["phase"] == "done" {
							if len(diags.Warnings()) > 0 {
								t.Errorf("done with warnings: %s", diags)
							}
						} else {
							state = nextApply(t, p, state, diags.HasError(), config)
						}
						exactly(t, sim, state, n)
						if at.op != "batch-create" {
							requests(t, sim, "batch-create", 1)
						}
						for i, r := range readResults(t, fmt.Sprint(config["results_file"])) {
							if r.Index == nil || *r.Index != i || string(r.Output) != fmt.Sprint(i) {
								t.Fatalf("result %d: %+v", i, r)
							}
						}
					})
				})
			}
		}
	}
}

// TestBatchResource_interruptedInEachPhase: an interrupt leaves a warning and
// the id, and the next apply continues.
func TestBatchResource_interruptedInEachPhase(t *testing.T) {
	t.Parallel()
	for _, at := range []struct {
		op   string
		skip int
	}{
		{"batch-create", 0}, {"batch-get", 0}, {"batch-requests", 0}, {"batch-append", 0}, {"batch-append", 1},
		{"batch-append", 3}, {"batch-append", 4}, {"batch-requests", 1}, {"batch-requests", 3},
		{"batch-get", 1}, {"batch-finalize", 0}, {"batch-get", 3}, {"batch-requests", 5},
	} {
		t.Run(fmt.Sprintf("%s %d", at.op, at.skip), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, sim := newBubble(t, simulator.Options{})
				n, calls := 5, 4 // one by one, after the first
				file := lines(t, n)
				if at.op == "batch-append" {
					n, calls = 11, 5
					file = largeLines(t, n, lineSize)
				}
				config := acctest.Values{"requests_file": file}
				sim.Inject(simulator.Fault{Op: at.op, Kind: simulator.SlowBefore, Skip: at.skip, Times: 1, Delay: 300 * time.Millisecond})
				state, diags := createAndInterrupt(t, p, sim, at.op, at.skip+1, config)
				if diags.HasError() || len(diags.Warnings()) != 1 || !strings.Contains(diags.String(), "next apply continues") {
					t.Errorf("want one warning, got %s", diags)
				}
				if state.Values["id"] == nil || state.Values["phase"] == "done" {
					t.Fatalf("the state is %v", state.Values)
				}
				exactly(t, sim, nextApply(t, p, state, false, config), n)
				requests(t, sim, "batch-create", 1)
				requests(t, sim, "batch-append", calls)
				requests(t, sim, "batch-finalize", 1)
			})
		})
	}
}

// createAndInterrupt creates a batch and interrupts when an operation is called
// the nth time.
func createAndInterrupt(t *testing.T, p *acctest.ProtocolServer, sim *simtest.Sim, op string, nth int, config acctest.Values) (*acctest.ResourceState, acctest.Diagnostics) {
	t.Helper()
	plan := p.PlanResource(t.Context(), batchType, nil, config)
	plan.Diagnostics.RequireNoError(t)
	return p.ApplyResource(sim.UntilReached(t, op, nth), plan)
}

func TestBatchResource_interruptCancels(t *testing.T) {
	t.Parallel()
	for _, op := range []string{"batch-append", "batch-finalize"} {
		t.Run(op, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, sim := newBubble(t, simulator.Options{})
				config := acctest.Values{"requests": []any{acctest.Values{"mock_delay": 60}, acctest.Values{"mock_return": 2}}, "on_interrupt": "cancel"}
				sim.Inject(simulator.Fault{Op: op, Kind: simulator.SlowBefore, Delay: 300 * time.Millisecond})
				state, diags := createAndInterrupt(t, p, sim, op, 1, config)
				if !strings.Contains(diags.String(), "the batch was cancelled") || !diags.HasError() {
					t.Error(diags)
				}
				requests(t, sim, "batch-cancel", 1)
				if state.Values["id"] == nil {
					t.Error("the id is lost")
				}
			})
		})
	}
}
