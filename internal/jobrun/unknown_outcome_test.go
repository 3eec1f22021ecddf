package jobrun_test

import (
	"context"
	"encoding/json"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// TestRetryOfUnknownOutcome: a retry whose reply was lost is not sent again. The
// job itself reports whether it was accepted, even when it has ended once more.
func TestRetryOfUnknownOutcome(t *testing.T) {
	for _, tc := range []struct {
		name, input string
		kind        simulator.FaultKind
		status      runpod.Status
		attempts    int
		failed      bool
	}{
		{"accepted", `{"sim_fail_times":1,"mock_delay":5}`, simulator.CutAfter, runpod.StatusCompleted, 2, false},
		{"accepted, and ended at once", `{"sim_fail_times":1}`, simulator.CutAfter, runpod.StatusCompleted, 2, false},
		{"not accepted", `{"sim_fail_times":1,"mock_delay":5}`, simulator.CutBefore, runpod.StatusFailed, 1, true},
		{"a gateway's page", `{"sim_fail_times":1}`, simulator.BadGatewayHTML, runpod.StatusFailed, 1, true},
		{"refused in words", `{"sim_fail_times":1}`, simulator.NotQueued, runpod.StatusFailed, 1, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, simulator.Options{}, func(b *bench) {
				b.Inject(simulator.Fault{Op: "retry", Kind: tc.kind})
				w := within(time.Hour)
				retried(&w)
				out := b.runner.Finish(b.t.Context(), "demo", b.submit(b.t.Context(), tc.input), w)
				if out.End != jobrun.EndFinished || out.Job.Status != tc.status || out.Attempts != tc.attempts || (out.RetryErr != nil) != tc.failed {
					t.Errorf("got %+v", out)
				}
				b.requests("run", 1)
				b.requests("retry", 1)
			})
		})
	}
}

// TestRetryQueuesAnew: the time in the queue before the first attempt does not count
// for the next one.
func TestRetryQueuesAnew(t *testing.T) {
	inBubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Workers: 1}}}, func(b *bench) {
		job, held, err := b.runner.Submit(b.t.Context(), jobrun.Submission{
			EndpointID: "demo", Request: runpod.JobRequest{Input: json.RawMessage(`{"sim_fail_times":1,"mock_delay":55}`)}, SyncWait: 90 * time.Second,
		})
		if err != nil || job.Status != runpod.StatusFailed || held < 55*time.Second {
			b.t.Fatalf("%+v after %s, %v", job, held, err)
		}
		b.submit(b.t.Context(), `{"mock_delay":20}`) // which takes the only worker
		w := within(time.Hour)
		retried(&w)
		w.QueueTimeout, w.QueuedFor = time.Minute, held
		out := b.runner.Finish(b.t.Context(), "demo", job, w)
		if out.End != jobrun.EndFinished || out.Job.Status != runpod.StatusCompleted {
			t.Errorf("got %+v", out)
		}
	})
}

// TestInterruptedRetry: an interrupt while a retry is under way must not leave
// a job behind that runs and counts as ended.
func TestInterruptedRetry(t *testing.T) {
	for _, tc := range []struct {
		name  string
		delay time.Duration // of the reply
		took  time.Duration // after the interrupt
	}{
		{"the reply comes", 3 * time.Second, 2 * time.Second},
		{"the reply is lost", time.Minute, 10 * time.Second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			inBubble(t, simulator.Options{}, func(b *bench) {
				ctx, interrupt := context.WithCancel(b.t.Context())
				defer interrupt()
				b.Inject(simulator.Fault{Op: "retry", Kind: simulator.SlowAfter, Delay: tc.delay})
				w := within(time.Hour)
				retried(&w)
				w.Retry.MinBackoff, w.Retry.MaxBackoff = 0, 0
				var at time.Time
				time.AfterFunc(time.Second, func() { at = time.Now(); interrupt() })
				out := b.runner.Finish(ctx, "demo", b.submit(ctx, `{"sim_fail_times":1,"sim_delay_ms":10}`), w)
				if out.End != jobrun.EndInterrupted || out.Job.Status != runpod.StatusInQueue || out.Attempts != 2 || time.Since(at).Round(time.Second) != tc.took {
					t.Errorf("%s after the interrupt: %+v", time.Since(at), out)
				}
				b.requests("retry", 1)
			})
		})
	}
}

