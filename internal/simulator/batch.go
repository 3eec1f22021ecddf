package simulator

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"
)

// The statuses of a batch. Running and done batches have none: only their counters
// differ.
const (
	draft     = "DRAFT"
	finalized = "FINALIZED"
)

// The documented limits of batches.
const (
	maxActiveBatches = 10
	maxBatchRequests = 5000
	maxBatchQueued   = 50000
)

// batch is a batch on an endpoint, guarded by the endpoint's lock. Its requests are
// jobs that run on the endpoint's workers but are not jobs of the endpoint: /status
// does not find them.
type batch struct {
	id         string
	name       string
	state      string
	cancelling bool // cancelled, but requests are still running
	createdAt  time.Time
	requests   []*job
}

func batchID(prefix string) string {
	var b [12]byte
	_, _ = rand.Read(b[:])
	return prefix + hex.EncodeToString(b[:])
}

// running reports whether a request is on a worker.
func (j *job) running() bool { return !j.startedAt.IsZero() && j.endedAt.IsZero() }

// counts counts the requests of a batch by state; the others are queued or cancelled.
func (b *batch) counts() (running, done, bad, live int) {
	for _, j := range b.requests {
		switch {
		case j.state == completed:
			done++
		case j.state == failed, j.state == timedOut:
			bad++
		case j.running():
			running++
		}
		if !j.final() {
			live++
		}
	}
	return running, done, bad, live
}

// active reports whether a batch counts toward the limit of active batches.
func (b *batch) active() bool {
	if b.state == draft {
		return true
	}
	_, _, _, live := b.counts()
	return b.state == finalized && live > 0
}

// view returns the batch as the API represents it, with its time in milliseconds.
func (b *batch) view(endpointID string) map[string]any {
	running, done, bad, _ := b.counts()
	v := map[string]any{
		"id": b.id, "endpointId": endpointID, "status": b.state, "createdAt": b.createdAt.UnixMilli(),
		"requestTotal": len(b.requests), "requestInProgress": running, "requestCompleted": done, "requestFailed": bad,
	}
	if b.name != "" {
		v["name"] = b.name
	}
	return v
}

// requestView returns a request as the API represents it, with its times in ISO 8601.
func (j *job) requestView() map[string]any {
	v := map[string]any{"id": j.id, "status": j.state}
	for name, at := range map[string]time.Time{"startedAt": j.startedAt, "completedAt": j.endedAt} {
		if !at.IsZero() {
			v[name] = at.UTC().Format(time.RFC3339Nano)
		}
	}
	if j.output != nil {
		v["output"] = j.output
	}
	if j.failure != nil {
		v["error"] = j.failure
	}
	return v
}

// consoleRank is the sort key of a request in the order of the console.
func (j *job) consoleRank() int {
	switch {
	case j.state == failed, j.state == timedOut:
		return 0
	case j.running():
		return 1
	case j.state == inQueue:
		return 2
	default:
		return 3
	}
}

// list returns a batch's requests in this order.
func (b *batch) list(order BatchOrder) []*job {
	list := slices.Clone(b.requests)
	switch order {
	case BatchOrderNewest:
		slices.Reverse(list)
	case BatchOrderConsole:
		slices.SortStableFunc(list, func(x, y *job) int { return x.consoleRank() - y.consoleRank() })
	case BatchOrderByID:
		slices.SortFunc(list, func(x, y *job) int {
			if x.id < y.id {
				return -1
			}
			return 1
		})
	}
	return list
}

// addRequests adds requests to a draft and returns their ids.
func (b *batch) addRequests(subs []submission) []string {
	ids := make([]string, len(subs))
	for i, sub := range subs {
		j := &job{submission: sub, id: batchID("req_"), state: inQueue, batch: b, changed: make(chan struct{})}
		b.requests = append(b.requests, j)
		ids[i] = j.id
	}
	return ids
}

// finalize queues the requests of a draft.
func (e *endpoint) finalize(b *batch) {
	b.state = finalized
	for _, j := range b.requests {
		e.enqueue(j)
	}
	e.dispatch()
}

// cancelBatch cancels the queued requests; running ones run to their end.
func (e *endpoint) cancelBatch(b *batch) {
	b.cancelling = true
	for _, j := range b.requests {
		if j.state != inQueue {
			continue
		}
		if b.state == finalized {
			e.waiting-- // the requests of a draft are not in the queue
		}
		j.state = cancelled
		j.notify()
	}
	b.drained()
}

// drained sets a cancelled batch to CANCELLED once no request is running.
func (b *batch) drained() {
	if !b.cancelling {
		return
	}
	if _, _, _, live := b.counts(); live == 0 {
		b.state = cancelled
	}
}

// BatchView is a snapshot of a batch for tests.
type BatchView struct {
	EndpointID, ID, Name, Status string
	// Inputs are the inputs of its requests, in the order in which they were added.
	Inputs []json.RawMessage
	// RequestIDs and States have the order of Inputs.
	RequestIDs, States []string
	Runs               int // number of runs by the handler, of all its requests
}

// Batches returns the batches of an endpoint in the order of their creation; with "",
// those of all endpoints, sorted by endpoint.
func (s *Server) Batches(endpointID string) []BatchView {
	views := []BatchView{}
	for _, e := range s.endpointsNamed(endpointID) {
		views = append(views, e.batchViews()...)
	}
	return views
}

func (e *endpoint) batchViews() []BatchView {
	e.mu.Lock()
	defer e.mu.Unlock()
	views := make([]BatchView, 0, len(e.batches))
	for _, b := range e.batches {
		v := BatchView{EndpointID: e.id, ID: b.id, Name: b.name, Status: b.state}
		for _, j := range b.requests {
			v.Inputs = append(v.Inputs, j.Input)
			v.RequestIDs, v.States = append(v.RequestIDs, j.id), append(v.States, j.state)
			v.Runs += j.runs
		}
		views = append(views, v)
	}
	return views
}

// CancelBatch and ForgetBatch simulate another client, without an entry in the journal.

// CancelBatch cancels a batch.
func (s *Server) CancelBatch(endpointID, id string) {
	s.withBatch(endpointID, id, func(e *endpoint, b *batch) { e.cancelBatch(b) })
}

// ForgetBatch deletes a batch without stopping its requests.
func (s *Server) ForgetBatch(endpointID, id string) {
	s.withBatch(endpointID, id, func(e *endpoint, b *batch) {
		e.batches = slices.DeleteFunc(e.batches, func(one *batch) bool { return one == b })
	})
}

func (s *Server) withBatch(endpointID, id string, f func(*endpoint, *batch)) {
	e := s.endpoint(endpointID)
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, b := range e.batches {
		if b.id == id {
			f(e, b)
			return
		}
	}
}
