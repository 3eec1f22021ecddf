package wait_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// batchAPI is a batch whose requests take one after the other.
type batchAPI struct {
	started   time.Time
	each      time.Duration
	total     int
	cancelled int // of the requests; they never run
	status    runpod.BatchStatus
	failure   func(ask int) error
	looks     int // at the batch
	pages     int // of its requests
}

func (b *batchAPI) ended() int {
	return min(int(time.Since(b.started)/b.each), b.total-b.cancelled)
}

func (b *batchAPI) Batch(context.Context, string, string) (runpod.Batch, error) {
	b.looks++
	if b.failure != nil {
		if err := b.failure(b.looks); err != nil {
			return runpod.Batch{}, err
		}
	}
	n := func(v int) *int64 { i := int64(v); return &i }
	running := 0
	if b.ended() < b.total-b.cancelled {
		running = 1
	}
	return runpod.Batch{ID: "b", Status: b.status, Total: n(b.total), InProgress: n(running), Completed: n(b.ended()), Failed: n(0)}, nil
}

func (b *batchAPI) BatchRequests(_ context.Context, _, _ string, offset, limit int) (runpod.BatchPage, error) {
	b.pages++
	page := runpod.BatchPage{Total: int64(b.total), HasMore: offset+limit < b.total}
	for i := offset; i < min(offset+limit, b.total); i++ {
		status := runpod.StatusInQueue
		switch {
		case i < b.ended():
			status = runpod.StatusCompleted
		case i >= b.total-b.cancelled:
			status = runpod.StatusCancelled
		}
		page.Requests = append(page.Requests, runpod.BatchRequest{ID: fmt.Sprint(i), Status: status})
	}
	return page, nil
}

func (b *batchAPI) Health(context.Context, string) (runpod.Health, error) {
	throttled := int64(3)
	return runpod.Health{Workers: runpod.WorkerCounts{Throttled: &throttled}}, nil
}

func waitForBatch(t *testing.T, b *batchAPI, timeout time.Duration) (runpod.Batch, time.Duration, error) {
	t.Helper()
	b.started = time.Now()
	if b.status == "" {
		b.status = runpod.BatchFinalized
	}
	batch, err := wait.Batch(t.Context(), b, "ep", "b", wait.BatchOptions{Timeout: timeout, CreatedAt: b.started})
	return batch, time.Since(b.started), err
}

// TestBatch_requests: the end of a long batch is noticed within 10 s and a small
// fraction of its duration, with few requests.
func TestBatch_requests(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		each, late time.Duration
		looks      int
	}{
		{10 * time.Millisecond, 450 * time.Millisecond, 7},
		{time.Second, 6 * time.Second, 90},
		{time.Minute, 11 * time.Second, 800},
	} {
		t.Run(tc.each.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &batchAPI{each: tc.each, total: 100}
				batch, took, err := waitForBatch(t, b, 100*time.Hour)
				if late := took - 100*tc.each; err != nil || !batch.Done() || late > tc.late || b.looks > tc.looks || b.pages > 0 {
					t.Errorf("%s late after %d looks and %d pages: %s, %v", late, b.looks, b.pages, batch, err)
				}
			})
		})
	}
}

// TestBatch_cancelledRequests: the counters never add up, and the wait ends
// nevertheless.
func TestBatch_cancelledRequests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &batchAPI{each: time.Second, total: 250, cancelled: 200}
		batch, took, err := waitForBatch(t, b, 100*time.Hour)
		if err != nil || batch.Ended() != 50 || took > 3*time.Minute || b.pages != 3 {
			t.Errorf("%s after %s and %d pages, %v", batch, took, b.pages, err)
		}
	})
}

func TestBatch_final(t *testing.T) {
	t.Parallel()
	for _, status := range []runpod.BatchStatus{runpod.BatchCancelled, runpod.BatchFailed} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				batch, took, err := waitForBatch(t, &batchAPI{each: time.Hour, total: 2, status: status}, time.Hour)
				if err != nil || batch.Status != status || took != 0 {
					t.Errorf("%s after %s, %v", batch, took, err)
				}
			})
		})
	}
}

