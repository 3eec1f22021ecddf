package batchrun_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/batchrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// bubble gives a runner and its simulator in a bubble of fake time.
func bubble(t *testing.T, f func(t *testing.T, r *batchrun.Runner, sim *simulator.Server)) {
	t.Helper()
	bubbleWith(t, simulator.Options{}, f)
}

func bubbleWith(t *testing.T, options simulator.Options, f func(t *testing.T, r *batchrun.Runner, sim *simulator.Server)) {
	t.Helper()
	t.Parallel()
	simtest.Bubble(t, options, func(t *testing.T, sim *simtest.Sim) { f(t, batchrun.New(sim.Client(t)), sim.Server) })
}

func workOf(t *testing.T, inputs ...string) batchrun.Work {
	t.Helper()
	var raw []json.RawMessage
	for _, input := range inputs {
		raw = append(raw, json.RawMessage(input))
	}
	w, err := batchrun.Survey(batchrun.Slice(raw))
	if err != nil || w.Count != len(inputs) {
		t.Fatalf("%d inputs, %v", w.Count, err)
	}
	return w
}

const endpoint = simulator.DefaultEndpointID

func TestRun(t *testing.T) {
	bubble(t, func(t *testing.T, r *batchrun.Runner, sim *simulator.Server) {
		w := workOf(t, `{"mock_delay":600}`, `{"mock_return":"two"}`, `{"mock_error":true}`)
		batch, progress, err := r.Create(t.Context(), endpoint, w)
		if err != nil || progress.Sent != 1 {
			t.Fatalf("%+v, %v", progress, err)
		}
		started := time.Now()
		out := r.Run(t.Context(), endpoint, batch.ID, w, progress, batchrun.Options{Timeout: time.Hour, Fresh: true, Wait: true})
		if out.End != jobrun.EndFinished || !out.Batch.Done() || !progress.Finalized || len(progress.IDs) != 3 {
			t.Fatalf("%+v, %+v", out, progress)
		}
		if late := time.Since(started) - 10*time.Minute; late > 11*time.Second {
			t.Errorf("%s late", late)
		}
		results, err := r.Collect(t.Context(), endpoint, batch.ID, 3, progress.IDs, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer results.Close()
		var lines bytes.Buffer
		if n, err := results.WriteTo(&lines); err != nil || n != results.Bytes || n != int64(lines.Len()) {
			t.Errorf("%d bytes, %v", n, err)
		}
		if !results.InOrder || results.Completed != 2 || results.Failed != 1 || len(results.Failures) != 1 || !strings.Contains(lines.String(), `"index":1,`) || !strings.Contains(lines.String(), `"output":"two"`) {
			t.Errorf("%+v\n%s", results, lines.String())
		}
		if !slices.Equal(progress.IDs, sim.Batches(endpoint)[0].RequestIDs) {
			t.Errorf("the order is %v", progress.IDs)
		}
	})
}

// TestAssign_order: in whatever order the API lists a few requests, each result is
// assigned to its input.
func TestAssign_order(t *testing.T) {
	for _, order := range []simulator.BatchOrder{simulator.BatchOrderAdded, simulator.BatchOrderNewest, simulator.BatchOrderByID} {
		t.Run(string(order), func(t *testing.T) {
			choices := simulator.Choices{BatchReply: simulator.BatchReplyEmpty, BatchOrder: order}
			bubbleWith(t, simulator.Options{Choices: choices}, func(t *testing.T, r *batchrun.Runner, sim *simulator.Server) {
				for n := range 25 {
					inputs := slices.Repeat([]string{`{"mock_return":1}`}, 2+n%5)
					w := workOf(t, inputs...)
					batch, progress, err := r.Create(t.Context(), endpoint, w)
					if err != nil {
						t.Fatal(err)
					}
					if out := r.Run(t.Context(), endpoint, batch.ID, w, progress, batchrun.Options{Timeout: time.Hour, Fresh: true, Wait: true}); out.Err != nil {
						t.Fatal(out.Err)
					}
					if want := sim.Batches(endpoint)[n].RequestIDs; !slices.Equal(progress.IDs, want) {
						t.Errorf("the order of %d is %v, want %v", len(inputs), progress.IDs, want)
					}
				}
			})
		})
	}
}

// TestLateVisibility: a batch that the API does not show at first is not an error.
func TestLateVisibility(t *testing.T) {
	bubble(t, func(t *testing.T, r *batchrun.Runner, sim *simulator.Server) {
		w := workOf(t, `{"a":1}`, `{"a":2}`)
		batch, progress, err := r.Create(t.Context(), endpoint, w)
		if err != nil {
			t.Fatal(err)
		}
		sim.Inject(simulator.Fault{Op: "batch-get", Kind: simulator.NotVisible, Times: 10})
		out := r.Run(t.Context(), endpoint, batch.ID, w, progress, batchrun.Options{Timeout: time.Hour, Fresh: true, Wait: true})
		if out.End != jobrun.EndFinished || out.Err != nil {
			t.Errorf("%+v", out)
		}
	})
}

// TestBatchUntilVisible: whatever form the API gives to its 404 about a batch, it may
// not show the batch yet. An error about the endpoint is final.
func TestBatchUntilVisible(t *testing.T) {
	for name, tc := range map[string]struct {
		body            string
		times, attempts int
		asked           int
		found           bool
	}{
		"at once":            {"", 0, 3, 1, true},
		"batch not found":    {`{"detail":"batch not found"}`, 2, 3, 3, true},
		"not found":          {`{"detail":"Not Found"}`, 2, 3, 3, true},
		"not found for good": {`{"detail":"batch not found"}`, 9, 3, 3, false},
		"endpoint not found": {`{"status":404,"title":"Not Found","detail":"endpoint not found"}`, 9, 3, 1, false},
		"page of a gateway":  {"<html></html>", 9, 3, 1, false},
		"one attempt is all": {`{"detail":"batch not found"}`, 9, 1, 1, false},
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T, r *batchrun.Runner, sim *simulator.Server) {
				batch, _, err := r.Create(t.Context(), endpoint, workOf(t, `{"a":1}`))
				if err != nil {
					t.Fatal(err)
				}
				if tc.times > 0 {
					sim.Inject(simulator.Fault{Op: "batch-get", Kind: simulator.StatusReply, Status: 404, Body: tc.body, Times: tc.times})
				}
				got, err := r.BatchUntilVisible(t.Context(), endpoint, batch.ID, tc.attempts)
				if (err == nil) != tc.found || tc.found && got.ID != batch.ID {
					t.Errorf("got %v, %v", got, err)
				}
				if n := sim.Journal().Count("batch-get"); n != tc.asked {
					t.Errorf("%d requests", n)
				}
			})
		})
	}
}