// TestInterruptBeforeARetry: the job has ended, so it is reported as ended.
func TestInterruptBeforeARetry(t *testing.T) {
	inBubble(t, simulator.Options{}, func(b *bench) {
		ctx, interrupt := context.WithCancel(b.t.Context())
		w := within(time.Hour)
		retried(&w)
		w.Retry.MinBackoff, w.Retry.MaxBackoff = time.Minute, time.Minute
		time.AfterFunc(time.Second, interrupt)
		out := b.runner.Finish(ctx, "demo", b.submit(ctx, `{"mock_error":true}`), w)
		if out.End != jobrun.EndFinished || out.Job.Status != runpod.StatusFailed || out.RetryErr == nil {
			t.Errorf("got %+v", out)
		}
		b.requests("retry", 0)
	})
}

// TestCancelOfAJobThatIsNotVisibleYet: a 404 just after the submission is no
// reason to believe that there is nothing to cancel.
func TestCancelOfAJobThatIsNotVisibleYet(t *testing.T) {
	for name, tc := range map[string]struct {
		age     time.Duration
		cancels int
		status  string
		fails   bool
	}{
		"young": {0, 3, "CANCELLED", false},
		"old":   {time.Hour, 1, "IN_PROGRESS", true}, // its status shows it
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, simulator.Options{}, func(b *bench) {
				job := b.submit(b.t.Context(), `{"mock_delay":300}`)
				b.Inject(simulator.Fault{Op: "cancel", Kind: simulator.NotVisible, Times: 2})
				if _, err := b.runner.CancelRecent(b.t.Context(), "demo", job.ID, time.Now().Add(-tc.age)); (err != nil) != tc.fails {
					t.Error(err)
				}
				b.requests("cancel", tc.cancels)
				if got := b.Jobs("demo")[0].Status; got != tc.status {
					t.Errorf("the job is %s, want %s", got, tc.status)
				}
			})
		})
	}
}

// TestCancelBelievesNoGateway: only the API's own 404 means that there is
// nothing to cancel.
func TestCancelBelievesNoGateway(t *testing.T) {
	inBubble(t, simulator.Options{}, func(b *bench) {
		job := b.submit(b.t.Context(), `{"mock_delay":300}`)
		b.Inject(simulator.Fault{Kind: simulator.StatusReply, Status: 404, Body: "<html><head><title>404</title></head></html>"})
		if _, err := b.runner.CancelRecent(b.t.Context(), "demo", job.ID, time.Time{}); err == nil {
			t.Error("the job counts as cancelled")
		}
	})
}

// TestInterruptDuringACancel: a cancel after a timeout has 10 s after an interrupt, so
// that the job is not left running.
func TestInterruptDuringACancel(t *testing.T) {
	inBubble(t, simulator.Options{}, func(b *bench) {
		b.Inject(simulator.Fault{Op: "cancel", Kind: simulator.SlowBefore, Delay: 5 * time.Second})
		ctx, interrupt := context.WithCancel(b.t.Context())
		time.AfterFunc(11*time.Second, interrupt)
		out := b.runner.Finish(ctx, "demo", b.submit(ctx, `{"mock_delay":300}`), within(10*time.Second))
		if out.End != jobrun.EndTimedOut || !out.Cancelled {
			t.Errorf("got %+v", out)
		}
		synctest.Wait()
		if got := b.Jobs("demo")[0].Status; got != "CANCELLED" {
			t.Errorf("the job is %s", got)
		}
	})
}
