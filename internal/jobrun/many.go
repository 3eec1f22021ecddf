package jobrun

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// Task is one job of many: to be submitted and waited for, or only waited for
// when it was submitted before.
type Task struct {
	Key     string
	Request runpod.JobRequest
	// Load returns the input of the request when the task's turn has come; nil if
	// Request has the input, and for a job that was submitted before.
	Load        func() (json.RawMessage, error)
	Job         runpod.Job // submitted before; the zero Job otherwise
	SubmittedAt time.Time
	Attempts    int
	// Recorder records the submission; it may be nil.
	Recorder Recorder
}

// Many says how to run many jobs on one endpoint.
type Many struct {
	EndpointID  string
	MaxInFlight int           // unfinished jobs, and long polls, at once
	Timeout     time.Duration // for all of them together
	Retry       *RetryPolicy
	// QueueTimeout is the maximum time of each job in the queue; 0 for no limit. A job
	// that exceeds it is left running or cancelled as OnTimeout says, and nothing more
	// is submitted.
	QueueTimeout time.Duration
	// MaxFailures is the number of failures after which nothing more is submitted; 0
	// for no limit.
	MaxFailures int
	// ExpiryFails says that a job whose end was never seen counts as a failure.
	ExpiryFails bool
	OnTimeout   Choice
	OnInterrupt Choice
	// Context returns the context in which a task's job is waited for; nil for the run's.
	Context func(ctx context.Context, t Task) context.Context
	// Ended is called with the outcome of each task, once per task, one at a time.
	Ended func(TaskEnd)
}

// TaskEnd is the outcome of one task.
type TaskEnd struct {
	Task    Task // with the job as it was submitted
	Outcome      // of the wait, unless SubmitErr is set
	// SubmitErr is set when no job is known: ErrNotSubmitted if its turn never came,
	// else why its submission failed. An error for which runpod.OutcomeUnknown holds
	// means that a job may exist nevertheless.
	SubmitErr error
}

// ErrNotSubmitted says that the run ended before a task had its turn.
var ErrNotSubmitted = errors.New("its turn did not come")

// ManyEnd is how a run of many jobs ended.
type ManyEnd struct {
	// End is Finished when every task had its turn and each job that was submitted was
	// waited for; TimedOut and Interrupted when the wait ended early; WaitFailed when
	// an error concerned all tasks; Stopped when nothing more was submitted, and the
	// jobs that had been were waited for.
	End End
	// Err is set for WaitFailed; for TimedOut, to the last refusal of a submission
	// with 429; for Stopped, to ErrQueueTimeout or to an error about max_failures.
	Err error
}

// Why nothing more was submitted.
var (
	errMaxFailures  = errors.New("as many jobs failed as max_failures allows")
	ErrQueueTimeout = errors.New("a job was in the queue for longer than queue_timeout")
)

const (
	// maxUnknownOutcomes is how many submissions in a row may have an unknown
	// outcome before submitting stops: each may have left an untracked job.
	maxUnknownOutcomes = 10
	// maxPages is how many submissions in a row may be answered by something other
	// than the API, such as a gateway, before no more are made.
	maxPages = 10
	// cancelGraceMany bounds the cancelling of many jobs: the API takes 100
	// requests in ten seconds.
	cancelGraceMany = time.Minute
	// cancelAtOnce is how many jobs are cancelled at once, as the API documents.
	cancelAtOnce = 20
)

var errRunTimeout = errors.New("the timeout of the run passed")

