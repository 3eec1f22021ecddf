package simulator

import (
	"net/http"
	"strings"
	"sync"
	"time"
)

// Exchange is a request and its response.
type Exchange struct {
	Seq        int           `json:"seq"`
	Time       time.Time     `json:"time"` // real time
	Op         string        `json:"op"`   // "" for an unknown path
	Method     string        `json:"method"`
	Path       string        `json:"path"`
	RawQuery   string        `json:"query,omitempty"`
	Endpoint   string        `json:"endpoint,omitempty"`
	JobID      string        `json:"job_id,omitempty"` // or the batch's id
	Worker     string        `json:"worker,omitempty"` // the worker's id, if the path has one
	Header     http.Header   `json:"-"`                // without Authorization
	AuthScheme string        `json:"auth_scheme,omitempty"`
	Body       []byte        `json:"-"`
	Status     int           `json:"status"`             // 0 if no response was sent
	Accepted   bool          `json:"accepted,omitempty"` // the request took effect, even if the client got no response
	Fault      string        `json:"fault,omitempty"`    // the injected fault
	Held       time.Duration `json:"held_ns"`            // real time until the response
	Remote     string        `json:"remote_addr,omitempty"`
}

// Journal is a list of exchanges in the order in which they began.
type Journal []Exchange

// Op returns the exchanges of one operation.
func (j Journal) Op(op string) Journal { return j.filter(func(x Exchange) bool { return x.Op == op }) }

// Count returns the number of exchanges of an operation.
func (j Journal) Count(op string) int { return len(j.Op(op)) }

// Accepted returns the exchanges that took effect.
func (j Journal) Accepted() Journal { return j.filter(func(x Exchange) bool { return x.Accepted }) }

func (j Journal) filter(keep func(Exchange) bool) Journal {
	var kept Journal
	for _, x := range j {
		if keep(x) {
			kept = append(kept, x)
		}
	}
	return kept
}

type journal struct {
	mu      sync.Mutex
	entries []*Exchange
}

// Journal returns a copy of all exchanges so far.
func (s *Server) Journal() Journal {
	s.journal.mu.Lock()
	defer s.journal.mu.Unlock()
	all := make(Journal, len(s.journal.entries))
	for i, x := range s.journal.entries {
		all[i] = *x
	}
	return all
}

func (j *journal) open(r *http.Request, body []byte) *Exchange {
	header := r.Header.Clone()
	header.Del("Authorization")
	to := route(r.Method, r.URL.Path)
	x := &Exchange{
		Time: time.Now(), Op: to.op, Method: r.Method, Path: r.URL.Path, RawQuery: r.URL.RawQuery,
		Endpoint: to.endpoint, JobID: to.job, Worker: to.worker, Header: header, Body: body, Remote: r.RemoteAddr,
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	x.Seq = len(j.entries) + 1
	stored := *x
	j.entries = append(j.entries, &stored)
	return x
}

func (j *journal) done(x *Exchange, held time.Duration) {
	x.Held = held
	j.mu.Lock()
	defer j.mu.Unlock()
	if x.Seq <= len(j.entries) { // otherwise the journal has been reset meanwhile
		*j.entries[x.Seq-1] = *x
	}
}

func (j *journal) reset() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = nil
}

// operation describes the methods of an operation and the last part of its path.
type operation struct {
	methods     string
	worker, job bool
}

var methods = map[string]operation{
	"run": {methods: "POST"}, "runsync": {methods: "POST"}, "purge-queue": {methods: "POST"},
	"health": {methods: "GET"}, "requests": {methods: "GET"},
	"status": {methods: "GET POST", job: true}, "status-sync": {methods: "GET POST", job: true}, "stream": {methods: "GET POST", job: true},
	"cancel": {methods: "POST", job: true}, "retry": {methods: "POST", job: true},

	// The operations of workers.
	"job-take": {methods: "GET", worker: true}, "job-take-batch": {methods: "GET", worker: true}, "job-stop": {methods: "GET", worker: true},
	"ping": {methods: "GET", worker: true}, "job-done": {methods: "POST", worker: true, job: true}, "job-stream": {methods: "POST", worker: true, job: true},
}

// byWorker reports whether an operation is one of those that workers call.
func byWorker(op string) bool { return methods[op].worker }

// target is the operation and the object of a request.
type target struct {
	op       string // "" for an unknown path
	endpoint string
	job      string // or the batch's id
	worker   string
}

// route parses a path: /v2/{endpoint}/{operation}[/{job}], the Batch API's below
// /v2/{endpoint}/batch, or the management API's.
func route(method, path string) target {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if strings.HasPrefix(path, ManagementPath+"/") {
		return managementRoute(method, parts[2:])
	}
	if len(parts) < 3 || parts[0] != "v2" {
		return target{}
	}
	to := target{endpoint: parts[1]}
	if parts[2] == "batch" {
		to.op, to.job = batchRoute(method, parts[3:])
		return to
	}
	known, ok := methods[parts[2]]
	if !ok || !strings.Contains(known.methods, method) {
		return to
	}
	rest := parts[3:]
	for _, part := range []struct {
		has  bool
		into *string
	}{{known.worker, &to.worker}, {known.job, &to.job}} {
		if !part.has {
			continue
		}
		if len(rest) == 0 {
			return target{endpoint: parts[1]}
		}
		*part.into, rest = rest[0], rest[1:]
	}
	if len(rest) > 0 {
		return target{endpoint: parts[1]}
	}
	to.op = parts[2]
	return to
}
