package jobrun

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"time"

	"golang.org/x/text/unicode/norm"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// Choice is what to do with a live job when the wait for it ends early.
type Choice string

// The choices for on_timeout and on_interrupt.
const (
	Cancel Choice = "cancel" // cancel the job
	Detach Choice = "detach" // leave it running; it can be waited for again
)

// RetryPolicy says when a job that did not complete is put back into the queue,
// under its own id, with POST /retry.
type RetryPolicy struct {
	MaxAttempts int             // maximum number of attempts, including the first
	On          []runpod.Status // final statuses to retry: FAILED, TIMED_OUT
	// ErrorMatches are regular expressions, of which one must match the error's type
	// or message; none to retry any error.
	ErrorMatches []*regexp.Regexp
	MinBackoff   time.Duration
	MaxBackoff   time.Duration
}

// Wait is how to wait for a job.
type Wait struct {
	wait.Options
	Attempts    int // attempts so far, at least 1
	Retry       *RetryPolicy
	OnTimeout   Choice
	OnInterrupt Choice
	// Until replaces the waiter in a wait that also reads the job's stream.
	Until UntilFinal
	// OnAttempt is called when an attempt did not complete and another one starts.
	OnAttempt func(ended runpod.Job, attempt int)
	// OnQueueTimeout is called when the queue timeout has passed, before OnTimeout applies.
	OnQueueTimeout func()
}

// UntilFinal waits for at most timeout until a job is final, and returns it. Its
// errors are those of [wait.Waiter.Job].
type UntilFinal func(ctx context.Context, timeout time.Duration) (runpod.Job, error)

// End says how a wait ended.
type End int

// The ends of a wait. The zero value means that there was none.
const (
	EndNone        End = iota // nothing was waited for
	EndFinished               // the job is final
	EndTimedOut               // the wait ran out; see Cancelled
	EndInterrupted            // the caller's context ended; see Cancelled
	EndExpired                // the API no longer knows the job
	EndStopped                // of many: nothing more was submitted after a limit was reached
	EndWaitFailed             // the job cannot be read, for instance because the key was refused
)

// Outcome is what became of a job.
type Outcome struct {
	End      End
	Job      runpod.Job // as last seen
	Attempts int
	// Cancelled is set when the job was cancelled because of a timeout or an
	// interrupt; CancelErr when cancelling it failed, so that it may still be running.
	Cancelled bool
	CancelErr error
	// Unread is the final status of the job when the API reported it in reply to the
	// cancel and the result could not be read. Job is then not final, so that the
	// result is read later.
	Unread runpod.Status
	Err    error // for every end but Finished
	// RetryErr is set when the job did not complete and retrying it failed; Job is
	// then the end that was to be retried.
	RetryErr error
}

// Finish waits until the job is final, retries it by the retry policy, and applies the
// choices for a timeout and an interrupt.
func (r *Runner) Finish(ctx context.Context, endpointID string, job runpod.Job, w Wait) Outcome {
	if slow := w.OnSlow; slow != nil {
		w.OnSlow = func(ctx context.Context, last runpod.Job, health *runpod.Health) {
			if last.Status == "" { // the first long poll has not been answered yet
				last = job
			}
			slow(ctx, last, health)
		}
	}
	deadline := time.Now().Add(w.Timeout)
	out := Outcome{End: EndFinished, Job: job, Attempts: max(w.Attempts, 1)} // endEarly changes it
	var before runpod.Job                                                    // the end that a retry of unknown outcome may have replaced
	var unknownOutcome error                                                 // why its outcome is unknown
	for {
		if !out.Job.Status.Final() {
			last, err := r.wait(ctx, endpointID, job.ID, w, time.Until(deadline))
			if last.Status != "" {
				out.Job = last
			}
			if err != nil {
				return r.endEarly(ctx, endpointID, out, err, w)
			}
		}
		if unknownOutcome != nil && reflect.DeepEqual(out.Job, before) {
			out.Attempts--
			out.RetryErr = unknownOutcome // nothing came of it, and it is not sent again
			return out
		}
		again, err := r.retry(ctx, endpointID, out, w.Retry, deadline)
		if again == nil {
			out.RetryErr = err
			return out
		}
		if w.OnAttempt != nil {
			w.OnAttempt(out.Job, out.Attempts+1)
		}
		before, unknownOutcome = out.Job, err
		out.Attempts++
		out.Job = *again
		w.SubmittedAt, w.QueuedFor = time.Now(), 0
	}
}

func (r *Runner) wait(ctx context.Context, endpointID, jobID string, w Wait, timeout time.Duration) (runpod.Job, error) {
	if w.Until != nil {
		return w.Until(ctx, timeout)
	}
	options := w.Options
	options.Timeout = timeout
	return r.waiter.Job(ctx, endpointID, jobID, options)
}

// endEarly turns the end of a wait that is not the end of the job into an outcome.
func (r *Runner) endEarly(ctx context.Context, endpointID string, out Outcome, err error, w Wait) Outcome {
	out.Err = err
	var timeout *wait.TimeoutError
	var interrupted *wait.InterruptedError
	var gone *wait.ExpiredError
	switch {
	case errors.As(err, &timeout):
		out.End = EndTimedOut
		if timeout.Queued && w.OnQueueTimeout != nil {
			w.OnQueueTimeout()
		}
		return r.applyPolicy(ctx, endpointID, out, w.OnTimeout, w)
	case errors.As(err, &interrupted):
		out.End = EndInterrupted
		return r.applyPolicy(ctx, endpointID, out, w.OnInterrupt, w)
	case errors.As(err, &gone):
		out.End = EndExpired
	default:
		out.End = EndWaitFailed
	}
	return out
}