// Many runs jobs through a pool of workers, each of which submits a job and waits for
// it, so that at most MaxInFlight of them are unfinished. When the run ends early,
// nothing more is submitted, and the unfinished jobs are left running or cancelled as
// OnTimeout and OnInterrupt say.
func (r *Runner) Many(ctx context.Context, tasks []Task, m Many) ManyEnd {
	timed, cancelTimed := context.WithTimeoutCause(ctx, m.Timeout, errRunTimeout)
	defer cancelTimed()
	running, stop := context.WithCancelCause(timed)
	defer stop(nil)
	p := &pool{Runner: r, many: m, deadline: time.Now().Add(m.Timeout), halt: stop}
	InParallel(tasks, m.MaxInFlight, func(t Task) { p.run(running, t) })

	over := timed.Err() != nil // before ctx: an interrupt that comes now is not a timeout
	end := ManyEnd{End: EndFinished}
	choice := Detach
	switch {
	case p.broken != nil:
		end = ManyEnd{End: EndWaitFailed, Err: p.broken}
	case len(p.cut) == 0 && p.skipped == 0:
	case ctx.Err() != nil:
		end.End, choice = EndInterrupted, m.OnInterrupt
	case over:
		end.End, end.Err, choice = EndTimedOut, p.overload, m.OnTimeout
	}
	if end.End == EndFinished && p.stopped != nil && (p.skipped > 0 || !errors.Is(p.stopped, errMaxFailures)) {
		end = ManyEnd{End: EndStopped, Err: p.stopped}
	}
	grace, cancelGrace := context.WithTimeout(context.WithoutCancel(ctx), cancelGraceMany)
	defer cancelGrace()
	var unfinished atomic.Bool
	InParallel(p.cut, cancelAtOnce, func(e TaskEnd) {
		e.Outcome = r.applyPolicy(grace, m.EndpointID, e.Outcome, choice, Wait{Options: wait.Options{SubmittedAt: e.Task.SubmittedAt}})
		if e.End == EndInterrupted {
			e.End = end.End
		}
		if e.End != EndFinished {
			unfinished.Store(true)
		}
		p.ended(e)
	})
	if choice == Cancel && p.skipped == 0 && !unfinished.Load() {
		end = ManyEnd{End: EndFinished} // every job had ended by itself
	}
	return end
}

// pool is one run of many jobs.
type pool struct {
	*Runner
	many     Many
	deadline time.Time
	halt     context.CancelCauseFunc // ends the waits, too

	mu             sync.Mutex
	broken         error // why nothing more is submitted
	stopped        error // why nothing more is submitted, and what was submitted is waited for
	failures       int
	outcomeUnknown int // submissions with an unknown outcome since the last good one
	pages          int // and submissions answered by something other than the API
	skipped        int
	overload       error     // the last 429 reply to a submission
	cut            []TaskEnd // whose wait ended early
}

// run takes one task to its end.
func (p *pool) run(ctx context.Context, t Task) {
	if t.Job.ID == "" {
		var ok bool
		if t, ok = p.submit(ctx, t); !ok {
			return
		}
	}
	if p.many.Context != nil {
		ctx = p.many.Context(ctx, t)
	}
	e := TaskEnd{Task: t, Outcome: Outcome{End: EndInterrupted, Job: t.Job, Attempts: max(t.Attempts, 1)}}
	if ctx.Err() == nil || t.Job.Status.Final() {
		// The context ends first, for all jobs at once: a timeout for each of
		// them would ask for the endpoint's health as often.
		timeout := time.Until(p.deadline) + time.Minute
		e.Outcome = p.Finish(ctx, p.many.EndpointID, t.Job, Wait{
			Options:  wait.Options{Timeout: timeout, SubmittedAt: t.SubmittedAt, QueueTimeout: p.many.QueueTimeout, NoHealth: true},
			Attempts: t.Attempts, Retry: p.many.Retry, OnTimeout: p.many.OnTimeout, OnInterrupt: Detach,
			OnQueueTimeout: func() { p.stop(ErrQueueTimeout) },
		})
	}
	if e.End == EndWaitFailed {
		p.breakDown(e.Err)
	}
	if e.End == EndInterrupted && !e.Job.Status.Final() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.cut = append(p.cut, e)
		return
	}
	if e.Job.Status.Final() {
		e.End = EndFinished // whatever became of the pause before another attempt
	}
	p.ended(e)
}

// submit submits a task's job, unless the run is over.
func (p *pool) submit(ctx context.Context, t Task) (Task, bool) {
	p.mu.Lock()
	over := p.broken != nil || p.stopped != nil
	p.mu.Unlock()
	err := ErrNotSubmitted
	if !over && ctx.Err() == nil {
		t.SubmittedAt = time.Now()
		t.Job, err = p.load(ctx, t)
		if err != nil && ctx.Err() != nil && !runpod.OutcomeUnknown(err) {
			err = ErrNotSubmitted // it was still waiting for a slot
		}
	}
	p.judge(ctx, err)
	if err != nil {
		p.ended(TaskEnd{Task: t, SubmitErr: err})
		return t, false
	}
	t.Attempts = 1
	return t, true
}

