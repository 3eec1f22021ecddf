package jobrun_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// tasks returns n tasks with the same input.
func tasks(n int, input string) []jobrun.Task {
	all := make([]jobrun.Task, n)
	for i := range all {
		all[i] = jobrun.Task{Key: fmt.Sprintf("k%03d", i), Request: runpod.JobRequest{Input: json.RawMessage(input)}}
	}
	return all
}

// many runs tasks and returns what became of each.
func (b *bench) many(ctx context.Context, all []jobrun.Task, m jobrun.Many) (jobrun.ManyEnd, map[string]jobrun.TaskEnd) {
	b.t.Helper()
	ends := make(map[string]jobrun.TaskEnd)
	m.EndpointID = "demo"
	m.Ended = func(e jobrun.TaskEnd) {
		if _, twice := ends[e.Task.Key]; twice {
			b.t.Errorf("%s ended twice", e.Task.Key)
		}
		ends[e.Task.Key] = e
	}
	if m.Timeout == 0 {
		m.Timeout = time.Hour
	}
	end := b.runner.Many(ctx, all, m)
	if len(ends) != len(all) {
		b.t.Errorf("%d of %d tasks ended", len(ends), len(all))
	}
	return end, ends
}

// tally counts the ends of tasks by what is known of them.
func tally(ends map[string]jobrun.TaskEnd) map[string]int {
	counts := make(map[string]int)
	for _, e := range ends {
		switch {
		case errors.Is(e.SubmitErr, jobrun.ErrNotSubmitted):
			counts["not submitted"]++
		case runpod.OutcomeUnknown(e.SubmitErr):
			counts["unknown"]++
		case e.SubmitErr != nil:
			counts["refused"]++
		case e.Cancelled:
			counts["cancelled"]++
		case !e.Job.Status.Final():
			counts["live"]++ // the first look at a job may have come before it started
		default:
			counts[string(e.Job.Status)]++
		}
	}
	return counts
}