func TestBatch_timeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &batchAPI{each: 20 * time.Minute, total: 5}
		_, took, err := waitForBatch(t, b, 30*time.Minute)
		var timeout *wait.BatchTimeoutError
		if !errors.As(err, &timeout) || took != 30*time.Minute {
			t.Fatalf("%v after %s", err, took)
		}
		for _, part := range []string{"batch b on endpoint ep", "30m0s", "FINALIZED", "5 in all", "1 completed", "3 throttled"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q is not in %s", part, err)
			}
		}
	})
}

func TestBatch_errors(t *testing.T) {
	t.Parallel()
	failWith := func(status int, until int) func(int) error {
		return func(ask int) error {
			if ask > until {
				return nil
			}
			return &runpod.Error{Operation: runpod.OpBatchGet, Reason: runpod.ReasonStatus, StatusCode: status, Message: "batch not found"}
		}
	}
	notServed := func(ask int) error {
		if ask <= 3 || ask > 8 {
			return nil
		}
		return &runpod.Error{Operation: runpod.OpBatchGet, Reason: runpod.ReasonStatus, StatusCode: 404, Message: "Not Found"}
	}
	for name, tc := range map[string]struct {
		failure func(int) error
		ends    bool // the wait ends with the failure
	}{
		"a path that is not served for a while": {notServed, false},
		"overloaded":                            {failWith(503, 5), false},
		"not visible yet":                       {failWith(404, 5), false},
		"never seen":                            {failWith(404, 1<<30), true},
		"key refused":                           {failWith(401, 1), true},
		"gone in between": {func(ask int) error {
			if ask <= 3 {
				return nil
			}
			return failWith(404, 1<<30)(ask)
		}, true},
		"one odd answer": {func(ask int) error {
			if ask != 3 {
				return nil
			}
			return failWith(404, 1<<30)(ask)
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &batchAPI{each: time.Minute, total: 3, failure: tc.failure}
				_, _, err := waitForBatch(t, b, time.Hour)
				if e, ok := runpod.AsError(err); ok != tc.ends || ok && e.Reason != runpod.ReasonStatus {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// TestBatch_certificate: as for a job, a wait for a batch that was never read ends if a
// certificate is refused.
func TestBatch_certificate(t *testing.T) {
	t.Parallel()
	for name, created := range map[string]bool{"resumed": false, "just created": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &batchAPI{each: time.Minute, total: 3, started: time.Now(), failure: func(ask int) error {
					if ask > 3 {
						return nil
					}
					return untrusted()
				}}
				o := wait.BatchOptions{Timeout: time.Hour}
				if created {
					o.CreatedAt = time.Now()
				}
				_, err := wait.Batch(t.Context(), b, "ep", "b", o)
				if created && err != nil || !created && !runpod.IsCertificateRefused(err) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// TestBatch_retryAfter: an API that asks for a pause gets it, up to five minutes.
func TestBatch_retryAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		b := &batchAPI{each: time.Minute, total: 3, failure: func(int) error {
			asked++
			return &runpod.Error{Operation: runpod.OpBatchGet, Reason: runpod.ReasonStatus, StatusCode: 429, RetryAfter: time.Hour}
		}}
		_, _, err := waitForBatch(t, b, time.Hour)
		if err == nil || asked > 13 {
			t.Errorf("asked %d times: %v", asked, err)
		}
	})
}

func TestBatch_interrupted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := &batchAPI{each: time.Hour, total: 2, status: runpod.BatchFinalized, started: time.Now()}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		batch, err := wait.Batch(ctx, b, "ep", "b", wait.BatchOptions{Timeout: time.Hour})
		var interrupted *wait.InterruptedError
		if !errors.As(err, &interrupted) || time.Since(b.started) != 5*time.Second || batch.Status != runpod.BatchFinalized {
			t.Errorf("%s, %v after %s", batch, err, time.Since(b.started))
		}
	})
}
