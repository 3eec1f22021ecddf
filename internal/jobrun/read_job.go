package jobrun

import (
	"context"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// ReadResult is what a look at a stored job found.
type ReadResult int

// What a look can find.
const (
	Found         ReadResult = iota // the job, as it is now
	NotYetVisible                   // nothing yet: it was submitted a short while ago
	Expired                         // nothing any more
	Unavailable                     // nothing, for a reason that may pass, or because the endpoint is gone
	Unauthorized                    // nothing, for a reason that will not pass by itself
)

// Looks at a job that the API does not show: more than one, before it is
// believed, and the more when the job was submitted a moment ago.
const (
	expiryLooks     = 2
	visibilityLooks = 4
	visibilityPause = 500 * time.Millisecond
)

// ReadJob reads a stored job, a few times where the API does not show it. The
// error says why there is no job to see.
func (r *Runner) ReadJob(ctx context.Context, endpointID, jobID string, submittedAt time.Time) (runpod.Job, ReadResult, error) {
	young := wait.Recent(submittedAt)
	looks := expiryLooks
	if young {
		looks = visibilityLooks
	}
	job, err := r.StatusUntilVisible(ctx, endpointID, jobID, looks)
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

// StatusUntilVisible reads a job, up to looks times while the API does not know it.
func (r *Runner) StatusUntilVisible(ctx context.Context, endpointID, jobID string, looks int) (runpod.Job, error) {
	job, err := r.api.Status(ctx, endpointID, jobID)
	for look := 1; look < looks && runpod.IsJobNotFound(err) && runpod.Sleep(ctx, visibilityPause<<look); look++ {
		job, err = r.api.Status(ctx, endpointID, jobID)
	}
	return job, err
}

// passes reports whether the same reading may succeed later. One that the time for
// the refresh has cut off may, too.
func passes(err error) bool {
	e, ok := runpod.AsError(err)
	return runpod.IsTransient(err) || ok && e.Reason == runpod.ReasonInterrupted
}
