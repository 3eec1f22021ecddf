package wait

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// API is the part of the API that a [Waiter] needs; *runpod.Client implements it.
type API interface {
	Status(ctx context.Context, endpointID, jobID string) (runpod.Job, error)
	StatusSync(ctx context.Context, endpointID, jobID string, wait time.Duration) (runpod.Job, error)
	Health(ctx context.Context, endpointID string) (runpod.Health, error)
}

var _ API = (*runpod.Client)(nil)

const (
	// MaxHold is the longest duration of one long poll, so that no gateway cuts it
	// off.
	MaxHold = 60 * time.Second
	// visibilityGrace is how long after its submission a job may be unknown to
	// the API: submissions take time to spread.
	visibilityGrace = 150 * time.Second
	// secondRead is the pause before a second attempt to read a job that was visible
	// before and is not found.
	secondRead = time.Second
	// maxRetryAfter is the longest Retry-After that a wait respects: the job may end
	// meanwhile, and some gateways ask for an hour whatever the problem is.
	maxRetryAfter = 5 * time.Minute
	// slowNotice is the time after which a wait reads and logs the endpoint's health
	// once. A job of a minute does not need that.
	slowNotice = 100 * time.Second
)

// Waiter waits for jobs and endpoints. It is safe for concurrent use.
type Waiter struct {
	api API
	// polls is set when the API turns out not to serve /status-sync.
	polls atomic.Bool
}

// New returns a waiter that uses an API.
func New(api API) *Waiter { return &Waiter{api: api} }

// Options configure a wait for a job.
type Options struct {
	Timeout     time.Duration // from now; required
	SubmittedAt time.Time     // when the job was submitted; zero when not known
	// HoldFor returns the duration of the next long poll in a wait that has taken so
	// long, at most MaxHold. Nil means MaxHold.
	HoldFor func(waited time.Duration) time.Duration
	// QueueTimeout is the maximum time in the queue, from the start of the wait until
	// the job has left the queue once; 0 for no limit.
	QueueTimeout time.Duration
	// QueuedFor is how long the job was in the queue before the wait. It counts toward
	// QueueTimeout.
	QueuedFor time.Duration
	// NoHealth omits the endpoint's health from a *TimeoutError.
	NoHealth bool
	// OnJob is called with each reading of the job.
	OnJob func(runpod.Job)
	// OnSlow is called once, after 100 seconds, with the endpoint's health or nil. It
	// runs concurrently with the wait.
	OnSlow func(ctx context.Context, last runpod.Job, health *runpod.Health)
}

// TimeoutError says that the job did not end in time.
type TimeoutError struct {
	EndpointID string
	JobID      string
	Last       runpod.Status // "" if the job was never read
	Waited     time.Duration
	Queued     bool           // the queue timeout passed: no worker ever took the job
	Health     *runpod.Health // nil if it could not be read
	Err        error          // the last failure to read the job, if the last reading failed
}

// Error implements error.
func (e *TimeoutError) Error() string {
	end := "did not end"
	if e.Queued {
		end = "was not taken by a worker"
	}
	text := fmt.Sprintf("job %s on endpoint %s "+end+" within %s", e.JobID, e.EndpointID, e.Waited.Round(time.Millisecond))
	if e.Last != "" {
		text += "; its last known state is " + string(e.Last)
	}
	if e.Err != nil {
		text += "; the last attempt to read it failed: " + e.Err.Error()
	}
	if e.Health != nil {
		text += ". Health of the endpoint: " + e.Health.String()
	}
	return text
}

// Unwrap returns the last failure to read the job.
func (e *TimeoutError) Unwrap() error { return e.Err }

// ExpiredError says that the API no longer knows the job: its result expired, its time
// to live ran out, or it was purged.
type ExpiredError struct {
	EndpointID string
	JobID      string
	Last       runpod.Status // "" if the job was never read
}

// Error implements error.
func (e *ExpiredError) Error() string {
	if e.Last == "" {
		return fmt.Sprintf("the API does not know job %s on endpoint %s", e.JobID, e.EndpointID)
	}
	return fmt.Sprintf("the API no longer knows job %s on endpoint %s, whose last known state was %s", e.JobID, e.EndpointID, e.Last)
}

