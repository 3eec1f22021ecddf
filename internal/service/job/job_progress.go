package job

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/action"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// heartbeat is the interval at which an action says that it still waits.
const heartbeat = 30 * time.Second

// progress tells the user of an action how its job gets on: each change of its
// state, and a sign of life in between. Its methods may be called at once from
// several goroutines.
type progress struct {
	endpointID, jobID string
	started           time.Time
	health            func(ctx context.Context, endpointID string) (runpod.Health, error)

	mu    sync.Mutex
	send  func(action.InvokeProgressEvent)
	state runpod.Status
}

func newProgress(client *runpod.Client, endpointID, jobID string, send func(action.InvokeProgressEvent)) *progress {
	return &progress{endpointID: endpointID, jobID: jobID, started: time.Now(), health: client.Health, send: send}
}

// say sends a message about the job.
func (p *progress) say(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.send(action.InvokeProgressEvent{Message: fmt.Sprintf("Job %s on endpoint %s: %s", p.jobID, p.endpointID, fmt.Sprintf(format, args...))})
}

// saw tells a reading of the job: a message when its state changed.
func (p *progress) saw(state runpod.Status) {
	p.mu.Lock()
	changed := state != "" && state != p.state
	if changed {
		p.state = state
	}
	p.mu.Unlock()
	if changed {
		p.say("%s after %s", state, p.elapsed())
	}
}

func (p *progress) elapsed() time.Duration {
	return time.Since(p.started).Round(100 * time.Millisecond)
}

// beat sends signs of life until stop is called.
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
		<-done // no message after the action's end
	}
}

// sign tells how long the job takes so far, and how long the queue is.
func (p *progress) sign(ctx context.Context) {
	p.mu.Lock()
	state := p.state
	p.mu.Unlock()
	health, err := p.health(ctx, p.endpointID)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		p.say("still %s after %s", state, p.elapsed())
	default:
		p.say("still %s after %s; %s", state, p.elapsed(), health)
	}
}
