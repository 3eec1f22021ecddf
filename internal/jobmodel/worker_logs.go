package jobmodel

import (
	"context"
	"fmt"
	"strings"
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
	// maxLogLine bounds each of these lines, in bytes.
	maxLogLine = 500
)

// AddContext adds to an error about a job what else helps to find the cause: the
// address of the endpoint in the console, and the last lines of workers' logs.
func (d *ProviderData) AddContext(ctx context.Context, text *diagnose.Text, endpointID string, out jobrun.Outcome) {
	if d == nil || d.Client == nil {
		return
	}
	text.Field("Console", d.Client.ConsoleURL(endpointID))
	if logs := d.WorkerLogs(ctx, endpointID, out); logs != "" {
		text.Paragraph("%s", logs)
	}
}

// WorkerLogs returns a paragraph for the error about a job that failed, timed out
// or never started: the last lines of the worker that ran it, or of the workers
// that cannot run it when none did. It returns the way to get them where
// worker_log_lines asks for none, and "" for any other outcome. It is best effort:
// what cannot be read within 5 s is left out, and is never an error itself.
func (d *ProviderData) WorkerLogs(ctx context.Context, endpointID string, out jobrun.Outcome) string {
	failed := out.End == jobrun.EndFinished && (out.Job.Status == runpod.StatusFailed || out.Job.Status == runpod.StatusTimedOut)
	if d.Management == nil || !failed && out.End != jobrun.EndTimedOut {
		return ""
	}
	if d.WorkerLogLines == 0 {
		return "The workers' logs may say more: worker_log_lines in the provider block shows their last lines here, and the data source runpodserverless_worker_logs reads them."
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), workerLogsTimeout)
	defer cancel()
	workers := []runpod.Worker{{ID: out.Job.WorkerID}}
	if out.Job.WorkerID == "" {
		workers = d.stuckWorkers(ctx, endpointID)
	}
	var paragraphs []string
	for _, worker := range workers {
		lines, err := d.Management.WorkerLogs(ctx, endpointID, worker.ID, runpod.LogQuery{Tail: int(d.WorkerLogLines)})
		if err != nil || len(lines) == 0 {
			continue
		}
		paragraphs = append(paragraphs, lastLinesOf(worker, lines[max(0, len(lines)-int(d.WorkerLogLines)):]))
	}
	return strings.Join(paragraphs, "\n\n")
}

// stuckWorkers returns workers that are there and take no jobs.
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

func lastLinesOf(worker runpod.Worker, lines []runpod.LogLine) string {
	state := ""
	if worker.Status != "" {
		state = fmt.Sprintf(" (%s)", worker.Status)
	}
	text := fmt.Sprintf("Last lines of worker %s%s:", worker.ID, state)
	for _, line := range lines {
		text += "\n  " + strings.ReplaceAll(runpod.Printable(line.Line, maxLogLine), "\n", " ")
	}
	return text
}