// TestBatchUntilVisible_interrupted: one reply that a batch is not known, and then an
// interrupt, does not mean that it is gone.
func TestBatchUntilVisible_interrupted(t *testing.T) {
	bubble(t, func(t *testing.T, r *batchrun.Runner, sim *simulator.Server) {
		sim.Inject(simulator.Fault{Op: "batch-get", Kind: simulator.NotVisible})
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := r.BatchUntilVisible(ctx, endpoint, "batch_1", 2); err == nil || runpod.IsNotFound(err) {
			t.Errorf("got %v", err)
		}
	})
}

func TestTimeout_adding(t *testing.T) {
	for _, choice := range []jobrun.Choice{jobrun.Cancel, jobrun.Detach} {
		t.Run(string(choice), func(t *testing.T) {
			bubble(t, func(t *testing.T, r *batchrun.Runner, sim *simulator.Server) {
				w := workOf(t, `{"a":1}`, `{"a":2}`)
				batch, progress, err := r.Create(t.Context(), endpoint, w)
				if err != nil {
					t.Fatal(err)
				}
				sim.Inject(simulator.Fault{Op: "batch-get", Kind: simulator.SlowBefore, Delay: 20 * time.Second, Times: 1})
				out := r.Run(t.Context(), endpoint, batch.ID, w, progress, batchrun.Options{Timeout: 10 * time.Second, OnTimeout: choice})
				if out.End != jobrun.EndTimedOut || out.Cancelled != (choice == jobrun.Cancel) || progress.Finalized {
					t.Errorf("%+v, %+v", out, progress)
				}
				var timeout *wait.BatchTimeoutError
				if !errors.As(out.Err, &timeout) || timeout.Err != nil { // the timeout itself cut the request off
					t.Errorf("%v", out.Err)
				}
			})
		})
	}
}

// TestUnknownOutcome_noCount: if the API does not report what a draft has, a call of
// unknown outcome is not repeated.
func TestUnknownOutcome_noCount(t *testing.T) {
	bubble(t, func(t *testing.T, r *batchrun.Runner, sim *simulator.Server) {
		w := workOf(t, `{"a":1}`, `{"a":2}`)
		batch, progress, err := r.Create(t.Context(), endpoint, w)
		if err != nil {
			t.Fatal(err)
		}
		sim.Inject(simulator.Fault{Op: "batch-get", Kind: simulator.StatusReply, Status: 200, Body: `{"status":"DRAFT"}`})
		sim.Inject(simulator.Fault{Op: "batch-append", Kind: simulator.CutAfter})
		out := r.Run(t.Context(), endpoint, batch.ID, w, progress, batchrun.Options{Timeout: time.Hour})
		if out.End != jobrun.EndWaitFailed || !errors.Is(out.Err, batchrun.ErrNotCounted) || out.Resumable() {
			t.Errorf("%+v", out)
		}
		if n := sim.Journal().Count("batch-append"); n != 1 {
			t.Errorf("%d calls", n)
		}
	})
}

