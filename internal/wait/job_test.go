package wait_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// fakeAPI is one job that becomes final at a moment, seen through an API with
// chosen habits.
type fakeAPI struct {
	mu       sync.Mutex
	started  time.Time
	runs     time.Duration // until the job is COMPLETED; 0 for never
	noSync   int           // status with which /status-sync answers instead
	noHold   bool          // /status-sync answers at once
	hidden   time.Duration // the job is unknown before
	gone     time.Duration // the job is unknown after; 0 for never
	failures []error       // returned first, one for each request
	health   runpod.Health
	onLook   func(age time.Duration) // told of each reading

	syncs, statuses int
	held            []time.Duration
}

func (f *fakeAPI) look(jobID string) (runpod.Job, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.failures) > 0 {
		err := f.failures[0]
		f.failures = f.failures[1:]
		return runpod.Job{}, err
	}
	age := time.Since(f.started)
	if f.onLook != nil {
		f.onLook(age)
	}
	switch {
	case age < f.hidden, f.gone > 0 && age >= f.gone:
		return runpod.Job{}, status(404, "job not found")
	case f.runs > 0 && age >= f.runs:
		return runpod.Job{ID: jobID, Status: runpod.StatusCompleted}, nil
	default:
		return runpod.Job{ID: jobID, Status: runpod.StatusInProgress}, nil
	}
}

func status(code int, message string) error {
	return &runpod.Error{Operation: runpod.OpStatus, EndpointID: "ep", Reason: runpod.ReasonStatus, StatusCode: code, Message: message, Attempts: 1}
}

func (f *fakeAPI) Status(_ context.Context, _, jobID string) (runpod.Job, error) {
	f.mu.Lock()
	f.statuses++
	f.mu.Unlock()
	return f.look(jobID)
}

func (f *fakeAPI) StatusSync(ctx context.Context, _, jobID string, hold time.Duration) (runpod.Job, error) {
	f.mu.Lock()
	f.syncs++
	f.held = append(f.held, hold)
	f.mu.Unlock()
	if f.noSync != 0 {
		return runpod.Job{}, status(f.noSync, "page not found")
	}
	job, err := f.look(jobID)
	if err != nil || job.Status.Final() || f.noHold {
		return job, err
	}
	if f.runs > 0 {
		hold = min(hold, f.runs-time.Since(f.started))
	}
	select {
	case <-time.After(hold):
		return f.look(jobID)
	case <-ctx.Done():
		return runpod.Job{}, ctx.Err()
	}
}

func (f *fakeAPI) Health(context.Context, string) (runpod.Health, error) { return f.health, nil }

// waitFor waits in a bubble of fake time and returns how long it took.
func waitFor(t *testing.T, f *fakeAPI, o wait.Options) (job runpod.Job, took time.Duration, err error) {
	t.Helper()
	f.started = time.Now()
	if o.Timeout == 0 {
		o.Timeout = time.Hour
	}
	job, err = wait.New(f).Job(t.Context(), "ep", "job-1", o)
	return job, time.Since(f.started), err
}

func TestJob_longPoll(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		runs  time.Duration
		syncs int
	}{{time.Millisecond, 1}, {30 * time.Second, 1}, {150 * time.Second, 3}, {50 * time.Minute, 50}} {
		t.Run(tc.runs.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fakeAPI{runs: tc.runs}
				job, took, err := waitFor(t, f, wait.Options{})
				if err != nil || job.Status != runpod.StatusCompleted || took != tc.runs {
					t.Errorf("got %+v after %s, %v", job, took, err)
				}
				if f.syncs != tc.syncs || f.statuses != 0 {
					t.Errorf("%d held and %d other requests", f.syncs, f.statuses)
				}
			})
		})
	}
}