// errNotLoaded says that the input of a task could not be read.
type errNotLoaded struct{ error }

// load submits a task's job with the input that it has or loads.
func (p *pool) load(ctx context.Context, t Task) (runpod.Job, error) {
	if t.Load != nil {
		var err error
		if t.Request.Input, err = t.Load(); err != nil {
			return runpod.Job{}, errNotLoaded{err}
		}
	}
	return p.submitPatiently(ctx, t)
}

// overloadPause is the pause after the client has used up its retries of a submission
// that the API refuses because of a limit or a full queue.
const overloadPause = 10 * time.Second

// submitPatiently submits a job, and again as long as the API answers 429: nothing was
// accepted then, and unfinished jobs will make room.
func (p *pool) submitPatiently(ctx context.Context, t Task) (runpod.Job, error) {
	for {
		job, _, err := p.Submit(ctx, Submission{EndpointID: p.many.EndpointID, Request: t.Request, Recorder: t.Recorder})
		e, ok := runpod.AsError(err)
		if !ok || e.StatusCode != http.StatusTooManyRequests || e.RetryAfter > overloadPause {
			return job, err
		}
		p.mu.Lock()
		p.overload = err
		over := p.broken != nil || p.stopped != nil
		p.mu.Unlock()
		if over || !runpod.Sleep(ctx, overloadPause/2+rand.N(overloadPause/2)) { //nolint:gosec // jitter needs no cryptographic randomness
			return job, err
		}
	}
}

// judge decides whether the outcome of a submission concerns the others.
func (p *pool) judge(ctx context.Context, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case err == nil:
		p.outcomeUnknown, p.pages = 0, 0
	case errors.Is(err, ErrNotSubmitted):
		p.skipped++
	case runpod.OutcomeUnknown(err):
		if ctx.Err() != nil {
			return // the interrupt cut it off
		}
		if p.outcomeUnknown++; p.outcomeUnknown >= maxUnknownOutcomes {
			p.breakLocked(err)
		}
	case runpod.IsNotFromAPI(err):
		if p.pages++; p.pages >= maxPages {
			p.breakLocked(err)
		}
	case !concernsOne(err):
		p.breakLocked(err)
	}
}

// breakDown ends the run when the error of a wait concerns all of them.
func (p *pool) breakDown(err error) {
	if ConcernsAll(err) {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.breakLocked(err)
	}
}

// breakLocked ends the submitting, and also the waiting if that has become impossible.
func (p *pool) breakLocked(err error) {
	if p.broken == nil {
		p.broken = err
	}
	if ConcernsAll(err) {
		p.halt(err)
	}
}

// concernsOne reports whether a submission was refused because of its content, so that
// others may be accepted.
func concernsOne(err error) bool {
	if errors.As(err, new(errNotLoaded)) {
		return true
	}
	e, ok := runpod.AsError(err)
	if !ok {
		return false
	}
	switch e.StatusCode {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		return true
	}
	return e.Reason == runpod.ReasonRefused
}

// stop ends the submitting.
func (p *pool) stop(why error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stopLocked(why)
}

func (p *pool) stopLocked(why error) {
	if p.stopped == nil {
		p.stopped = why
	}
}

// failed reports whether the end of a task counts as a failure.
func (p *pool) failed(e TaskEnd) bool {
	switch {
	case e.SubmitErr != nil:
		return !errors.Is(e.SubmitErr, ErrNotSubmitted)
	case e.Cancelled:
		return false
	case e.End == EndExpired:
		return p.many.ExpiryFails
	default:
		return e.Job.Status.Final() && e.Job.Status != runpod.StatusCompleted
	}
}

func (p *pool) ended(e TaskEnd) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed(e) {
		if p.failures++; p.many.MaxFailures > 0 && p.failures >= p.many.MaxFailures {
			p.stopLocked(errMaxFailures)
		}
	}
	p.many.Ended(e)
}
