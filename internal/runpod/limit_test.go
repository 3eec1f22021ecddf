package runpod_test

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// TestLimit_purge sends five purges at once: the API allows two in any
// ten seconds, so they take twenty.
func TestLimit_purge(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []answer{{status: 200, body: success[runpod.OpPurgeQueue]}}}
		client := newClient(t, s)
		started := time.Now()
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if _, err := client.PurgeQueue(t.Context(), "ep"); err != nil {
					t.Error(err)
				}
			})
		}
		// Another endpoint has a limit of its own.
		if _, err := client.PurgeQueue(t.Context(), "other"); err != nil || time.Since(started) != 0 {
			t.Errorf("the other endpoint waited %s: %v", time.Since(started), err)
		}
		all.Wait()
		if got := time.Since(started); got != 20*time.Second {
			t.Errorf("took %s", got)
		}
	})
}

// TestLimit_burst: a full window may be sent at once; the next request waits until the
// window has passed.
func TestLimit_burst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []answer{{status: 200, body: success[runpod.OpRun]}}}
		client := newClient(t, s)
		started := time.Now()
		for range 1000 {
			if _, err := client.Run(t.Context(), "ep", aRequest); err != nil {
				t.Fatal(err)
			}
		}
		if waited := time.Since(started); waited != 0 {
			t.Errorf("the burst took %s", waited)
		}
		if _, err := client.Run(t.Context(), "ep", aRequest); err != nil {
			t.Fatal(err)
		}
		if waited := time.Since(started); waited != 10*time.Second {
			t.Errorf("the request after the burst waited %s", waited)
		}
	})
}

// TestLimit_longPolls: with as many long polls as possible, a cancel is still
// sent at once.
func TestLimit_longPolls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []answer{{status: 200, body: success[runpod.OpStatusSync], delay: 20 * time.Second}}}
		client := newClient(t, s, func(o *runpod.Options) { o.MaxConcurrent = 10 })
		var held sync.WaitGroup
		for range 10 {
			held.Go(func() { _, _ = client.StatusSync(t.Context(), "ep", "job-1", time.Minute) })
		}
		synctest.Wait()
		if got := s.count(); got != 5 {
			t.Errorf("%d long polls at once, want 5 of 10", got)
		}
		go func() { _, _ = client.Cancel(t.Context(), "ep", "job-1") }()
		synctest.Wait()
		if got := s.count(); got != 6 {
			t.Errorf("the cancel did not go out: %d requests", got)
		}
		held.Wait()
	})
}

// TestLimit_waitingFreesSlot: requests that wait for the documented rate of
// their operation leave the slots of the process to others.
func TestLimit_waitingFreesSlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []answer{{status: 200, body: success[runpod.OpPurgeQueue]}}}
		client := newClient(t, s, func(o *runpod.Options) { o.MaxConcurrent = 2 })
		var all sync.WaitGroup
		for range 6 {
			all.Go(func() { _, _ = client.PurgeQueue(t.Context(), "ep") })
		}
		synctest.Wait()
		if got := s.count(); got != 2 {
			t.Fatalf("%d purges went out, want 2", got)
		}
		started := time.Now()
		if _, err := client.PurgeQueue(t.Context(), "other"); err != nil || time.Since(started) != 0 {
			t.Errorf("another endpoint's request waited %s: %v", time.Since(started), err)
		}
		all.Wait()
	})
}

// TestLimit_oneSlot: with one slot for all requests, long polls free it every second.
func TestLimit_oneSlot(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []answer{{status: 200, body: success[runpod.OpStatusSync], delay: time.Second}}} // a server that holds as asked
		client := newClient(t, s, func(o *runpod.Options) { o.MaxConcurrent = 1 })
		var held sync.WaitGroup
		for range 10 {
			held.Go(func() { _, _ = client.StatusSync(t.Context(), "ep", "job-1", time.Minute) })
		}
		synctest.Wait()
		started := time.Now()
		if _, err := client.Cancel(t.Context(), "ep", "job-1"); err != nil {
			t.Error(err)
		}
		// The long poll, one that was waiting for its slot, and the cancel itself.
		if waited := time.Since(started); waited > 3*time.Second {
			t.Errorf("the cancel waited %s", waited)
		}
		held.Wait()
		for _, r := range s.requests {
			if wait := r.URL.Query().Get("wait"); wait != "" && wait != "1000" {
				t.Errorf("a request was held for %s ms", wait)
			}
		}
	})
}