// TestJob_pollInterval: without /status-sync, the end of a job of 5 s or more is
// noticed within 5 % of its run time, and that of a shorter job within 1.7 s. The
// number of requests grows slowly: 60 for a job of a minute, including the submission
// and the attempt at /status-sync.
func TestJob_pollInterval(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		runs    time.Duration
		maxLag  time.Duration
		maxPoll int
	}{
		{100 * time.Millisecond, 120 * time.Millisecond, 2},
		{time.Second, 500 * time.Millisecond, 4},
		{3700 * time.Millisecond, 1700 * time.Millisecond, 7},
		{5 * time.Second, 250 * time.Millisecond, 7},
		{7 * time.Second, 350 * time.Millisecond, 15},
		{time.Minute, 3 * time.Second, 58},
		{time.Hour, 10 * time.Second, 430},
	} {
		for _, code := range []int{404, 405, 501} {
			t.Run(fmt.Sprint(tc.runs, " ", code), func(t *testing.T) {
				t.Parallel()
				for range 20 { // the moments are partly random
					synctest.Test(t, func(t *testing.T) {
						f := &fakeAPI{runs: tc.runs, noSync: code}
						_, took, err := waitFor(t, f, wait.Options{Timeout: 2 * time.Hour})
						if lag := took - tc.runs; err != nil || lag > tc.maxLag {
							t.Errorf("noticed %s late: %v", lag, err)
						}
						if f.statuses > tc.maxPoll || f.syncs != 1 {
							t.Errorf("%d requests, %d tries of /status-sync", f.statuses, f.syncs)
						}
					})
				}
			})
		}
	}
}

// TestJob_pollJitter: waiters that begin together soon poll at different times.
func TestJob_pollJitter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const waiters, window = 200, 10 * time.Millisecond
		f := &fakeAPI{runs: 20 * time.Second, noSync: 405, started: time.Now()}
		asked := make(map[time.Duration]int)
		f.onLook = func(age time.Duration) { asked[age.Truncate(window)]++ }
		w := wait.New(f)
		var all sync.WaitGroup
		for range waiters {
			all.Go(func() {
				if _, err := w.Job(t.Context(), "ep", "job-1", wait.Options{Timeout: time.Minute}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		for at, n := range asked {
			if at > 5500*time.Millisecond && n > waiters/8 {
				t.Errorf("%d of %d waiters ask within %s, %s after they began", n, waiters, window, at)
			}
		}
	})
}

func TestJob_longPollUnsupported(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAPI{runs: time.Second, noSync: 404, started: time.Now()}
		w := wait.New(f)
		for range 3 {
			if _, err := w.Job(t.Context(), "ep", "job-1", wait.Options{Timeout: time.Minute}); err != nil {
				t.Fatal(err)
			}
		}
		if f.syncs != 1 {
			t.Errorf("/status-sync was tried %d times", f.syncs)
		}
	})
}

// TestJob_noBusyLoop: a server that does not hold the request is not polled without
// pauses.
func TestJob_noBusyLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAPI{runs: 10 * time.Second, noHold: true}
		if _, _, err := waitFor(t, f, wait.Options{}); err != nil || f.syncs > 60 {
			t.Errorf("%d requests, %v", f.syncs, err)
		}
	})
}

func TestLateVisibility(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAPI{runs: time.Minute, hidden: 20 * time.Second}
		job, _, err := waitFor(t, f, wait.Options{SubmittedAt: time.Now()})
		if err != nil || job.Status != runpod.StatusCompleted {
			t.Errorf("got %+v, %v", job, err)
		}
	})
}

func TestJob_gone(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]*fakeAPI{
		"after it was seen": {gone: 30 * time.Second, noSync: 405},
		"never seen":        {hidden: 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				_, took, err := waitFor(t, f, wait.Options{SubmittedAt: time.Now()})
				var gone *wait.ExpiredError
				if !errors.As(err, &gone) || took > 4*time.Minute {
					t.Errorf("got %v after %s", err, took)
				}
			})
		})
	}
}

