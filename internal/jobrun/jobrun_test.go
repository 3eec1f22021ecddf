package jobrun_test

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// bench is a runner against a simulator in a bubble of fake time.
type bench struct {
	*simtest.Sim
	t      *testing.T
	runner *jobrun.Runner
}

func inBubble(t *testing.T, o simulator.Options, f func(b *bench)) {
	t.Helper()
	t.Parallel()
	simtest.Bubble(t, o, func(t *testing.T, sim *simtest.Sim) {
		client := sim.Client(t)
		f(&bench{sim, t, jobrun.New(client, wait.New(client))})
	})
}

func (b *bench) submit(ctx context.Context, input string) runpod.Job {
	b.t.Helper()
	job, _, err := b.runner.Submit(ctx, jobrun.Submission{EndpointID: "demo", Request: runpod.JobRequest{Input: json.RawMessage(input)}})
	if err != nil {
		b.t.Fatal(err)
	}
	return job
}

func (b *bench) requests(op string, want int) {
	b.t.Helper()
	simtest.Requests(b.t, b.Sim, op, want)
}

func within(d time.Duration) jobrun.Wait {
	return jobrun.Wait{Options: wait.Options{Timeout: d, SubmittedAt: time.Now()}, OnTimeout: jobrun.Cancel, OnInterrupt: jobrun.Detach}
}

func TestFinish(t *testing.T) {
	for _, tc := range []struct {
		name, input string
		change      func(w *jobrun.Wait)
		end         jobrun.End
		status      runpod.Status
		cancelled   bool
		attempts    int
	}{
		{"completed", `{"mock_delay":30}`, nil, jobrun.EndFinished, runpod.StatusCompleted, false, 1},
		{"failed", `{"mock_error":true}`, nil, jobrun.EndFinished, runpod.StatusFailed, false, 1},
		{"timeout cancels", `{"mock_delay":300}`, nil, jobrun.EndTimedOut, runpod.StatusCancelled, true, 1},
		{"timeout detaches", `{"mock_delay":300}`, func(w *jobrun.Wait) { w.OnTimeout = jobrun.Detach }, jobrun.EndTimedOut, runpod.StatusInProgress, false, 1},
		{"retried to success", `{"sim_fail_times":2}`, retried, jobrun.EndFinished, runpod.StatusCompleted, false, 3},
		{"retried in vain", `{"sim_fail_times":9}`, retried, jobrun.EndFinished, runpod.StatusFailed, false, 3},
		{"an end that is not retried", `{"sim_end_state":"TIMED_OUT"}`, retried, jobrun.EndFinished, runpod.StatusTimedOut, false, 1},
		{"an unknown state is no end", `{"sim_end_state":"ON_HOLD"}`, nil, jobrun.EndTimedOut, runpod.StatusCancelled, true, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, simulator.Options{}, func(b *bench) {
				job := b.submit(b.t.Context(), tc.input)
				w := within(2 * time.Minute)
				if tc.change != nil {
					tc.change(&w)
				}
				out := b.runner.Finish(b.t.Context(), "demo", job, w)
				if out.End != tc.end || out.Job.Status != tc.status || out.Cancelled != tc.cancelled || out.Attempts != tc.attempts {
					t.Errorf("got %+v", out)
				}
				b.requests("run", 1)
				b.requests("retry", tc.attempts-1)
			})
		})
	}
}

// retried lets a job that failed run three times in all.
func retried(w *jobrun.Wait) {
	w.Retry = &jobrun.RetryPolicy{MaxAttempts: 3, On: []runpod.Status{runpod.StatusFailed}, MinBackoff: time.Second, MaxBackoff: 4 * time.Second}
}

// TestSubmit_held: only the request that was accepted counts as time with the API.
func TestSubmit_held(t *testing.T) {
	for op, wait := range map[string]time.Duration{"run": 0, "runsync": 20 * time.Second} {
		t.Run(op, func(t *testing.T) {
			inBubble(t, simulator.Options{}, func(b *bench) {
				b.Inject(simulator.Fault{Op: op, Kind: simulator.TooManyRequests, RetryAfter: "15", Times: 2})
				_, held, err := b.runner.Submit(b.t.Context(), jobrun.Submission{
					EndpointID: "demo", Request: runpod.JobRequest{Input: json.RawMessage(`{"mock_delay":5}`)}, SyncWait: wait,
				})
				if want := min(wait, 5*time.Second); err != nil || held.Round(time.Second) != want {
					t.Errorf("%s, not %s: %v", held, want, err)
				}
				b.requests(op, 3)
			})
		})
	}
}

func TestInterrupt(t *testing.T) {
	for _, choice := range []jobrun.Choice{jobrun.Detach, jobrun.Cancel} {
		t.Run(string(choice), func(t *testing.T) {
			inBubble(t, simulator.Options{}, func(b *bench) {
				ctx, interrupt := context.WithCancel(b.t.Context())
				job := b.submit(ctx, `{"mock_delay":300}`)
				time.AfterFunc(time.Second, interrupt)
				w := within(time.Hour)
				w.OnInterrupt = choice
				out := b.runner.Finish(ctx, "demo", job, w)
				if out.End != jobrun.EndInterrupted || out.Job.ID != job.ID || out.Cancelled != (choice == jobrun.Cancel) {
					t.Errorf("got %+v", out)
				}
			})
		})
	}
}