// TestInputsChanged: inputs that change while they are sent are noticed
// before the batch is finalized.
func TestInputsChanged(t *testing.T) {
	bubble(t, func(t *testing.T, r *batchrun.Runner, sim *simulator.Server) {
		w := workOf(t, `{"a":1}`, `{"a":2}`)
		batch, progress, err := r.Create(t.Context(), endpoint, w)
		if err != nil {
			t.Fatal(err)
		}
		w.Inputs = batchrun.Slice([]json.RawMessage{[]byte(`{"a":1}`), []byte(`{"a":3}`)})
		out := r.Run(t.Context(), endpoint, batch.ID, w, progress, batchrun.Options{Timeout: time.Hour})
		if !errors.Is(out.Err, batchrun.ErrChanged) || sim.Journal().Count("batch-finalize") != 0 {
			t.Errorf("%+v", out)
		}
	})
}

func TestSurvey_ends(t *testing.T) {
	t.Parallel()
	if _, err := batchrun.Survey(batchrun.Slice(make([]json.RawMessage, runpod.MaxBatchRequests+1))); !errors.As(err, new(batchrun.TooManyError)) {
		t.Error(err)
	}
	broken := func(yield func([]byte, error) bool) { yield(nil, errors.New("broken")) }
	if _, err := batchrun.Survey(broken); err == nil || err.Error() != "broken" {
		t.Error(err)
	}
}

// pagesAPI lists requests in pages as it likes.
type pagesAPI struct {
	batchrun.API
	total, most int // requests, and on a page
	tooLarge    int // pages with more are too large
	refuse      int // limits above are refused
	shift       bool
	asked       []int
}

func (p *pagesAPI) BatchRequests(_ context.Context, _, _ string, offset, limit int) (runpod.BatchPage, error) {
	p.asked = append(p.asked, limit)
	switch {
	case p.refuse > 0 && limit > p.refuse:
		return runpod.BatchPage{}, &runpod.Error{Reason: runpod.ReasonStatus, StatusCode: 400}
	case p.tooLarge > 0 && limit > p.tooLarge:
		return runpod.BatchPage{}, &runpod.Error{Reason: runpod.ReasonTooLarge, StatusCode: 200}
	}
	end := min(offset+min(limit, p.most), p.total)
	page := runpod.BatchPage{HasMore: end < p.total, Bytes: 1000}
	for i := offset; i < end; i++ {
		n := i
		if p.shift && len(p.asked) > 1 && len(p.asked) < 4 { // one moved to the front meanwhile
			n = (i + p.total - 1) % p.total
		}
		page.Requests = append(page.Requests, runpod.BatchRequest{ID: fmt.Sprint(n), Status: runpod.StatusCompleted})
	}
	return page, nil
}

// TestPages: each request is seen once, whatever pages the API makes.
func TestPages(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		api  *pagesAPI
		want int
	}{
		"as asked":       {&pagesAPI{total: 1000, most: 1000}, 1000},
		"small pages":    {&pagesAPI{total: 100, most: 7}, 100},
		"large outputs":  {&pagesAPI{total: 100, most: 1000, tooLarge: 3}, 100},
		"a strict limit": {&pagesAPI{total: 1000, most: 1000, refuse: 50}, 1000},
		"a shifted list": {&pagesAPI{total: 120, most: 1000, shift: true}, 120},
		"one is missing": {&pagesAPI{total: 99, most: 1000}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			total := int64(tc.api.total)
			if tc.want == 0 {
				total++
			}
			results, err := batchrun.New(tc.api).Collect(t.Context(), "ep", "b", total, nil, t.TempDir())
			var incomplete *batchrun.IncompleteError
			if tc.want == 0 {
				if !errors.As(err, &incomplete) || incomplete.Got != int64(tc.api.total) {
					t.Error(err)
				}
				return
			}
			if err != nil {
				t.Fatalf("%v after %v", err, tc.api.asked)
			}
			defer results.Close()
			if results.Completed != int64(tc.want) || results.InOrder {
				t.Errorf("%+v", results)
			}
		})
	}
}

// TestPages_hugeTotal: a huge total from the API does not allocate memory.
func TestPages_hugeTotal(t *testing.T) { //nolint:paralleltest // it measures the process
	for _, total := range []int64{1 << 26, 1 << 40, math.MaxInt64} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := batchrun.New(&pagesAPI{total: 3, most: 10}).Collect(t.Context(), "ep", "b", total, nil, t.TempDir())
		runtime.ReadMemStats(&after)
		if !errors.As(err, new(*batchrun.IncompleteError)) {
			t.Error(err)
		}
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 16<<20 {
			t.Errorf("%d bytes are allocated for a total of %d", grown, total)
		}
		if total == 1<<26 && t.Failed() {
			return // more would be too much
		}
	}
}