func TestJob_transientErrors(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAPI{runs: time.Minute, failures: []error{
			status(429, ""), status(502, ""), &runpod.Error{Reason: runpod.ReasonTransport}, &runpod.Error{Reason: runpod.ReasonInvalidReply, StatusCode: 200},
		}}
		job, took, err := waitFor(t, f, wait.Options{})
		if err != nil || job.Status != runpod.StatusCompleted || took != time.Minute {
			t.Errorf("got %+v after %s, %v", job, took, err)
		}
	})
}

// TestJob_gatewayPages: the answer of a gateway says nothing about the job or
// about the routes that the API serves, whatever its status.
func TestJob_gatewayPages(t *testing.T) {
	t.Parallel()
	for _, code := range []int{302, 400, 401, 402, 403, 404, 405, 407, 409, 413, 421, 425, 451, 501} {
		for _, pages := range []int{1, 2} {
			t.Run(fmt.Sprintf("%d, %d times", code, pages), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					server := &pageThenJob{code: code, pages: pages, started: time.Now()}
					api, err := runpod.New(runpod.Options{APIKey: "key", Transport: server})
					if err != nil {
						t.Fatal(err)
					}
					started := time.Now()
					job, err := wait.New(api).Job(t.Context(), "ep", "job-1", wait.Options{Timeout: time.Hour})
					if took := time.Since(started); err != nil || job.Status != runpod.StatusCompleted || took > 11*time.Minute {
						t.Errorf("got %+v after %s, %v", job, took, err)
					}
					if server.syncs < 2 {
						t.Error("one page is taken for an API without /status-sync")
					}
				})
			})
		}
	}
}

// pageThenJob answers the first requests with a page, and then for a job of ten minutes.
type pageThenJob struct {
	code, pages int
	started     time.Time
	syncs       int // readings with /status-sync
}

func (p *pageThenJob) RoundTrip(req *http.Request) (*http.Response, error) {
	if strings.Contains(req.URL.Path, "/status-sync/") {
		p.syncs++
	}
	code, body := http.StatusOK, `{"id":"job-1","status":"IN_PROGRESS"}`
	if p.pages > 0 {
		p.pages--
		code, body = p.code, "<html><head><title>Blocked</title></head></html>"
	} else if time.Since(p.started) >= 10*time.Minute {
		body = `{"id":"job-1","status":"COMPLETED"}`
	}
	return &http.Response{StatusCode: code, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func TestJob_refusedKey(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAPI{failures: []error{status(401, "invalid api key")}}
		_, took, err := waitFor(t, f, wait.Options{})
		if !runpod.IsUnauthorized(err) || took != 0 || f.syncs != 1 {
			t.Errorf("got %v after %s and %d requests", err, took, f.syncs)
		}
	})
}

// untrusted is an error that persists in every attempt.
func untrusted() error {
	return &runpod.Error{Operation: runpod.OpStatus, EndpointID: "ep", Reason: runpod.ReasonTransport, Err: x509.UnknownAuthorityError{}, Attempts: 1}
}

// TestJob_certificate ends the wait for a job that was never seen, as
// a wait that resumes with another configuration does. A job that was submitted
// or seen through the same configuration is waited for: it is paid for.
func TestJob_certificate(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		seen, young bool
		ends        bool
	}{
		"resumed":        {false, false, true},
		"just submitted": {false, true, false},
		"seen before":    {true, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fakeAPI{runs: time.Minute, noHold: true}
				o := wait.Options{Timeout: time.Hour}
				if tc.young {
					o.SubmittedAt = time.Now()
				}
				if tc.seen {
					o.OnJob = func(runpod.Job) { // after the first reading
						f.mu.Lock()
						defer f.mu.Unlock()
						if f.syncs == 1 {
							f.failures = []error{untrusted(), untrusted()}
						}
					}
				} else {
					f.failures = []error{untrusted(), untrusted()}
				}
				_, took, err := waitFor(t, f, o)
				if tc.ends != runpod.IsCertificateRefused(err) || !tc.ends && err != nil || tc.ends && took != 0 {
					t.Errorf("got %v after %s", err, took)
				}
			})
		})
	}
}

