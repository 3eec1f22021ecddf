package wait_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// streamingAPI is a job that yields a chunk every interval and ends after the last.
type streamingAPI struct {
	fakeAPI
	every  time.Duration
	chunks int
	bare   bool          // replies are the bare array
	holds  time.Duration // of an empty reply
	broken int           // which reply is cut, counted from 1
	taken  int
	asked  int
}

func (s *streamingAPI) produced() int {
	return min(int(time.Since(s.started)/s.every), s.chunks)
}

func (s *streamingAPI) state() runpod.Status {
	if s.produced() == s.chunks {
		return runpod.StatusCompleted
	}
	return runpod.StatusInProgress
}

func (s *streamingAPI) Status(context.Context, string, string) (runpod.Job, error) {
	return runpod.Job{ID: "job-1", Status: s.state()}, nil
}

func (s *streamingAPI) Stream(ctx context.Context, _, _ string, hold time.Duration) (runpod.StreamPage, error) {
	s.asked++
	if s.asked == s.broken {
		return runpod.StreamPage{}, &runpod.Error{Operation: runpod.OpStream, Reason: runpod.ReasonInvalidReply, StatusCode: 200}
	}
	if s.produced() == s.taken && s.state() != runpod.StatusCompleted {
		select {
		case <-ctx.Done():
			return runpod.StreamPage{}, ctx.Err()
		case <-time.After(min(hold, s.holds)):
		}
	}
	var page runpod.StreamPage
	for ; s.taken < s.produced(); s.taken++ {
		page.Chunks = append(page.Chunks, runpod.StreamChunk{Output: json.RawMessage(fmt.Sprint(s.taken))})
	}
	if !s.bare {
		page.Status = s.state()
	}
	return page, nil
}

func TestStream(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name   string
		api    *streamingAPI
		maxAsk int
	}{
		{"held", &streamingAPI{every: 3 * time.Second, chunks: 20, holds: 10 * time.Second}, 30},
		{"not held", &streamingAPI{every: 3 * time.Second, chunks: 20}, 120},
		{"bare array", &streamingAPI{every: 3 * time.Second, chunks: 20, bare: true, holds: 10 * time.Second}, 30},
		{"many chunks", &streamingAPI{every: time.Millisecond, chunks: 5000, holds: 10 * time.Second}, 40},
		{"none", &streamingAPI{every: time.Second, chunks: 0}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := tc.api
				api.started = time.Now()
				var got, want []string
				status, err := wait.Stream(t.Context(), api, "ep", "job-1", wait.Options{Timeout: time.Hour}, func(p runpod.StreamPage) {
					for _, c := range p.Chunks {
						got = append(got, string(c.Output))
					}
				})
				for i := range api.chunks {
					want = append(want, fmt.Sprint(i))
				}
				if err != nil || status != runpod.StatusCompleted || !slices.Equal(got, want) {
					t.Errorf("got %s, %v, %v", status, got, err)
				}
				if api.asked > tc.maxAsk {
					t.Errorf("%d requests", api.asked)
				}
			})
		})
	}
}

func TestStream_cutReply(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &streamingAPI{every: time.Second, chunks: 5, broken: 2, holds: time.Second}
		api.started = time.Now()
		_, err := wait.Stream(t.Context(), api, "ep", "job-1", wait.Options{Timeout: time.Minute}, func(runpod.StreamPage) {})
		if e, ok := runpod.AsError(err); !ok || e.Reason != runpod.ReasonInvalidReply || api.asked != 2 {
			t.Errorf("got %v after %d requests", err, api.asked)
		}
	})
}

// unservedAPI knows a job and does not serve its stream.
type unservedAPI struct {
	streamingAPI
	says string
}

func (u *unservedAPI) Stream(context.Context, string, string, time.Duration) (runpod.StreamPage, error) {
	u.asked++
	return runpod.StreamPage{}, status(404, u.says)
}

// TestStream_notServed: if the job is known and its stream is not, the wait ends
// without reporting that the job has expired.
func TestStream_notServed(t *testing.T) {
	t.Parallel()
	for _, says := range []string{"job not found", "page not found"} {
		t.Run(says, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &unservedAPI{says: says}
				api.started, api.every, api.chunks = time.Now(), time.Hour, 1
				_, err := wait.Stream(t.Context(), api, "ep", "job-1", wait.Options{Timeout: time.Hour, SubmittedAt: time.Now()}, func(runpod.StreamPage) {})
				if !runpod.IsNotFound(err) || time.Since(api.started) > 2*time.Second || api.asked > 2 {
					t.Errorf("got %v after %s and %d requests", err, time.Since(api.started), api.asked)
				}
			})
		})
	}
}

func TestStream_timeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &streamingAPI{every: time.Hour, chunks: 1, holds: 10 * time.Second}
		api.started = time.Now()
		_, err := wait.Stream(t.Context(), api, "ep", "job-1", wait.Options{Timeout: time.Minute}, func(runpod.StreamPage) {})
		var timeout *wait.TimeoutError
		if !errors.As(err, &timeout) || time.Since(api.started) != time.Minute {
			t.Errorf("got %v after %s", err, time.Since(api.started))
		}
	})
}

// repeatingAPI hands out the same last chunk again and again.
type repeatingAPI struct {
	streamingAPI
}

func (r *repeatingAPI) Stream(context.Context, string, string, time.Duration) (runpod.StreamPage, error) {
	r.asked++
	return runpod.StreamPage{Status: runpod.StatusCompleted, Chunks: []runpod.StreamChunk{{Output: json.RawMessage(`"x"`)}}}, nil
}

// TestStream_noBusyLoop: whatever the server does, there is a pause between two
// requests.
func TestStream_noBusyLoop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		api := &repeatingAPI{}
		_, err := wait.Stream(t.Context(), api, "ep", "job-1", wait.Options{Timeout: time.Minute}, func(runpod.StreamPage) {})
		var timeout *wait.TimeoutError
		if !errors.As(err, &timeout) || api.asked > 400 {
			t.Errorf("got %v after %d requests", err, api.asked)
		}
	})
}

// throttledAPI asks for a pause before the job's stream can be read.
type throttledAPI struct {
	streamingAPI
	pause time.Duration
}

func (a *throttledAPI) Stream(context.Context, string, string, time.Duration) (runpod.StreamPage, error) {
	a.asked++
	err, _ := runpod.AsError(status(404, "job not found"))
	err.RetryAfter = a.pause
	return runpod.StreamPage{}, err
}

func (a *throttledAPI) Status(context.Context, string, string) (runpod.Job, error) {
	return runpod.Job{}, status(404, "job not found")
}

// TestStream_retryAfter: an API that asks for a pause gets it, as in a wait for a job.
func TestStream_retryAfter(t *testing.T) {
	t.Parallel()
	for pause, most := range map[time.Duration]int{20 * time.Second: 7, time.Hour: 1} {
		t.Run(pause.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				api := &throttledAPI{pause: pause}
				_, err := wait.Stream(t.Context(), api, "ep", "job-1", wait.Options{Timeout: 2 * time.Minute, SubmittedAt: time.Now()}, func(runpod.StreamPage) {})
				var timeout *wait.TimeoutError
				if !errors.As(err, &timeout) || api.asked > most {
					t.Errorf("got %v after %d requests", err, api.asked)
				}
			})
		})
	}
}