// TestInterruptedSubmissionLearnsItsID: the reply comes after the interrupt.
func TestInterruptedSubmissionLearnsItsID(t *testing.T) {
	inBubble(t, simulator.Options{}, func(b *bench) {
		b.Inject(simulator.Fault{Op: "run", Kind: simulator.SlowAfter, Delay: 8 * time.Second})
		ctx, interrupt := context.WithCancel(b.t.Context())
		time.AfterFunc(time.Second, interrupt)
		if job := b.submit(ctx, `{"a":1}`); job.ID == "" {
			t.Error("no id")
		}
	})
}

// TestInterruptedSubmissionEnds: ten seconds after the interrupt the outcome is
// reported as unknown, and nothing is sent again.
func TestInterruptedSubmissionEnds(t *testing.T) {
	inBubble(t, simulator.Options{}, func(b *bench) {
		b.Inject(simulator.Fault{Op: "run", Kind: simulator.SlowAfter, Delay: 25 * time.Second})
		ctx, interrupt := context.WithCancel(b.t.Context())
		time.AfterFunc(time.Second, interrupt)
		started := time.Now()
		_, _, err := b.runner.Submit(ctx, jobrun.Submission{EndpointID: "demo", Request: runpod.JobRequest{Input: json.RawMessage(`{"a":1}`)}})
		if !runpod.OutcomeUnknown(err) || time.Since(started) != 11*time.Second {
			t.Errorf("got %v after %s", err, time.Since(started))
		}
		b.requests("run", 1)
	})
}

func TestExpiryBetweenTwoLooks(t *testing.T) {
	inBubble(t, simulator.Options{NoStatusSync: true}, func(b *bench) {
		job := b.submit(b.t.Context(), `{"mock_delay":300}`)
		time.AfterFunc(30*time.Second, func() { b.ExpireJob("demo", job.ID) })
		out := b.runner.Finish(b.t.Context(), "demo", job, within(time.Hour))
		if out.End != jobrun.EndExpired || out.Job.Status != runpod.StatusInProgress {
			t.Errorf("got %+v", out)
		}
	})
}

func TestCancelJob(t *testing.T) {
	for _, final := range []int{0, 400, 404} { // what the API answers about a job that is final
		t.Run("", func(t *testing.T) {
			inBubble(t, simulator.Options{Choices: simulator.Choices{CancelFinalStatus: final}}, func(b *bench) {
				job := b.submit(b.t.Context(), `{"mock_return":1}`)
				got, err := b.runner.CancelRecent(b.t.Context(), "demo", job.ID, time.Time{})
				if err != nil || !got.Status.Final() {
					t.Errorf("got %+v, %v", got, err)
				}
				if _, err := b.runner.CancelRecent(b.t.Context(), "demo", "unknown", time.Time{}); err != nil {
					t.Errorf("an unknown job: %v", err)
				}
				if _, err := b.runner.CancelRecent(b.t.Context(), "other", job.ID, time.Time{}); !runpod.IsEndpointNotFound(err) {
					t.Errorf("an unknown endpoint: %v", err)
				}
			})
		})
	}
}

// TestCancelTellsTheEnd: an end that is reported only in reply to a cancel is that of
// the job, whether or not the job can be read afterwards.
func TestCancelTellsTheEnd(t *testing.T) {
	unreadable := map[string]simulator.Fault{
		"unknown job": {Kind: simulator.NotVisible}, "unavailable": {Kind: simulator.Unavailable},
		"page": {Kind: simulator.StatusReply, Status: 403, Body: "<html></html>"}, "no JSON": {Kind: simulator.StatusReply, Status: 200, Body: "x"},
	}
	for name, fault := range unreadable {
		for _, tc := range []struct {
			reply  string
			status runpod.Status
			output string
			unread runpod.Status
		}{
			{`{"status":"COMPLETED","output":{"a":1}}`, runpod.StatusCompleted, `{"a":1}`, ""},
			{`{"status":"COMPLETED","output":null,"error":""}`, runpod.StatusInProgress, "", runpod.StatusCompleted},
			{`{"id":7,"status":"FAILED","error":"kaboom"}`, runpod.StatusFailed, "", ""},
			{`{"status":"FAILED"}`, runpod.StatusInProgress, "", runpod.StatusFailed},
			{`{"status":"TIMED_OUT"}`, runpod.StatusInProgress, "", runpod.StatusTimedOut},
			{`{"status":"CANCELLED"}`, runpod.StatusCancelled, "", ""},
		} {
			t.Run(name+"/"+tc.reply, func(t *testing.T) {
				inBubble(t, simulator.Options{}, func(b *bench) {
					job := b.submit(b.t.Context(), `{"mock_delay":3600}`)
					time.Sleep(10 * time.Minute)
					fault := fault
					fault.Op = "GET"
					b.Inject(fault)
					b.Inject(simulator.Fault{Op: "cancel", Kind: simulator.StatusReply, Status: 200, Body: tc.reply})
					ctx, interrupt := context.WithCancel(b.t.Context())
					interrupt()
					out := b.runner.Finish(ctx, "demo", job, jobrun.Wait{
						Options: wait.Options{Timeout: time.Hour, SubmittedAt: time.Now().Add(-10 * time.Minute)}, OnTimeout: jobrun.Cancel, OnInterrupt: jobrun.Cancel,
					})
					if out.Job.Status != tc.status || string(out.Job.Output) != tc.output || out.Unread != tc.unread || out.CancelErr != nil || out.Cancelled != (tc.status == runpod.StatusCancelled) {
						t.Errorf("got %+v", out)
					}
				})
			})
		}
	}
}