func TestJob_timeoutError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		throttled := int64(3)
		f := &fakeAPI{health: runpod.Health{Workers: runpod.WorkerCounts{Throttled: &throttled}}, noSync: 405}
		_, took, err := waitFor(t, f, wait.Options{Timeout: 90 * time.Second})
		var timeout *wait.TimeoutError
		if !errors.As(err, &timeout) || took != 90*time.Second {
			t.Fatalf("got %v after %s", err, took)
		}
		for _, part := range []string{"job-1", "ep", "IN_PROGRESS", "1m30s", "3 throttled"} {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%q is not in %q", part, err)
			}
		}
	})
}

func TestJob_timeoutDuringLongPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAPI{}
		_, took, err := waitFor(t, f, wait.Options{Timeout: 100 * time.Second})
		if err == nil || took != 100*time.Second || f.held[0] != wait.MaxHold || f.held[1] > 40*time.Second {
			t.Errorf("held %v, took %s, %v", f.held, took, err)
		}
	})
}

func TestInterrupt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAPI{started: time.Now()}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(5*time.Second, cancel)
		_, err := wait.New(f).Job(ctx, "ep", "job-1", wait.Options{Timeout: time.Hour})
		var interrupted *wait.InterruptedError
		if !errors.As(err, &interrupted) || time.Since(f.started) != 5*time.Second {
			t.Errorf("got %v after %s", err, time.Since(f.started))
		}
	})
}

func TestJob_slow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		notices := 0
		f := &fakeAPI{runs: 5 * time.Minute}
		_, _, err := waitFor(t, f, wait.Options{OnSlow: func(_ context.Context, _ runpod.Job, health *runpod.Health) {
			mu.Lock()
			defer mu.Unlock()
			notices++
			if health == nil {
				t.Error("no health")
			}
		}})
		mu.Lock()
		defer mu.Unlock()
		if err != nil || notices != 1 {
			t.Errorf("%d notices, %v", notices, err)
		}
	})
}

// TestJob_timeoutDuringRequest: a request that the end of the wait cuts off is not
// reported as a failure.
func TestJob_timeoutDuringRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAPI{}
		_, _, err := waitFor(t, f, wait.Options{Timeout: 90*time.Second + time.Microsecond})
		var timeout *wait.TimeoutError
		if !errors.As(err, &timeout) || timeout.Err != nil {
			t.Errorf("got %v", err)
		}
	})
}

// TestJob_retryAfter: a Retry-After is respected, up to a limit.
func TestJob_retryAfter(t *testing.T) {
	t.Parallel()
	for asked, want := range map[time.Duration]time.Duration{2 * time.Minute: 2 * time.Minute, 10 * time.Minute: 5 * time.Minute} {
		t.Run(asked.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				f := &fakeAPI{runs: time.Second, failures: []error{&runpod.Error{Reason: runpod.ReasonStatus, StatusCode: 429, RetryAfter: asked}}}
				_, took, err := waitFor(t, f, wait.Options{})
				if err != nil || f.syncs != 2 || took != want {
					t.Errorf("%d requests in %s, %v", f.syncs, took, err)
				}
			})
		})
	}
}

// TestLateVisibility_longPoll: a job that becomes visible between
// /status-sync and /status does not end the use of long polls.
func TestLateVisibility_longPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		f := &fakeAPI{runs: time.Minute, failures: []error{status(404, "job not found")}}
		job, _, err := waitFor(t, f, wait.Options{SubmittedAt: time.Now()})
		if err != nil || job.Status != runpod.StatusCompleted || f.syncs != 2 || f.statuses != 1 {
			t.Errorf("got %+v, %v after %d long polls and %d others", job, err, f.syncs, f.statuses)
		}
	})
}