// InterruptedError says that the caller's context ended during the wait.
type InterruptedError struct {
	Err     error
	Failure error // the last failure to read the job, if the last reading failed
}

// Error implements error.
func (e *InterruptedError) Error() string { return "the wait was interrupted" }

// Unwrap returns the context's error.
func (e *InterruptedError) Unwrap() error { return e.Err }

var (
	errTimeout      = errors.New("the timeout of the wait passed")
	errQueueTimeout = errors.New("the job was in the queue for too long")
)

// Job waits until the job is final and returns it. With an error it returns the job as
// it was last read (the zero Job if it never was). The errors are *TimeoutError,
// *ExpiredError, *InterruptedError, or the *runpod.Error that ended the wait at once,
// such as one about a refused key.
//
// A transient failure (an overloaded API, a broken connection) does not end the wait:
// the job is paid for, and the timeout bounds it.
func (w *Waiter) Job(ctx context.Context, endpointID, jobID string, o Options) (runpod.Job, error) {
	started := time.Now()
	waiting, cancel := context.WithTimeoutCause(ctx, o.Timeout, errTimeout)
	defer cancel()

	one := &jobWait{Waiter: w, endpointID: endpointID, jobID: jobID, options: o, loop: loop{started: started, since: o.SubmittedAt}}
	if o.OnSlow != nil {
		slow := time.AfterFunc(slowNotice, func() { one.noticeSlow(waiting) })
		defer slow.Stop()
	}
	err := one.run(waiting)
	err = one.end(ctx, waiting, err, func() error {
		timeout := &TimeoutError{EndpointID: endpointID, JobID: jobID, Waited: time.Since(started), Queued: errors.Is(err, errQueueTimeout)}
		switch {
		case !timeout.Queued:
			timeout.Health = one.lastReading(ctx)
			timeout.Err = one.failure
		case !o.NoHealth:
			timeout.Health = BriefHealth(ctx, w.api, endpointID)
		}
		if timeout.Last = one.lastSeen().Status; timeout.Last.Final() {
			return nil
		}
		return timeout
	})
	return one.lastSeen(), err
}

// briefHealthTimeout bounds how long an error or a message waits for the health that
// it shows.
const briefHealthTimeout = 5 * time.Second

// HealthAPI reads an endpoint's health; *runpod.Client implements it.
type HealthAPI interface {
	Health(ctx context.Context, endpointID string) (runpod.Health, error)
}

// BriefHealth returns the endpoint's health if it can be read within 5 s, else nil.
func BriefHealth(ctx context.Context, api HealthAPI, endpointID string) *runpod.Health {
	ctx, cancel := context.WithTimeout(ctx, briefHealthTimeout)
	defer cancel()
	health, err := api.Health(ctx, endpointID)
	if err != nil {
		return nil
	}
	return &health
}

// jobWait is one wait for one job.
type jobWait struct {
	*Waiter
	loop
	endpointID, jobID string
	options           Options
	last              atomic.Pointer[runpod.Job]
	leftQueue         bool // a worker has taken the job
	unserved          int  // times that /status knew the job and /status-sync did not
}

func (j *jobWait) lastSeen() runpod.Job {
	if last := j.last.Load(); last != nil {
		return *last
	}
	return runpod.Job{}
}

// lastReading reads the job and the endpoint's health once more, at the same time: the
// request that the timeout cut off may have been held for a minute, and health that
// does not match the job's status would not help.
func (j *jobWait) lastReading(ctx context.Context) *runpod.Health {
	var health *runpod.Health
	var beside sync.WaitGroup
	beside.Go(func() { health = BriefHealth(ctx, j.api, j.endpointID) })
	looking, cancel := context.WithTimeout(ctx, briefHealthTimeout)
	defer cancel()
	if job, err := j.api.Status(looking, j.endpointID, j.jobID); err == nil {
		j.saw(job)
	}
	beside.Wait()
	return health
}

// saw processes a reading.
func (j *jobWait) saw(job runpod.Job) {
	j.succeeded()
	j.last.Store(&job)
	if j.options.OnJob != nil {
		j.options.OnJob(job)
	}
}

