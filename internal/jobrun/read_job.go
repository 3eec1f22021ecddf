package jobrun

import (
	"context"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// ReadResult is the result of reading a stored job.
type ReadResult int

// The results of reading a stored job.
const (
	Found         ReadResult = iota // the job, as it is now
	NotYetVisible                   // not found, but it was submitted a short while ago
	Expired                         // not found any more
	Unavailable                     // not read, for a transient reason or because the endpoint is gone
	Unauthorized                    // not read, for a lasting reason
)

// Attempts to read a job that the API does not show: more than one before a 404 is
// believed, and even more if the job was submitted a moment ago.
const (
	expiryAttempts     = 2
	visibilityAttempts = 4
	visibilityPause    = 500 * time.Millisecond
)

// ReadJob reads a stored job, several times if the API does not show it. The error
// says why there is no job to return.
func (r *Runner) ReadJob(ctx context.Context, endpointID, jobID string, submittedAt time.Time) (runpod.Job, ReadResult, error) {
	young := wait.Recent(submittedAt)
	attempts := expiryAttempts
	if young {
		attempts = visibilityAttempts
	}
	job, err := r.StatusUntilVisible(ctx, endpointID, jobID, attempts)
	switch {
	case err == nil:
		return job, Found, nil
	case !runpod.IsNotFound(err) && !passes(err):
		return job, Unauthorized, err
	case !runpod.IsJobNotFound(err):
		return job, Unavailable, err
	case young:
		return job, NotYetVisible, err
	default:
		return job, Expired, err
	}
}

// StatusUntilVisible reads a job, at most attempts times while the API does not know it.
func (r *Runner) StatusUntilVisible(ctx context.Context, endpointID, jobID string, attempts int) (runpod.Job, error) {
	job, err := r.api.Status(ctx, endpointID, jobID)
	for attempt := 1; attempt < attempts && runpod.IsJobNotFound(err); attempt++ {
		runpod.Sleep(ctx, visibilityPause<<attempt) // if interrupted, the next request fails for that reason
		job, err = r.api.Status(ctx, endpointID, jobID)
	}
	return job, err
}

// passes reports whether another attempt may succeed later, such as after the timeout
// of a refresh.
func passes(err error) bool {
	e, ok := runpod.AsError(err)
	return runpod.IsTransient(err) || ok && e.Reason == runpod.ReasonInterrupted
}
