package wait

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// Subject is what a wait for an endpoint is about, as it appears in errors.
type Subject string

// What can be waited for, besides jobs.
const (
	SubjectHealth  Subject = "health"
	SubjectWorkers Subject = "state of its workers"
)

// UnmetError says that an endpoint did not meet the conditions in time.
type UnmetError struct {
	EndpointID string
	Subject    Subject
	Unmet      []string // one sentence per condition that is not met; none if nothing was read
	Waited     time.Duration
	Last       string // the last reading, in one line; "" if nothing was read
	Err        error  // the last failure to read, if the last reading failed
}

// Error implements error.
func (e *UnmetError) Error() string {
	text := fmt.Sprintf("endpoint %s did not reach the wanted %s within %s", e.EndpointID, e.Subject, e.Waited.Round(time.Millisecond))
	if len(e.Unmet) > 0 {
		text += ": " + strings.Join(e.Unmet, "; ")
	}
	if e.Err != nil {
		text += "; the last attempt to read it failed: " + e.Err.Error()
	}
	return text
}

// Unwrap returns the last failure to read.
func (e *UnmetError) Unwrap() error { return e.Err }

// minGateInterval is the shortest pause between two readings of an endpoint: workers
// start in seconds, not in milliseconds.
const minGateInterval = time.Second

// Health reads the endpoint's health until unmet returns nothing, and returns the last
// counts. The errors are *UnmetError, *InterruptedError, or the *runpod.Error that
// ended the wait at once.
func (w *Waiter) Health(ctx context.Context, endpointID string, timeout time.Duration, unmet func(runpod.Health) []string) (runpod.Health, error) {
	return gate(ctx, endpointID, SubjectHealth, timeout, w.api.Health, unmet)
}

// WorkersAPI is the part of the API that waiting for workers needs; *runpod.Management
// implements it.
type WorkersAPI interface {
	Workers(ctx context.Context, endpointID string) (runpod.Workers, error)
}

var _ WorkersAPI = (*runpod.Management)(nil)

// Workers reads the endpoint's workers until unmet returns nothing. Its errors are
// those of [Waiter.Health].
func Workers(ctx context.Context, api WorkersAPI, endpointID string, timeout time.Duration, unmet func(runpod.Workers) []string) (runpod.Workers, error) {
	return gate(ctx, endpointID, SubjectWorkers, timeout, api.Workers, unmet)
}

// gate reads until unmet returns nothing, and returns the last reading.
func gate[T fmt.Stringer](ctx context.Context, endpointID string, subject Subject, timeout time.Duration, read func(context.Context, string) (T, error), unmet func(T) []string) (T, error) {
	started := time.Now()
	waiting, cancel := context.WithTimeoutCause(ctx, timeout, errTimeout)
	defer cancel()

	var last T
	failure := &UnmetError{EndpointID: endpointID, Subject: subject}
	for {
		reading, err := read(waiting, endpointID)
		if err == nil || waiting.Err() == nil {
			failure.Err = err // a request that the end of the wait cut off is not a failure
		}
		if err == nil {
			last, failure.Last = reading, reading.String()
			if failure.Unmet = unmet(reading); len(failure.Unmet) == 0 {
				return reading, nil
			}
		} else if waiting.Err() == nil && (!runpod.IsTransient(err) || runpod.IsCertificateRefused(err)) {
			return last, err
		}
		if waiting.Err() == nil {
			runpod.Sleep(waiting, max(jittered(max(interval(time.Since(started)), minGateInterval)), askedFor(err)))
		}
		interrupted, over := ended(ctx, waiting)
		switch {
		case interrupted != nil:
			return last, &InterruptedError{interrupted, failure.Err}
		case over:
			failure.Waited = time.Since(started)
			return last, failure
		}
	}
}