func (j *jobWait) noticeSlow(ctx context.Context) {
	if ctx.Err() == nil {
		j.options.OnSlow(ctx, j.lastSeen(), BriefHealth(ctx, j.api, j.endpointID))
	}
}

// run reads the job until it is final. It returns nil then.
func (j *jobWait) run(ctx context.Context) error {
	for {
		asked := time.Now()
		job, err := j.ask(ctx)
		next := interval(asked.Sub(j.started))
		if err == nil {
			j.saw(job)
			if job.Status.Final() {
				return nil
			}
			j.leftQueue = j.leftQueue || job.Status != runpod.StatusInQueue
			if rest, ok := j.queueRest(); ok {
				if rest <= 0 {
					return errQueueTimeout
				}
				next = min(next, rest)
			}
		} else {
			var end error
			if next, end = j.failed(ctx, err, next); end != nil {
				if runpod.IsJobNotFound(end) {
					end = &ExpiredError{EndpointID: j.endpointID, JobID: j.jobID, Last: j.lastSeen().Status}
				}
				return end
			}
		}
		if end := j.pause(ctx, asked, next, err); end != nil {
			return end
		}
	}
}

// queueRest returns how much longer the job may be in the queue, and false if there is
// no limit.
func (j *jobWait) queueRest() (time.Duration, bool) {
	if j.options.QueueTimeout <= 0 || j.leftQueue {
		return 0, false
	}
	return j.options.QueueTimeout - j.options.QueuedFor - time.Since(j.started), true
}

// askedFor returns the pause that the API asks for with an error.
func askedFor(err error) time.Duration {
	e, ok := runpod.AsError(err)
	if !ok {
		return 0
	}
	return min(e.RetryAfter, maxRetryAfter)
}

// Recent reports whether something happened so recently that the API may not show it
// yet. A time in the future, from the clock of another machine, is not recent, and
// neither is the zero time.
func Recent(at time.Time) bool {
	since := time.Since(at)
	return !at.IsZero() && since >= 0 && since < visibilityGrace
}

// ask reads the job once, with a long poll if the API serves them.
func (j *jobWait) ask(ctx context.Context) (runpod.Job, error) {
	if j.polls.Load() {
		return j.api.Status(ctx, j.endpointID, j.jobID)
	}
	held := j.options.hold(ctx, time.Since(j.started))
	if rest, ok := j.queueRest(); ok {
		held = min(held, max(rest, runpod.MinSyncWait))
	}
	job, err := j.api.StatusSync(ctx, j.endpointID, j.jobID, held)
	missing := notServed(err)
	if err == nil || ctx.Err() != nil || !missing && (!runpod.IsTransient(err) || runpod.IsTooMany(err)) {
		return job, err
	}
	// Either the route is missing or the job: /status shows which. It also reads the
	// job if a gateway cuts off every long poll.
	job, statusErr := j.api.Status(ctx, j.endpointID, j.jobID)
	if missing && statusErr == nil {
		j.unserved++
		// A job that becomes visible between the two requests looks the same, once,
		// and so does the page of a gateway.
		if !runpod.IsJobNotFound(err) && !runpod.IsNotFromAPI(err) || j.unserved > 1 {
			j.polls.Store(true)
		}
	}
	return job, statusErr
}

// hold returns the duration of a long poll in a wait that has taken so long: what
// HoldFor says, MaxHold, or what the context has left, whichever is least.
func (o *Options) hold(ctx context.Context, waited time.Duration) time.Duration {
	most := MaxHold
	if o.HoldFor != nil {
		most = min(most, o.HoldFor(waited))
	}
	if deadline, ok := ctx.Deadline(); ok {
		most = min(most, time.Until(deadline))
	}
	return max(most.Truncate(time.Millisecond), runpod.MinSyncWait)
}

// notServed reports whether an error of /status-sync may mean that the route does not
// exist.
func notServed(err error) bool {
	e, ok := runpod.AsError(err)
	return ok && e.Reason == runpod.ReasonStatus &&
		(e.StatusCode == http.StatusNotFound || runpod.IsNotServed(err))
}