// applyPolicy leaves a live job running or cancels it. The outcome is Finished if the
// job has ended meanwhile.
func (r *Runner) applyPolicy(ctx context.Context, endpointID string, out Outcome, choice Choice, w Wait) Outcome {
	if choice != Cancel {
		return out
	}
	job, err := r.CancelRecent(ctx, endpointID, out.Job.ID, w.SubmittedAt)
	if job.Status != "" {
		out.Job = unended(job)
	}
	switch {
	case err == nil && job.Unread:
		out.Unread = job.Status
	case err != nil:
		out.CancelErr = err
	case job.Status == runpod.StatusCompleted, job.Status == runpod.StatusFailed, job.Status == runpod.StatusTimedOut:
		out.End, out.Err = EndFinished, nil
	default:
		out.Cancelled = true
	}
	return out
}

// cancelGrace is how long a cancel continues after an interrupt.
const cancelGrace = 10 * time.Second

// Pauses before another attempt to cancel a job that the API does not show, possibly
// because it was submitted a moment ago.
var visibilityPauses = []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second}

// CancelRecent cancels a job and returns it as it is afterwards: it may have ended by
// itself first, and is Unread if its result could not be read. A job that the API does
// not know counts as cancelled. If it was submitted a short while ago, cancelling is
// attempted several times, and a job that does not appear is an error for which
// runpod.IsJobNotFound holds. A job without a submission time is not recent.
// CancelRecent works on a context that has ended, for at most 10 s.
func (r *Runner) CancelRecent(ctx context.Context, endpointID, jobID string, submittedAt time.Time) (runpod.Job, error) {
	ctx, stop := runpod.WithGracePeriod(ctx, cancelGrace)
	defer stop()
	young := wait.Recent(submittedAt)
	job, err := r.api.Cancel(ctx, endpointID, jobID)
	for _, pause := range visibilityPauses {
		if !young || !runpod.IsJobNotFound(err) || !runpod.Sleep(ctx, pause) {
			break
		}
		job, err = r.api.Cancel(ctx, endpointID, jobID)
	}
	// The reply to cancelling a finished job is not documented: only reading the job
	// shows how it ended, even if the reply is that there is no such job.
	if err == nil && job.Status == runpod.StatusCancelled || runpod.IsEndpointNotFound(err) {
		return job, err
	}
	seen, statusErr := r.api.Status(ctx, endpointID, jobID)
	unknown := runpod.IsJobNotFound(statusErr)
	switch {
	case statusErr == nil && seen.Status.Final():
		return seen, nil
	case unknown && err == nil && job.Status.Final():
		return job, nil // it ended by itself, and the reply is all that is known of it
	case unknown && (err == nil || runpod.IsJobNotFound(err) && !young):
		return runpod.Job{ID: jobID, Status: runpod.StatusCancelled}, nil
	case runpod.IsJobNotFound(err) && statusErr != nil && !unknown:
		return seen, statusErr // neither request found the job
	case err != nil:
		return seen, err
	case statusErr != nil:
		return job, nil // accepted; the worker learns of it later
	default:
		return seen, nil
	}
}

// retry puts a job that did not complete back into the queue if the policy says so and
// time is left. Otherwise it returns nil without an error. With a job and an error the
// outcome is unknown: the wait that follows shows it.
func (r *Runner) retry(ctx context.Context, endpointID string, out Outcome, policy *RetryPolicy, deadline time.Time) (*runpod.Job, error) {
	if policy == nil || out.Attempts >= policy.MaxAttempts || !policy.matches(out.Job) {
		return nil, nil
	}
	pause := runpod.Backoff(policy.MinBackoff, policy.MaxBackoff, out.Attempts-1)
	if time.Until(deadline) <= pause {
		return nil, fmt.Errorf("no time is left for run %d of %d", out.Attempts+1, policy.MaxAttempts)
	}
	if !runpod.Sleep(ctx, pause) {
		return nil, fmt.Errorf("interrupted before run %d of %d", out.Attempts+1, policy.MaxAttempts)
	}
	job, err := r.api.Retry(ctx, endpointID, out.Job.ID)
	switch {
	case err == nil:
		job = unended(job)
		return &job, nil
	case runpod.OutcomeUnknown(err):
		return &runpod.Job{ID: out.Job.ID, Status: runpod.StatusInQueue}, err
	default:
		return nil, err
	}
}

// matches reports whether the policy retries a job that ended like this.
func (p *RetryPolicy) matches(job runpod.Job) bool {
	if !slices.Contains(p.On, job.Status) {
		return false
	}
	if len(p.ErrorMatches) == 0 || job.Error == nil {
		return len(p.ErrorMatches) == 0
	}
	// Terraform passes the expressions in normal form C, and the state shows errors in it.
	kind, message := norm.NFC.String(job.Error.Type), norm.NFC.String(job.Error.Message)
	return slices.ContainsFunc(p.ErrorMatches, func(e *regexp.Regexp) bool { return e.MatchString(kind) || e.MatchString(message) })
}
