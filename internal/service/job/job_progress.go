package job

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

const (
	// heartbeat is the interval at which an action reports that it still waits.
	heartbeat = 30 * time.Second
	// longInQueue is the time in the queue after which an action reports why the job
	// may wait.
	longInQueue = time.Minute
)

// progress reports to the user of an action how the job proceeds: each change of its
// status, and a heartbeat in between. Its methods may be called concurrently.
type progress struct {
	endpointID, jobID string
	started           time.Time
	api               wait.HealthAPI
	interrupted       func() bool

	mu    sync.Mutex
	send  func(action.InvokeProgressEvent)
	state runpod.Status
	since time.Time // of the status
}

func newProgress(ctx context.Context, client *runpod.Client, endpointID, jobID string, send func(action.InvokeProgressEvent)) *progress {
	return &progress{
		endpointID: endpointID, jobID: jobID, started: time.Now(), api: client, send: send,
		interrupted: func() bool { return ctx.Err() != nil },
	}
}

// report sends a message about the job, and reports whether it did. After an interrupt
// it sends none: Terraform would stop reading at it, and miss the diagnostic at the
// end, which says what happened to the job.
func (p *progress) report(format string, args ...any) (sent bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.interrupted() {
		return false
	}
	p.send(action.InvokeProgressEvent{Message: fmt.Sprintf("Job %s on endpoint %s: %s", p.jobID, p.endpointID, fmt.Sprintf(format, args...))})
	return true
}

// reportEnd reports how the action ended. If an interrupt suppressed the message that
// the job completed, a warning says so.
func (p *progress) reportEnd(ctx context.Context, data *jobmodel.ProviderData, end diagnose.JobEnd, diags *diag.Diagnostics) {
	before := len(*diags)
	data.ReportEnd(ctx, end, diags)
	if p.interrupted() && len(*diags) == before {
		diags.Append(end.Job.InterruptedAtEnd(end.Outcome.Job.Status).Warning())
	}
}

// submitted reports that the job exists, and what an interrupt does to it.
func (p *progress) submitted(state runpod.Status, onInterrupt jobrun.Choice) {
	end := "leaves it running"
	if onInterrupt == jobrun.Cancel {
		end = "cancels it"
	}
	p.report("submitted; Ctrl-C %s", end)
	p.saw(state)
}

// saw reports a change of the job's status.
func (p *progress) saw(state runpod.Status) {
	p.mu.Lock()
	changed := state != "" && state != p.state
	if changed {
		p.state, p.since = state, time.Now()
	}
	p.mu.Unlock()
	if changed {
		p.report("%s after %s", state, p.elapsed())
	}
}

func (p *progress) elapsed() time.Duration {
	return time.Since(p.started).Round(100 * time.Millisecond)
}

// beat sends heartbeats until stop is called.
func (p *progress) beat(ctx context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ticker := time.NewTicker(heartbeat)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				p.sign(ctx)
			}
		}
	}()
	return func() {
		cancel()
		<-done // no message after the action has ended
	}
}

// sign reports how long the job has taken so far, and the counts of its endpoint. The
// API does not report the position of a job in the queue, only the length of the
// queue.
func (p *progress) sign(ctx context.Context) {
	p.mu.Lock()
	state, since := p.state, p.since
	p.mu.Unlock()
	health := wait.BriefHealth(ctx, p.api, p.endpointID)
	text := fmt.Sprintf("still %s after %s", state, p.elapsed())
	switch {
	case ctx.Err() != nil:
		return
	case health == nil:
		p.report("%s", text)
		return
	case state != runpod.StatusInQueue:
		p.report("%s; %s", text, health)
		return
	}
	if n := health.Jobs.InQueue; n != nil && *n > 0 {
		text += fmt.Sprintf(", one of %d in the queue", *n)
	}
	text += "; " + health.String()
	if why := diagnose.Queued(*health); why != "" && time.Since(since) >= longInQueue {
		text += ". Likely cause: " + why
	}
	p.report("%s", text)
}
