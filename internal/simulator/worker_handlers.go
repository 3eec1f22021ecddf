package simulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

// worker serves the requests of the workers of an external endpoint.
func (s *Server) worker(x *exchange) {
	fleet, ok := x.endpoint.fleet.(*externalFleet)
	if !ok {
		x.problem(http.StatusNotFound, "no external workers serve this endpoint")
		return
	}
	switch x.Op {
	case "job-take":
		s.takeJobs(x, fleet, 1)
	case "job-take-batch":
		most, err := strconv.Atoi(x.r.URL.Query().Get("batch_size"))
		if err != nil || most < 1 {
			x.json(http.StatusBadRequest, map[string]string{"error": "batch_size is invalid"})
			return
		}
		s.takeJobs(x, fleet, most)
	case "job-stop":
		s.stopJobs(x, fleet)
	case "job-done":
		s.jobDone(x, fleet)
	case "job-stream":
		s.jobChunk(x, fleet)
	default:
		x.endpoint.mu.Lock()
		fleet.heardFrom(x.Worker).pings = true
		x.endpoint.mu.Unlock()
		x.text(http.StatusOK, "text/plain", "")
	}
}

// poll holds a worker's request until done is closed, or for pollHold. It returns false
// if the worker has disconnected.
func (s *Server) poll(x *exchange, done <-chan struct{}) bool {
	timeout := time.NewTimer(pollHold)
	defer timeout.Stop()
	select {
	case <-done:
	case <-timeout.C:
	case <-s.closed:
	case <-x.r.Context().Done():
		return false
	}
	return x.r.Context().Err() == nil
}

// takeJobs responds with a worker's next jobs.
func (s *Server) takeJobs(x *exchange, f *externalFleet, most int) {
	e := x.endpoint
	e.mu.Lock()
	w := f.heardFrom(x.Worker)
	if x.r.URL.Query().Get("job_in_progress") == "0" {
		f.loseJobs(w) // it has no jobs any more: its process was restarted, or it could not read the response
	}
	w.phase, w.crashing = workerIdle, false
	w.polls++
	t := &take{worker: w, most: most, served: make(chan struct{})}
	if !f.removed[w.id] {
		f.takes = append(f.takes, t)
		e.dispatch()
	}
	e.mu.Unlock()

	delivered := false
	defer func() {
		e.mu.Lock()
		defer e.mu.Unlock()
		w.pollEnded()
		if !delivered {
			f.undeliver(t)
			f.connectionLost(w)
		}
	}()
	listening := s.poll(x, t.served)
	e.mu.Lock()
	f.takes = slices.DeleteFunc(f.takes, func(one *take) bool { return one == t })
	// No jobs can be added now, but some may have been cancelled.
	jobs := slices.DeleteFunc(slices.Clone(t.jobs), func(j *job) bool { return !slices.Contains(w.jobs, j) })
	e.mu.Unlock()
	switch {
	case !listening:
		return
	case len(jobs) == 0:
		x.text(http.StatusNoContent, "", "")
	case x.Op == "job-take":
		x.JobID, x.Accepted = jobs[0].id, true
		x.json(http.StatusOK, jobs[0].wire())
	default:
		x.Accepted = true
		all := make([]map[string]any, len(jobs))
		for i, j := range jobs {
			all[i] = j.wire()
		}
		x.json(http.StatusOK, all)
	}
	delivered = x.broken == nil && http.NewResponseController(x.w).Flush() == nil
}

// wire returns a job as it is sent to a worker. An empty input is dropped, as by the
// platform, and the worker rejects the job.
func (j *job) wire() map[string]any {
	v := map[string]any{"id": j.id}
	if input := bytes.Join(bytes.Fields(j.Input), nil); len(input) > 0 && string(input) != "{}" {
		v["input"] = j.Input
	}
	if j.Webhook != "" {
		v["webhook"] = j.Webhook
	}
	if len(j.S3Config) > 0 {
		v["s3Config"] = j.S3Config
	}
	return v
}

// stopJobs responds with the jobs that have ended and that the worker has to stop.
func (s *Server) stopJobs(x *exchange, f *externalFleet) {
	e := x.endpoint
	e.mu.Lock()
	w := f.heardFrom(x.Worker)
	w.polls++
	added := make(chan struct{})
	if len(w.stops) > 0 {
		close(added)
	} else {
		if w.stopped != nil {
			close(w.stopped) // ends an older poll that the same worker has abandoned
		}
		w.stopped = added
	}
	e.mu.Unlock()
	listening := s.poll(x, added)
	e.mu.Lock()
	w.pollEnded()
	stops := w.stops
	if w.stopped == added {
		w.stopped = nil
	}
	if listening {
		w.stops = nil
	} else {
		f.connectionLost(w)
	}
	e.mu.Unlock()
	switch {
	case !listening:
	case len(stops) == 0:
		x.text(http.StatusNoContent, "", "")
	default:
		x.Accepted = true
		x.json(http.StatusOK, map[string][]string{"jobsToStop": stops})
		if x.broken != nil || http.NewResponseController(x.w).Flush() != nil {
			e.mu.Lock()
			w.stops = append(stops, w.stops...)
			e.mu.Unlock()
		}
	}
}

// report parses what a worker sends about a job, and calls use if the worker still has
// the job. A later report is ignored.
func (s *Server) report(x *exchange, f *externalFleet, use func(w *externalWorker, j *job, body map[string]json.RawMessage)) {
	var body map[string]json.RawMessage
	if err := json.Unmarshal(x.Body, &body); err != nil {
		x.json(http.StatusBadRequest, map[string]string{"error": "bad request: body: " + err.Error()})
		return
	}
	x.endpoint.mu.Lock()
	w := f.heardFrom(x.Worker)
	if at := slices.IndexFunc(w.jobs, func(j *job) bool { return j.id == x.JobID }); at >= 0 {
		x.Accepted = true
		use(w, w.jobs[at], body)
	}
	x.endpoint.mu.Unlock()
	x.text(http.StatusOK, "text/plain", "")
}

// value returns a member of a body; nil if it is missing or null.
func value(body map[string]json.RawMessage, name string) json.RawMessage {
	if v := body[name]; string(v) != "null" {
		return v
	}
	return nil
}

// jobDone handles the result of a job, or its progress.
func (s *Server) jobDone(x *exchange, f *externalFleet) {
	s.report(x, f, func(w *externalWorker, j *job, body map[string]json.RawMessage) {
		r := result{state: completed, output: value(body, "output"), failure: value(body, "error")}
		if string(body["status"]) == `"`+inProgress+`"` {
			j.output = r.output
			j.notify()
			return
		}
		if r.failure != nil {
			r.state = failed
		}
		w.drop(j)
		f.e.end(j, r)
		if string(body["stopPod"]) == "true" {
			w.refresh = true
			f.leave(w)
		}
	})
}

// jobChunk handles a chunk of a streamed output.
func (s *Server) jobChunk(x *exchange, f *externalFleet) {
	s.report(x, f, func(_ *externalWorker, j *job, body map[string]json.RawMessage) {
		if chunk := body["output"]; chunk != nil {
			j.chunks = append(j.chunks, chunk)
			j.notify()
		}
	})
}
