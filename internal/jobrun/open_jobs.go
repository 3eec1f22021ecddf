package jobrun

import (
	"context"
	"sync"
	"time"
)

// OpenJobs are live jobs that must not outlive the process that submitted them.
// The zero value is empty and ready to use; it is safe for concurrent use.
type OpenJobs struct {
	mu   sync.Mutex
	jobs map[openKey]openEntry
}

type openKey struct{ endpointID, id string }

type openEntry struct {
	OpenJob
	runner *Runner
}

// OpenJob is a live job that is in no state.
type OpenJob struct {
	EndpointID  string    `json:"endpoint_id"`
	ID          string    `json:"id"`
	SubmittedAt time.Time `json:"submitted_at"`
}

// Add remembers a job until [OpenJobs.Cancel] cancels it.
func (o *OpenJobs) Add(runner *Runner, job OpenJob) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.jobs == nil {
		o.jobs = make(map[openKey]openEntry)
	}
	o.jobs[openKey{job.EndpointID, job.ID}] = openEntry{job, runner}
}

// Cancel cancels a job and forgets it.
func (o *OpenJobs) Cancel(ctx context.Context, runner *Runner, job OpenJob) error {
	_, err := runner.CancelRecent(ctx, job.EndpointID, job.ID, job.SubmittedAt)
	if err == nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		delete(o.jobs, openKey{job.EndpointID, job.ID})
	}
	return err
}

// CancelAll cancels every job that is still remembered, all at once, and returns
// when that is done or ctx ends. failed is called for each job that could not
// be cancelled, from several goroutines.
func (o *OpenJobs) CancelAll(ctx context.Context, failed func(OpenJob, error)) {
	o.mu.Lock()
	jobs := o.jobs
	o.jobs = nil
	o.mu.Unlock()
	if len(jobs) == 0 {
		return
	}
	var cancelling sync.WaitGroup
	for _, job := range jobs {
		cancelling.Go(func() {
			if _, err := job.runner.CancelRecent(ctx, job.EndpointID, job.ID, job.SubmittedAt); err != nil {
				failed(job.OpenJob, err)
			}
		})
	}
	done := make(chan struct{})
	go func() {
		cancelling.Wait()
		close(done)
	}()
	select {
	case <-done:
	case <-ctx.Done(): // requests in progress end with the process
	}
}