func wantTally(t *testing.T, ends map[string]jobrun.TaskEnd, want map[string]int) {
	t.Helper()
	got := tally(ends)
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// TestMany: a thousand jobs of a second on 200 workers take five seconds, with
// one submission and one long poll for each.
func TestMany(t *testing.T) {
	inBubble(t, simulator.Options{EnforceLimits: true}, func(b *bench) {
		started := time.Now()
		end, ends := b.many(b.t.Context(), tasks(1000, `{"sim_delay_ms":1000}`), jobrun.Many{MaxInFlight: 200})
		if end.End != jobrun.EndFinished {
			t.Errorf("got %+v", end)
		}
		if took := time.Since(started); took != 5*time.Second {
			t.Errorf("took %s", took)
		}
		wantTally(t, ends, map[string]int{"COMPLETED": 1000})
		b.requests("run", 1000)
		b.requests("status-sync", 1000)
		b.noRefusals()
	})
}

// TestMany_limits: more jobs than the API accepts in ten seconds wait in the client.
func TestMany_limits(t *testing.T) {
	inBubble(t, simulator.Options{EnforceLimits: true}, func(b *bench) {
		started := time.Now()
		_, ends := b.many(b.t.Context(), tasks(2500, `{"sim_delay_ms":10}`), jobrun.Many{MaxInFlight: 200})
		wantTally(t, ends, map[string]int{"COMPLETED": 2500})
		if took := time.Since(started); took < 20*time.Second || took > 21*time.Second {
			t.Errorf("took %s", took)
		}
		b.noRefusals()
	})
}

func (b *bench) noRefusals() {
	b.t.Helper()
	for _, x := range b.Journal() {
		if x.Status == 429 {
			b.t.Fatalf("429 for /%s", x.Op)
		}
	}
}

// TestMany_inFlight: there are never more unfinished jobs than MaxInFlight, including
// those of an earlier run.
func TestMany_inFlight(t *testing.T) {
	inBubble(t, simulator.Options{}, func(b *bench) {
		all := tasks(40, `{"sim_delay_ms":1000}`)
		for i := range 10 {
			all[i].Job = b.submit(b.t.Context(), `{"sim_delay_ms":500}`)
			all[i].SubmittedAt = time.Now()
		}
		most := 0
		watching, stop := context.WithCancel(b.t.Context())
		var watch sync.WaitGroup
		watch.Go(func() {
			for watching.Err() == nil {
				live := 0
				for _, j := range b.Jobs("demo") {
					if !runpod.Status(j.Status).Final() {
						live++
					}
				}
				most = max(most, live)
				time.Sleep(100 * time.Millisecond)
			}
		})
		_, ends := b.many(b.t.Context(), all, jobrun.Many{MaxInFlight: 10})
		stop()
		watch.Wait()
		wantTally(t, ends, map[string]int{"COMPLETED": 40})
		if most != 10 {
			t.Errorf("%d jobs at once", most)
		}
		b.requests("run", 40)
	})
}

// TestMany_early: when a run ends early, every job that was submitted is
// accounted for, cancelled or not, and nothing more is submitted.
func TestMany_early(t *testing.T) {
	for _, tc := range []struct {
		name      string
		interrupt bool
		choice    jobrun.Choice
		end       jobrun.End
	}{
		{"interrupt detaches", true, jobrun.Detach, jobrun.EndInterrupted},
		{"interrupt cancels", true, jobrun.Cancel, jobrun.EndInterrupted},
		{"timeout detaches", false, jobrun.Detach, jobrun.EndTimedOut},
		{"timeout cancels", false, jobrun.Cancel, jobrun.EndTimedOut},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, simulator.Options{EnforceLimits: true}, func(b *bench) {
				all := tasks(500, `{"mock_delay":300}`)
				for i := range 100 {
					all[i].Request.Input = json.RawMessage(`{"sim_delay_ms":10}`)
				}
				ctx, interrupt := context.WithCancel(b.t.Context())
				defer interrupt()
				m := jobrun.Many{MaxInFlight: 150, Timeout: time.Minute, OnTimeout: tc.choice, OnInterrupt: tc.choice}
				if tc.interrupt {
					time.AfterFunc(time.Minute, interrupt)
					m.Timeout = time.Hour
				}
				end, ends := b.many(ctx, all, m)
				if end.End != tc.end || end.Err != nil {
					t.Errorf("got %+v", end)
				}
				b.requests("run", 250)
				live := "live"
				if tc.choice == jobrun.Cancel {
					live = "cancelled"
				}
				wantTally(t, ends, map[string]int{"COMPLETED": 100, live: 150, "not submitted": 250})
				known := make(map[string]bool)
				for _, e := range ends {
					known[e.Job.ID] = true
				}
				for _, j := range b.Jobs("demo") {
					if !known[j.ID] {
						t.Errorf("job %s is on the server and unknown", j.ID)
					}
				}
				b.requests("health", 0) // not once for each job
				b.noRefusals()
			})
		})
	}
}

// TestMany_endedMeanwhile: where every job turns out to have ended by itself when it is
// to be cancelled, the run is finished.
func TestMany_endedMeanwhile(t *testing.T) {
	inBubble(t, simulator.Options{}, func(b *bench) {
		b.Inject(simulator.Fault{Op: "GET", Kind: simulator.StatusReply, Status: 403, Body: "<html></html>"})
		b.Inject(simulator.Fault{Op: "cancel", Kind: simulator.StatusReply, Status: 200, Body: `{"status":"COMPLETED","output":1}`})
		m := jobrun.Many{MaxInFlight: 5, Timeout: time.Minute, OnTimeout: jobrun.Cancel}
		end, ends := b.many(b.t.Context(), tasks(5, `{"mock_delay":300}`), m)
		if end.End != jobrun.EndFinished || end.Err != nil {
			t.Errorf("got %+v", end)
		}
		wantTally(t, ends, map[string]int{"COMPLETED": 5})
		end, ends = b.many(b.t.Context(), tasks(6, `{"mock_delay":300}`), m)
		if end.End != jobrun.EndTimedOut {
			t.Errorf("got %+v, and a job was not submitted", end)
		}
		wantTally(t, ends, map[string]int{"COMPLETED": 5, "not submitted": 1})
	})
}

