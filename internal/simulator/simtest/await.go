package simtest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// pollInterval is how often a condition is checked. The simulator has no callbacks, so
// this file polls its journal.
const pollInterval = time.Millisecond

// When returns a channel that is closed once the condition is true. It stays open if
// the test ends first.
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

// Reached returns a channel that is closed once the simulator has received n requests
// of an operation.
func (s *Sim) Reached(t testing.TB, op string, n int) <-chan struct{} {
	t.Helper()
	return When(t, func() bool { return s.Journal().Count(op) >= n })
}

// UntilReached returns a context that is cancelled once the simulator has received n
// requests of an operation, like an interrupt at that time.
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

// FastForward advances the simulated time by d repeatedly until the test ends: each
// time that every unfinished job of the default endpoint has an open long poll, and the
// results of the jobs that have ended have been read. So no result expires before it is
// read, however slow the machine is.
func (s *Sim) FastForward(t testing.TB, d time.Duration) {
	t.Helper()
	go func() {
		var moved []string
		for {
			select {
			case <-t.Context().Done():
				return
			case <-When(t, func() bool { return !s.anyUnread(moved) && s.waitedForAll() }):
				moved = s.unfinished()
				s.Advance(d)
			}
		}
	}()
}

// anyUnread reports whether one of these jobs has ended and no response has shown that.
// A long poll that ends at the same time may still show the job as unfinished.
func (s *Sim) anyUnread(ids []string) bool {
	return slices.ContainsFunc(s.Jobs(simulator.DefaultEndpointID), func(job simulator.JobView) bool {
		return slices.Contains(ids, job.ID) && !unfinished(job) && !job.EndRead
	})
}

// waitedForAll reports whether there are unfinished jobs, each with an open long poll.
func (s *Sim) waitedForAll() bool {
	polled := make(map[string]bool)
	for _, x := range s.Journal().Op("status-sync") {
		if x.Status == 0 && x.Held == 0 {
			polled[x.JobID] = true
		}
	}
	jobs := s.unfinished()
	return len(jobs) > 0 && !slices.ContainsFunc(jobs, func(id string) bool { return !polled[id] })
}

// unfinished returns the ids of the default endpoint's unfinished jobs.
func (s *Sim) unfinished() []string {
	var ids []string
	for _, job := range s.Jobs(simulator.DefaultEndpointID) {
		if unfinished(job) {
			ids = append(ids, job.ID)
		}
	}
	return ids
}

func unfinished(job simulator.JobView) bool {
	return job.Status == "IN_QUEUE" || job.Status == "IN_PROGRESS"
}

// Requests fails the test unless an operation was called want times.
func Requests(t testing.TB, sim *Sim, op string, want int) {
	t.Helper()
	if got := sim.Journal().Count(op); got != want {
		t.Errorf("%d requests to /%s, want %d", got, op, want)
	}
}
