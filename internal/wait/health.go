package wait

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// UnmetError says that an endpoint did not reach the wanted health in time.
type UnmetError struct {
	EndpointID string
	Unmet      []string // one sentence for each condition that is not met
	Waited     time.Duration
	Health     runpod.Health
	Reached    bool  // the health was read at least once
	Err        error // the last failure to read the health, if the last reading failed
}

// Error implements error.
func (e *UnmetError) Error() string {
	text := fmt.Sprintf("endpoint %s did not reach the wanted health within %s", e.EndpointID, e.Waited.Round(time.Millisecond))
	if len(e.Unmet) > 0 {
		text += ": " + strings.Join(e.Unmet, "; ")
	}
	if e.Err != nil {
		text += "; the last look at it failed: " + e.Err.Error()
	}
	return text
}

// Unwrap returns the last failure to read the health.
func (e *UnmetError) Unwrap() error { return e.Err }

// minHealthInterval is the least pause between two looks at an endpoint's
// health: workers start in seconds, not in milliseconds.
const minHealthInterval = time.Second

// Health reads the endpoint's health until unmet returns nothing, and returns
// the last figures. The errors are *UnmetError, *InterruptedError, or the
// *runpod.Error that ended the wait at once.
func (w *Waiter) Health(ctx context.Context, endpointID string, timeout time.Duration, unmet func(runpod.Health) []string) (runpod.Health, error) {
	started := time.Now()
	waiting, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()

	var last runpod.Health
	var open []string
	var failure error // of the last reading
	reached := false
	for {
		health, err := w.api.Health(waiting, endpointID)
		if err == nil || waiting.Err() == nil {
			failure = err // what the end of the wait cut off is no failure
		}
		if err == nil {
			last, reached = health, true
			if open = unmet(health); len(open) == 0 {
				return health, nil
			}
		} else if waiting.Err() == nil && (!runpod.IsTransient(err) || runpod.IsCertificateRefused(err)) {
			return last, err
		}
		if waiting.Err() == nil {
			_ = sleep(waiting, max(jittered(max(interval(time.Since(started)), minHealthInterval)), askedFor(err)))
		}
		switch {
		case ctx.Err() != nil:
			return last, &InterruptedError{ctx.Err(), failure}
		case waiting.Err() != nil:
			return last, &UnmetError{EndpointID: endpointID, Unmet: open, Waited: time.Since(started), Health: last, Reached: reached, Err: failure}
		}
	}
}