// TestMany_queuedSubmissions: submissions that wait for a slot when the run ends are
// not sent.
func TestMany_queuedSubmissions(t *testing.T) {
	inBubble(t, simulator.Options{EnforceLimits: true}, func(b *bench) {
		ctx, interrupt := context.WithCancel(b.t.Context())
		time.AfterFunc(5*time.Second, interrupt)
		started := time.Now()
		end, ends := b.many(ctx, tasks(1500, `{"sim_delay_ms":1}`), jobrun.Many{MaxInFlight: 200})
		if end.End != jobrun.EndInterrupted || time.Since(started) > 6*time.Second {
			t.Errorf("got %+v after %s", end, time.Since(started))
		}
		wantTally(t, ends, map[string]int{"COMPLETED": 1000, "not submitted": 500})
		b.requests("run", 1000)
	})
}

// TestMany_cutSubmissions: each third connection is killed. Nothing is sent
// again, and the others continue.
func TestMany_cutSubmissions(t *testing.T) {
	inBubble(t, simulator.Options{}, func(b *bench) {
		b.Inject(simulator.Fault{Op: "run", Kind: simulator.CutAfter, Every: 3})
		_, ends := b.many(b.t.Context(), tasks(300, `{"a":1}`), jobrun.Many{MaxInFlight: 5})
		wantTally(t, ends, map[string]int{"COMPLETED": 200, "unknown": 100})
		b.requests("run", 300)
		if got := len(b.Jobs("demo")); got != 300 {
			t.Errorf("%d jobs on the server", got)
		}
	})
}

// TestMany_broken: an error that concerns all tasks ends the run instead of failing
// once per task.
func TestMany_broken(t *testing.T) {
	for _, tc := range []struct {
		name      string
		fault     simulator.Fault
		most      int // requests to /run
		submitted int
	}{
		{"a refused key", simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: 401, Body: `{"detail":"no"}`}, 5, 0},
		{"a key that is refused in the middle", simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: 401, Body: `{"detail":"no"}`, Skip: 50}, 55, 50},
		{"no money", simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: 402, Body: `{"detail":"no"}`, Skip: 50}, 55, 50},
		{"nothing but pages", simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: 403, Body: "<html><title>Just a moment...</title></html>"}, 15, 0},
		{"no outcome known", simulator.Fault{Op: "run", Kind: simulator.InternalError}, 15, 0},
		{"a refused key while waiting", simulator.Fault{Op: "status-sync", Kind: simulator.StatusReply, Status: 401, Body: `{"detail":"no"}`}, 10, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, simulator.Options{}, func(b *bench) {
				b.Inject(tc.fault)
				end, ends := b.many(b.t.Context(), tasks(1000, `{"sim_delay_ms":100}`), jobrun.Many{MaxInFlight: 5})
				if end.End != jobrun.EndWaitFailed || end.Err == nil {
					t.Errorf("got %+v", end)
				}
				if sent := b.Journal().Count("run"); sent > tc.most {
					t.Errorf("%d submissions", sent)
				}
				counts := tally(ends)
				if got := 1000 - counts["not submitted"] - counts["refused"] - counts["unknown"]; got < tc.submitted {
					t.Errorf("%d jobs known, want %d: %v", got, tc.submitted, counts)
				}
				if got, want := len(b.Jobs("demo")), 1000-counts["not submitted"]-counts["refused"]-counts["unknown"]; got != want {
					t.Errorf("%d jobs on the server, %d known", got, want)
				}
			})
		})
	}
}

// TestMany_pages: a page of a gateway says nothing about the key, and nothing
// about the other jobs.
func TestMany_pages(t *testing.T) {
	for name, tc := range map[string]struct {
		fault   simulator.Fault
		refused int
	}{
		"in the wait":       {simulator.Fault{Op: "GET", Kind: simulator.StatusReply, Status: 403, Body: "<html><title>Attention Required!</title></html>", Skip: 3, Times: 2}, 0},
		"while waiting":     {simulator.Fault{Op: "status-sync", Kind: simulator.StatusReply, Status: 401, Body: "error code: 1010", Every: 2}, 0},
		"a redirect":        {simulator.Fault{Op: "GET", Kind: simulator.Redirect, Times: 5}, 0},
		"on submissions":    {simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: 402, Skip: 5, Times: 3}, 3},
		"on each third one": {simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: 425, Every: 3}, 16},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, simulator.Options{}, func(b *bench) {
				b.Inject(tc.fault)
				end, ends := b.many(b.t.Context(), tasks(50, `{"sim_delay_ms":100}`), jobrun.Many{MaxInFlight: 5})
				want := map[string]int{"COMPLETED": 50 - tc.refused}
				if tc.refused > 0 {
					want["refused"] = tc.refused
				}
				wantTally(t, ends, want)
				if end.End != jobrun.EndFinished || end.Err != nil {
					t.Errorf("got %+v", end)
				}
				b.requests("run", 50)
			})
		})
	}
}

