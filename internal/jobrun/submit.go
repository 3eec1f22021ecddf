package jobrun

import (
	"context"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// API is the part of the API that a [Runner] needs; *runpod.Client implements it.
type API interface {
	wait.API
	Run(ctx context.Context, endpointID string, r runpod.JobRequest) (runpod.Job, error)
	RunSync(ctx context.Context, endpointID string, r runpod.JobRequest, wait time.Duration) (runpod.Job, error)
	Cancel(ctx context.Context, endpointID, jobID string) (runpod.Job, error)
	Retry(ctx context.Context, endpointID, jobID string) (runpod.Job, error)
}

var _ API = (*runpod.Client)(nil)

// Runner runs jobs. It is safe for concurrent use.
type Runner struct {
	api    API
	waiter *wait.Waiter
}

// New returns a runner that waits with waiter.
func New(api API, waiter *wait.Waiter) *Runner { return &Runner{api: api, waiter: waiter} }

// Submission is what to submit, and how.
type Submission struct {
	EndpointID string
	Request    runpod.JobRequest
	// SyncWait selects POST /runsync with this wait; 0 selects POST /run.
	SyncWait time.Duration
	// Timeout bounds the attempts if the API refuses the submission; 0 for no bound.
	// An attempt in progress is not cut off.
	Timeout time.Duration
	// Recorder records the submission; it may be nil.
	Recorder Recorder
}

// Recorder records a submission from before its request is sent. The last call is
// Accepted or NotAccepted, unless the outcome is unknown.
type Recorder interface {
	runpod.Recorder
	Accepted(jobID string)
}

// Submit submits a job once. An interrupt does not cut off a submission in progress,
// which gets 10 s to return the id, but prevents one from beginning. An error for
// which runpod.OutcomeUnknown holds means that a job may exist whose id is unknown.
// held is how long POST /runsync has waited for the job since it was accepted; 0 for
// POST /run.
func (r *Runner) Submit(ctx context.Context, s Submission) (job runpod.Job, held time.Duration, err error) {
	clock := &sendClock{next: s.Recorder, sentAt: time.Now()}
	job, err = r.submit(runpod.WithRecorder(ctx, clock), s)
	if err == nil && s.Recorder != nil {
		s.Recorder.Accepted(job.ID)
	}
	if s.SyncWait > 0 {
		held = time.Since(clock.sentAt)
	}
	return job, held, err
}

// sendClock notes when the last attempt at a submission is sent. During the attempts
// before it, and the pauses between them, there was no job.
type sendClock struct {
	next   Recorder // may be nil
	sentAt time.Time
}

// Sending implements runpod.Recorder.
func (c *sendClock) Sending() {
	if c.next != nil {
		c.next.Sending()
	}
	c.sentAt = time.Now()
}

// NotAccepted implements runpod.Recorder.
func (c *sendClock) NotAccepted() {
	if c.next != nil {
		c.next.NotAccepted()
	}
}

func (r *Runner) submit(ctx context.Context, s Submission) (runpod.Job, error) {
	if s.Timeout > 0 {
		ctx = runpod.WithAttemptDeadline(ctx, time.Now().Add(s.Timeout))
	}
	if s.SyncWait > 0 {
		return r.api.RunSync(ctx, s.EndpointID, s.Request, s.SyncWait)
	}
	job, err := r.api.Run(ctx, s.EndpointID, s.Request)
	return unended(job), err
}

// unended returns a job as one whose end is still to be read, if all that is known of
// its end is the status.
func unended(job runpod.Job) runpod.Job {
	if job.Unread {
		return runpod.Job{ID: job.ID, Status: runpod.StatusInProgress}
	}
	return job
}
