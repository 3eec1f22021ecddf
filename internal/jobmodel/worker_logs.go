package jobmodel

import (
	"context"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

const (
	// workerLogsTimeout bounds how long an error waits for the lines that go into it.
	workerLogsTimeout = 5 * time.Second
	// maxWorkersShown is how many workers' lines an error shows at most.
	maxWorkersShown = 3
)

// ErrorContext returns additional information for an error about a job: the address of
// the endpoint in the console and, for a job that failed, timed out or never started,
// the last lines of the worker that ran it, or of the workers that are stuck if none
// did. It is best effort: what cannot be read within 5 s is omitted.
func (d *ProviderData) ErrorContext(ctx context.Context, endpointID string, out jobrun.Outcome) diagnose.Context {
	if d.Client == nil {
		return diagnose.Context{}
	}
	more := diagnose.Context{Console: d.Client.ConsoleURL(endpointID)}
	failed := out.End == jobrun.EndFinished && (out.Job.Status == runpod.StatusFailed || out.Job.Status == runpod.StatusTimedOut)
	if d.Management == nil || !failed && out.End != jobrun.EndTimedOut {
		return more
	}
	if d.WorkerLogLines == 0 {
		more.LogsHint = true
		return more
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workerLogsTimeout)
	defer cancel()
	workers := []runpod.Worker{{ID: out.Job.WorkerID}}
	if out.Job.WorkerID == "" {
		workers = d.stuckWorkers(ctx, endpointID)
	}
	for _, worker := range workers {
		lines, err := d.Management.WorkerLogs(ctx, endpointID, worker.ID, runpod.LogQuery{Tail: int(d.WorkerLogLines)})
		if err == nil && len(lines) > 0 {
			more.Logs = append(more.Logs, diagnose.WorkerLog{Worker: worker, Lines: lines[max(0, len(lines)-int(d.WorkerLogLines)):]})
		}
	}
	return more
}

// stuckWorkers returns workers that exist but take no jobs.
func (d *ProviderData) stuckWorkers(ctx context.Context, endpointID string) []runpod.Worker {
	workers, err := d.Management.Workers(ctx, endpointID)
	if err != nil {
		return nil
	}
	var stuck []runpod.Worker
	for _, worker := range workers.Workers {
		switch worker.Status {
		case runpod.WorkerInitializing, runpod.WorkerUnhealthy, runpod.WorkerThrottled:
			if stuck = append(stuck, worker); len(stuck) == maxWorkersShown {
				return stuck
			}
		}
	}
	return stuck
}