// TestMany_overload: a full queue makes the run wait, not fail; the timeout bounds
// that, and its error gives the reason.
func TestMany_overload(t *testing.T) {
	for name, tc := range map[string]struct {
		times int
		end   jobrun.End
		want  map[string]int
	}{
		"passes": {60, jobrun.EndFinished, map[string]int{"COMPLETED": 30}},
		"stays":  {0, jobrun.EndTimedOut, map[string]int{"COMPLETED": 10, "not submitted": 20}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, simulator.Options{}, func(b *bench) {
				b.Inject(simulator.Fault{Op: "run", Kind: simulator.TooManyRequests, Skip: 10, Times: tc.times})
				started := time.Now()
				end, ends := b.many(b.t.Context(), tasks(30, `{"sim_delay_ms":100}`), jobrun.Many{MaxInFlight: 5, Timeout: 10 * time.Minute})
				if end.End != tc.end || (end.Err != nil) != (tc.end == jobrun.EndTimedOut) || time.Since(started) > 10*time.Minute+time.Second {
					t.Errorf("got %+v after %s", end, time.Since(started))
				}
				wantTally(t, ends, tc.want)
				if got := len(b.Jobs("demo")); got != tc.want["COMPLETED"] {
					t.Errorf("%d jobs on the server", got)
				}
			})
		})
	}
}

// TestMany_refusedOnes: a job that the API refuses because of its content does not end
// the run.
func TestMany_refusedOnes(t *testing.T) {
	inBubble(t, simulator.Options{}, func(b *bench) {
		b.Inject(simulator.Fault{Op: "run", Kinds: []simulator.FaultKind{simulator.NotQueued, simulator.StatusReply}, Status: 400, Body: `{"error":"bad"}`, Every: 4})
		end, ends := b.many(b.t.Context(), tasks(40, `{"a":1}`), jobrun.Many{MaxInFlight: 3})
		if end.End != jobrun.EndFinished {
			t.Errorf("got %+v", end)
		}
		wantTally(t, ends, map[string]int{"COMPLETED": 30, "refused": 10})
	})
}

// TestMany_ends: the ends of single jobs do not affect the others.
func TestMany_ends(t *testing.T) {
	inBubble(t, simulator.Options{NoStatusSync: true}, func(b *bench) {
		all := tasks(6, `{"sim_delay_ms":50}`)
		for i, input := range []string{`{"mock_error":true}`, `{"sim_fail_times":2}`, `{"sim_end_state":"TIMED_OUT"}`} {
			all[i].Request.Input = json.RawMessage(input)
		}
		all[3].Job = b.submit(b.t.Context(), `{"mock_delay":300}`)
		time.AfterFunc(30*time.Second, func() { b.ExpireJob("demo", all[3].Job.ID) })
		end, ends := b.many(b.t.Context(), all, jobrun.Many{
			MaxInFlight: 6, Retry: &jobrun.RetryPolicy{MaxAttempts: 3, On: []runpod.Status{runpod.StatusFailed}, MinBackoff: time.Second, MaxBackoff: time.Second},
		})
		if end.End != jobrun.EndFinished {
			t.Errorf("got %+v", end)
		}
		wantTally(t, ends, map[string]int{"COMPLETED": 3, "FAILED": 1, "TIMED_OUT": 1, "live": 1})
		if e := ends["k000"]; e.Attempts != 3 {
			t.Errorf("got %+v", e.Outcome)
		}
		if e := ends["k001"]; e.Attempts != 3 || e.Job.Status != runpod.StatusCompleted {
			t.Errorf("got %+v", e.Outcome)
		}
		if e := ends["k003"]; e.End != jobrun.EndExpired {
			t.Errorf("got %+v", e.Outcome)
		}
		b.requests("retry", 4)
	})
}

