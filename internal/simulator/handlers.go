package simulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"
	"time"
)

const (
	maxRunBody     = 10 << 20
	maxRunSyncBody = 20 * 1000000
	defaultWait    = 90 * time.Second
	defaultStream  = 10 * time.Second
)

// submit parses and accepts a submission.
func (s *Server) submit(x *exchange, limit int, isSync bool) (id string, view map[string]any, ok bool) {
	if len(x.Body) > limit {
		x.problem(http.StatusBadRequest, "bad request: body: exceeded max body size of "+strconv.Itoa(limit>>20)+"MiB")
		return "", nil, false
	}
	var sub submission
	if err := json.Unmarshal(x.Body, &sub); err != nil {
		x.problem(http.StatusBadRequest, "bad request: body: "+err.Error())
		return "", nil, false
	}
	if input := bytes.TrimSpace(sub.Input); len(input) > 0 && input[0] != '{' && string(input) != "null" {
		x.problem(http.StatusBadRequest, "bad request: body: input must be an object")
		return "", nil, false
	}
	id, view = x.endpoint.add(sub, isSync)
	x.Accepted, x.JobID = true, id
	return id, view, true
}

func (s *Server) run(x *exchange) {
	if _, view, ok := s.submit(x, maxRunBody, false); ok {
		x.json(http.StatusOK, view)
	}
}

func (s *Server) runSync(x *exchange) {
	wait, ok := x.wait(defaultWait)
	if !ok {
		return
	}
	id, _, ok := s.submit(x, maxRunSyncBody, true)
	if !ok {
		return
	}
	s.hold(x, id, wait, (*job).final)
	x.showJob(id)
}

// wait parses ?wait, in milliseconds.
func (x *exchange) wait(fallback time.Duration) (time.Duration, bool) {
	text := x.r.URL.Query().Get("wait")
	if text == "" {
		return fallback, true
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	if err != nil || ms < 1000 || ms > 300000 {
		x.json(http.StatusBadRequest, map[string]string{"error": "wait is invalid; must be between 1000 and 300000"})
		return 0, false
	}
	return time.Duration(ms) * time.Millisecond, true
}

// hold returns when until is true for the job, after wait, or when the client
// disconnects or the server closes.
func (s *Server) hold(x *exchange, id string, wait time.Duration, until func(*job) bool) {
	timeout := make(chan struct{})
	t := s.clock.after(wait, func() { close(timeout) })
	defer t.stop()
	for {
		x.endpoint.mu.Lock()
		j := x.endpoint.jobs[id]
		if j == nil || until(j) {
			x.endpoint.mu.Unlock()
			return
		}
		changed := j.changed
		x.endpoint.mu.Unlock()
		select {
		case <-changed:
		case <-timeout:
			return
		case <-s.closed:
			return
		case <-x.r.Context().Done():
			return
		}
	}
}

// showJob responds with a job, or with an error if it does not exist.
func (x *exchange) showJob(id string) {
	x.endpoint.mu.Lock()
	j := x.endpoint.jobs[id]
	var view map[string]any
	if j != nil {
		view = j.view()
		if x.r.Context().Err() == nil {
			j.shownEnd = j.endedAt
		}
	}
	x.endpoint.mu.Unlock()
	if view == nil {
		x.problem(http.StatusNotFound, "job not found")
		return
	}
	x.json(http.StatusOK, view)
}

func (s *Server) status(x *exchange) {
	if text := x.r.URL.Query().Get("ttl"); text != "" {
		ms, err := strconv.ParseInt(text, 10, 64)
		if err != nil || ms < 0 {
			x.json(http.StatusBadRequest, map[string]string{"error": "ttl is invalid"})
			return
		}
		s.withJob(x.Endpoint, x.JobID, func(e *endpoint, j *job) {
			x.Accepted = true
			e.expireAfter(j, time.Duration(ms)*time.Millisecond)
		})
	}
	x.showJob(x.JobID)
}

func (s *Server) statusSync(x *exchange) {
	if s.options.NoStatusSync {
		x.problem(s.options.NoStatusCode, "page not found")
		return
	}
	if wait, ok := x.wait(defaultWait); ok {
		s.hold(x, x.JobID, wait, (*job).final)
		x.showJob(x.JobID)
	}
}

// stream responds with the buffered chunks and removes them.
func (s *Server) stream(x *exchange) {
	wait, ok := x.wait(defaultStream)
	if !ok {
		return
	}
	s.hold(x, x.JobID, wait, func(j *job) bool {
		return len(j.chunks) > 0 || j.final() || (j.state == inQueue && !s.options.Choices.StreamHoldsQueued)
	})
	type chunk struct {
		Metrics json.RawMessage `json:"metrics,omitempty"`
		Output  json.RawMessage `json:"output"`
	}
	var reply any
	s.withJob(x.Endpoint, x.JobID, func(_ *endpoint, j *job) {
		var in input
		_ = json.Unmarshal(j.Input, &in) // an input that cannot be parsed has no metrics
		chunks := make([]chunk, 0, len(j.chunks))
		for _, c := range j.chunks {
			chunks = append(chunks, chunk{in.Metrics, c})
		}
		j.chunks = nil
		reply = map[string]any{"status": j.state, "stream": chunks}
		if s.options.Choices.StreamBareArray {
			reply = chunks
		}
	})
	if reply == nil {
		x.problem(http.StatusNotFound, "job not found")
		return
	}
	x.json(http.StatusOK, reply)
}

func (s *Server) cancel(x *exchange) {
	final := false
	s.withJob(x.Endpoint, x.JobID, func(e *endpoint, j *job) {
		if final = j.final(); !final {
			x.Accepted = true
			e.cancel(j)
		}
	})
	if code := s.options.Choices.CancelFinalStatus; final && code != 0 {
		x.problem(code, "job is already finished")
		return
	}
	x.showJob(x.JobID)
}

func (s *Server) retry(x *exchange) {
	known := false
	s.withJob(x.Endpoint, x.JobID, func(e *endpoint, j *job) {
		known = true
		if j.state != failed && j.state != timedOut {
			return
		}
		x.Accepted = true
		j.output, j.failure, j.chunks, j.lost = nil, nil, nil, 0
		j.expiry.stop()
		e.enqueue(j)
		e.dispatch()
	})
	if known && !x.Accepted {
		x.problem(s.options.Choices.RetryWrongState, "only failed or timed out jobs can be retried")
		return
	}
	if known {
		x.json(http.StatusOK, map[string]string{"id": x.JobID, "status": inQueue})
		return
	}
	x.problem(http.StatusNotFound, "job not found")
}
