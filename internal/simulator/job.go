package simulator

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"time"
)

// The statuses of a job.
const (
	inQueue    = "IN_QUEUE"
	inProgress = "IN_PROGRESS"
	completed  = "COMPLETED"
	failed     = "FAILED"
	cancelled  = "CANCELLED"
	timedOut   = "TIMED_OUT"
)

// submission is the body of /run and /runsync.
type submission struct {
	Input   json.RawMessage `json:"input"`
	Webhook string          `json:"webhook,omitempty"`
	Policy  struct {
		ExecutionTimeout int64 `json:"executionTimeout,omitempty"`
		TTL              int64 `json:"ttl,omitempty"`
		LowPriority      bool  `json:"lowPriority,omitempty"`
	} `json:"policy"`
	S3Config map[string]string `json:"s3Config,omitempty"`
}

// job is a job on an endpoint, guarded by the endpoint's lock.
type job struct {
	submission
	id        string
	sync      bool
	batch     *batch // nil for a job that is not part of a batch
	state     string
	queuedAt  time.Time
	startedAt time.Time
	endedAt   time.Time
	shownEnd  time.Time // endedAt, once a response has included it
	worker    string    // the id of the worker that ran it last
	on        *worker   // the worker that runs it; nil if none
	runs      int       // number of runs by the handler, including retries
	lost      int       // number of dispatches that no worker reported
	output    json.RawMessage
	failure   json.RawMessage
	chunks    []json.RawMessage // not yet read
	timers    []*timer          // of the current run
	ttl       *timer
	expiry    *timer
	changed   chan struct{} // closed when something changes
}

func (j *job) final() bool {
	switch j.state {
	case completed, failed, cancelled, timedOut:
		return true
	}
	return false
}

func (j *job) notify() {
	close(j.changed)
	j.changed = make(chan struct{})
}

// view returns the job as /status represents it, without fields that do not apply.
func (j *job) view() map[string]any {
	v := map[string]any{"id": j.id, "status": j.state}
	if !j.startedAt.IsZero() {
		v["delayTime"] = j.startedAt.Sub(j.queuedAt).Milliseconds()
		v["workerId"] = j.worker
		if !j.endedAt.IsZero() {
			v["executionTime"] = j.endedAt.Sub(j.startedAt).Milliseconds()
		}
	}
	if j.lost > 0 && !j.startedAt.IsZero() {
		v["retries"] = min(j.lost, 1)
	}
	if j.output != nil {
		v["output"] = j.output
	}
	if j.failure != nil {
		v["error"] = j.failure
	}
	return v
}

// JobView is a snapshot of a job for tests.
type JobView struct {
	EndpointID          string
	ID, Status, Webhook string
	Input               json.RawMessage
	S3Config            map[string]string
	ExecutionTimeout    time.Duration
	TTL                 time.Duration
	LowPriority         bool
	Runs                int
	EndRead             bool // a response that reached its client has shown that the job has ended
}

// Jobs returns the jobs of an endpoint that the API can still find, sorted by id; with
// "", those of all endpoints, sorted by endpoint.
func (s *Server) Jobs(endpointID string) []JobView {
	views := []JobView{}
	for _, e := range s.endpointsNamed(endpointID) {
		views = append(views, e.jobViews()...)
	}
	return views
}

func (e *endpoint) jobViews() []JobView {
	e.mu.Lock()
	defer e.mu.Unlock()
	views := make([]JobView, 0, len(e.jobs))
	for _, id := range slices.Sorted(maps.Keys(e.jobs)) {
		j := e.jobs[id]
		views = append(views, JobView{
			EndpointID: e.id, ID: j.id, Status: j.state, Webhook: j.Webhook, Input: j.Input, S3Config: j.S3Config, LowPriority: j.Policy.LowPriority, Runs: j.runs,
			EndRead:          j.final() && j.shownEnd.Equal(j.endedAt),
			ExecutionTimeout: time.Duration(j.Policy.ExecutionTimeout) * time.Millisecond, TTL: time.Duration(j.Policy.TTL) * time.Millisecond,
		})
	}
	return views
}

// OutputView is what a test needs to know about an output.
type OutputView struct {
	Bytes  int    `json:"bytes"`
	SHA256 string `json:"sha256"` // of its JSON, in hex
}

// Outputs returns the outputs of an endpoint's completed jobs, by job id.
func (s *Server) Outputs(endpointID string) map[string]OutputView {
	outputs := make(map[string]json.RawMessage)
	for _, e := range s.endpointsNamed(endpointID) {
		e.mu.Lock()
		for id, j := range e.jobs {
			if j.state == completed && j.output != nil {
				outputs[id] = j.output // it is never modified
			}
		}
		e.mu.Unlock()
	}
	views := make(map[string]OutputView, len(outputs))
	for id, output := range outputs {
		digest := sha256.Sum256(output)
		views[id] = OutputView{len(output), hex.EncodeToString(digest[:])}
	}
	return views
}

func newID(prefix string) string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	h := hex.EncodeToString(b[:])
	return prefix + h[:8] + "-" + h[8:12] + "-4" + h[13:16] + "-a" + h[17:20] + "-" + h[20:] + "-u1"
}

// CancelJob, PurgeQueue and ExpireJob simulate another client, or the passing of time,
// without an entry in the journal.

// CancelJob cancels a job that is not final.
func (s *Server) CancelJob(endpointID, jobID string) {
	s.withJob(endpointID, jobID, func(e *endpoint, j *job) {
		if !j.final() {
			e.cancel(j)
		}
	})
}

// PurgeQueue removes every queued job.
func (s *Server) PurgeQueue(endpointID string) { s.endpoint(endpointID).purge() }

// ExpireJob deletes a job, whatever its status.
func (s *Server) ExpireJob(endpointID, jobID string) {
	s.withJob(endpointID, jobID, func(e *endpoint, j *job) { e.forget(j) })
}

func (s *Server) withJob(endpointID, jobID string, f func(*endpoint, *job)) {
	e := s.endpoint(endpointID)
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if j := e.jobs[jobID]; j != nil {
		f(e, j)
	}
}