// toCancel submits n jobs that last.
func (b *bench) toCancel(n int) []jobrun.ToCancel {
	b.t.Helper()
	jobs := make([]jobrun.ToCancel, n)
	for i := range jobs {
		jobs[i] = jobrun.ToCancel{Key: fmt.Sprint(i), JobID: b.submit(b.t.Context(), `{"mock_delay":300}`).ID, SubmittedAt: time.Now()}
	}
	return jobs
}

func TestCancelMany(t *testing.T) {
	inBubble(t, simulator.Options{EnforceLimits: true}, func(b *bench) {
		jobs := b.toCancel(250)
		interrupted, interrupt := context.WithCancel(b.t.Context())
		interrupt() // there is still time for it
		reported := 0
		b.runner.CancelMany(interrupted, "demo", jobs, func(_ jobrun.ToCancel, job runpod.Job, err error) {
			reported++
			if err != nil || job.Status != runpod.StatusCancelled {
				t.Errorf("got %+v, %v", job, err)
			}
		})
		if reported != len(jobs) {
			t.Errorf("%d told", reported)
		}
		b.requests("cancel", len(jobs))
		b.noRefusals()
	})
}

// TestCancelMany_refused: a refused key is tried a few times, not once for each.
func TestCancelMany_refused(t *testing.T) {
	inBubble(t, simulator.Options{}, func(b *bench) {
		b.Inject(simulator.Fault{Op: "cancel", Kind: simulator.StatusReply, Status: 401, Body: `{"detail":"no"}`})
		b.Inject(simulator.Fault{Op: "status", Kind: simulator.StatusReply, Status: 401, Body: `{"detail":"no"}`})
		jobs := b.toCancel(100)
		refused := 0
		b.runner.CancelMany(b.t.Context(), "demo", jobs, func(_ jobrun.ToCancel, _ runpod.Job, err error) {
			if runpod.IsUnauthorized(err) {
				refused++
			}
		})
		if sent := b.Journal().Count("cancel"); refused != 100 || sent > 20 {
			t.Errorf("%d refused, %d sent", refused, sent)
		}
	})
}

func TestLook(t *testing.T) {
	inBubble(t, simulator.Options{}, func(b *bench) {
		ctx := b.t.Context()
		job := b.submit(ctx, `{"a":1}`)
		look := func(id string, submitted time.Time, want jobrun.ReadResult) {
			t.Helper()
			got, sight, err := b.runner.ReadJob(ctx, "demo", id, submitted)
			if sight != want || (err == nil) != (want == jobrun.Found) || (want == jobrun.Found && got.Status != runpod.StatusCompleted) {
				t.Errorf("got %+v, %v, %v; want %v", got, sight, err, want)
			}
		}
		look(job.ID, time.Now(), jobrun.Found)
		look("unknown", time.Now(), jobrun.NotYetVisible)
		look("unknown", time.Now().Add(-time.Hour), jobrun.Expired)
		look("unknown", time.Time{}, jobrun.Expired)
		b.Inject(simulator.Fault{Op: "status", Kind: simulator.NotVisible, Times: 2})
		look(job.ID, time.Now(), jobrun.Found)
		b.Inject(simulator.Fault{Op: "status", Kind: simulator.Unavailable})
		look(job.ID, time.Now(), jobrun.Unavailable)
		if _, sight, _ := b.runner.ReadJob(ctx, "other", job.ID, time.Time{}); sight != jobrun.Unavailable {
			t.Error(sight)
		}
	})
}

// TestLook_interrupted: one reply that a job is not known, and then the end of the
// refresh, does not mean that it has expired, which could run it again.
func TestLook_interrupted(t *testing.T) {
	inBubble(t, simulator.Options{}, func(b *bench) {
		b.Inject(simulator.Fault{Op: "status", Kind: simulator.NotVisible})
		ctx, cancel := context.WithTimeout(b.t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, sight, err := b.runner.ReadJob(ctx, "demo", "job-1", time.Time{}); sight != jobrun.Unavailable {
			b.t.Errorf("got %v, %v", sight, err)
		}
	})
}
