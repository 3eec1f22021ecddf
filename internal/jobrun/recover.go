package jobrun

import (
	"context"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// Recovery says what a job is worth that an earlier process had submitted.
type Recovery int

// The recoveries.
const (
	Usable Recovery = iota // it is live or completed, or that cannot be told
	Failed                 // it ended and did not complete
	Lost                   // the API no longer knows it
)

// recoverPause is the pause before another look at a job that the API does not
// show yet.
const recoverPause = 5 * time.Second

// Recover reads a job that an earlier process had submitted, until the API shows
// it or does not know it any more. One that cannot be read at the moment is
// usable: the wait for it finds out.
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
