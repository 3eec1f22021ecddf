package jobrun

import (
	"context"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// Recovery says whether a job that an earlier process had submitted is usable.
type Recovery int

// The recoveries.
const (
	Usable Recovery = iota // it is live or completed, or cannot be read
	Failed                 // it ended and did not complete
	Lost                   // the API no longer knows it
)

// recoverPause is the pause before another attempt to read a job that the API does not
// show yet.
const recoverPause = 5 * time.Second

// Recover reads a job that an earlier process had submitted, until the API shows it or
// no longer knows it. A job that cannot be read at the moment is usable: waiting for
// it will show.
func (r *Runner) Recover(ctx context.Context, endpointID, jobID string, submittedAt time.Time) (runpod.Job, Recovery) {
	job, result, _ := r.ReadJob(ctx, endpointID, jobID, submittedAt)
	for result == NotYetVisible && runpod.Sleep(ctx, recoverPause) {
		job, result, _ = r.ReadJob(ctx, endpointID, jobID, submittedAt)
	}
	switch {
	case result == Expired:
		return runpod.Job{ID: jobID}, Lost
	case result != Found:
		return runpod.Job{ID: jobID, Status: runpod.StatusInQueue}, Usable
	case job.Status.Final() && job.Status != runpod.StatusCompleted:
		return job, Failed
	default:
		return job, Usable
	}
}
