package jobrun

import (
	"context"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// Sight is what a look at a stored job found.
type Sight int

// What a look can find.
const (
	Seen       Sight = iota // the job, as it is now
	Invisible               // nothing yet: it was submitted a short while ago
	Expired                 // nothing any more
	Unreadable              // nothing, for a reason that may pass
	Refused                 // nothing, for a reason that will not pass by itself
)

// Looks at a job that the API does not show, when that may be because it was
// submitted a moment ago.
const (
	visibilityLooks = 4
	visibilityPause = 500 * time.Millisecond
)

// Look reads a stored job once, or a few times while it may not be visible yet.
// The error says why there is no job to see.
func (r *Runner) Look(ctx context.Context, endpointID, jobID string, submittedAt time.Time) (runpod.Job, Sight, error) {
	young := !submittedAt.IsZero() && time.Since(submittedAt) < wait.VisibilityGrace
	looks := 1
	if young {
		looks = visibilityLooks
	}
	job, err := r.StatusUntilVisible(ctx, endpointID, jobID, looks)
	switch {
	case err == nil:
		return job, Seen, nil
	case runpod.IsTransient(err):
		return job, Unreadable, err
	case !runpod.IsNotFound(err), runpod.IsEndpointNotFound(err):
		return job, Refused, err
	case young:
		return job, Invisible, err
	default:
		return job, Expired, err
	}
}

// StatusUntilVisible reads a job, up to looks times while the API does not know it.
func (r *Runner) StatusUntilVisible(ctx context.Context, endpointID, jobID string, looks int) (runpod.Job, error) {
	job, err := r.api.Status(ctx, endpointID, jobID)
	for look := 1; look < looks && runpod.IsNotFound(err) && !runpod.IsEndpointNotFound(err); look++ {
		select {
		case <-ctx.Done():
			return job, err
		case <-time.After(visibilityPause << look):
		}
		job, err = r.api.Status(ctx, endpointID, jobID)
	}
	return job, err
}
