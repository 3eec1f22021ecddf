package simtest

import (
	"context"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// pollInterval is how often a condition is checked. The simulator calls nobody
// back, so its journal is polled: here, and nowhere else.
const pollInterval = time.Millisecond

// When returns a channel that is closed once the condition holds. It stays open
// when the test ends first.
func When(t testing.TB, condition func() bool) <-chan struct{} {
	t.Helper()
	held := make(chan struct{})
	ctx := t.Context()
	go func() {
		ticker := time.NewTicker(pollInterval)
		defer ticker.Stop()
		for !condition() {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
			}
		}
		close(held)
	}()
	return held
}

// Reached returns a channel that is closed once the simulator has received n
// requests of an operation.
func (s *Sim) Reached(t testing.TB, op string, n int) <-chan struct{} {
	t.Helper()
	return When(t, func() bool { return s.Journal().Count(op) >= n })
}

// UntilReached returns a context that ends once the simulator has received n
// requests of an operation, as an interrupt at that moment would end it.
func (s *Sim) UntilReached(t testing.TB, op string, n int) context.Context {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	reached := s.Reached(t, op, n)
	go func() {
		select {
		case <-ctx.Done():
		case <-reached:
			cancel()
		}
	}()
	return ctx
}

// FastForward moves the simulated time ahead by d, until the test ends, each
// time that every unfinished job of the default endpoint has a long poll waiting
// for it. So no result expires before it is read, however slow the machine is.
func (s *Sim) FastForward(t testing.TB, d time.Duration) {
	t.Helper()
	go func() {
		for {
			select {
			case <-t.Context().Done():
				return
			case <-When(t, s.waitedForAll):
				s.Advance(d)
			}
		}
	}()
}

// waitedForAll reports whether there are unfinished jobs, each with an open long
// poll.
func (s *Sim) waitedForAll() bool {
	polled := make(map[string]bool)
	for _, x := range s.Journal().Op("status-sync") {
		if x.Status == 0 && x.Held == 0 {
			polled[x.JobID] = true
		}
	}
	unfinished := 0
	for _, job := range s.Jobs(simulator.DefaultEndpointID) {
		if job.Status != "IN_QUEUE" && job.Status != "IN_PROGRESS" {
			continue
		}
		if unfinished++; !polled[job.ID] {
			return false
		}
	}
	return unfinished > 0
}

// Requests fails the test unless an operation was used as often as wanted.
func Requests(t testing.TB, sim *Sim, op string, want int) {
	t.Helper()
	if got := sim.Journal().Count(op); got != want {
		t.Errorf("%d requests to /%s, want %d", got, op, want)
	}
}
