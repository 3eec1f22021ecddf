package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// FaultKind is a kind of fault.
type FaultKind string

// The kinds of faults. A Cut breaks the connection. The comments name the fields of
// [Fault] that a kind uses; RetryAfter and Headers are added to the response of any
// kind.
const (
	CutBefore       FaultKind = "cut-before"    // before the request takes effect
	CutAfter        FaultKind = "cut-after"     // after it took effect, without a reply
	CutBody         FaultKind = "cut-body"      // in the middle of the reply
	SlowBefore      FaultKind = "slow-before"   // waits for Delay before the request takes effect
	SlowAfter       FaultKind = "slow-after"    // waits for Delay after it took effect
	StatusReply     FaultKind = "status"        // responds with Status and Body, without effect
	TooManyRequests FaultKind = "429"           // without effect
	InternalError   FaultKind = "500"           // without effect, with a JSON error
	Unavailable     FaultKind = "503"           // without effect, with a text
	BadGatewayHTML  FaultKind = "502-html"      // without effect, with a page
	Truncated       FaultKind = "truncated"     // HTTP 200 with half of the JSON as a complete body; the request took effect
	EmptyBody       FaultKind = "empty"         // HTTP 200 without a body; the request took effect
	NoID            FaultKind = "no-id"         // HTTP 200 without a job id; the request took effect
	NotQueued       FaultKind = "not-queued"    // HTTP 200 that says that nothing was queued
	NotVisible      FaultKind = "not-visible"   // 404 for a job that exists
	UnknownState    FaultKind = "unknown-state" // an undocumented status; the request took effect
	Redirect        FaultKind = "redirect"      // to another host, without effect
	HugeBody        FaultKind = "huge"          // a reply of 65 MiB; the request took effect
	OddFields       FaultKind = "odd-fields"    // every member that is not required has an unexpected type
)

// faultKinds are all kinds of faults.
var faultKinds = []FaultKind{
	CutBefore, CutAfter, CutBody, SlowBefore, SlowAfter, StatusReply, TooManyRequests, InternalError, Unavailable,
	BadGatewayHTML, Truncated, EmptyBody, NoID, NotQueued, NotVisible, UnknownState, Redirect, HugeBody, OddFields,
}

// Fault makes requests fail. Of the matching requests, the first Skip pass; then every
// Every-th (default 1) is hit, at most Times times (0: no limit). With several Kinds,
// each hit uses the next one.
type Fault struct {
	Op         string            `json:"op,omitempty"` // an operation or an HTTP method; "" for all operations except those of workers
	Endpoint   string            `json:"endpoint,omitempty"`
	Kind       FaultKind         `json:"kind,omitempty"`
	Kinds      []FaultKind       `json:"kinds,omitempty"`
	Skip       int               `json:"skip,omitempty"`
	Every      int               `json:"every,omitempty"`
	Times      int               `json:"times,omitempty"`
	Delay      time.Duration     `json:"delay_ns,omitempty"` // real time
	Status     int               `json:"status,omitempty"`
	Body       string            `json:"body,omitempty"`
	RetryAfter string            `json:"retry_after,omitempty"`
	Headers    map[string]string `json:"headers,omitempty"`

	seen, hits int
}

// ParseFault parses a fault from JSON. It returns an error if the fault could never
// have an effect.
func ParseFault(text []byte) (Fault, error) {
	var f Fault
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&f); err != nil {
		return f, err
	}
	if !knownOp(f.Op) {
		return f, fmt.Errorf("op %q is unknown", f.Op)
	}
	kinds := f.Kinds
	if len(kinds) == 0 {
		kinds = []FaultKind{f.Kind}
	}
	for _, kind := range kinds {
		switch {
		case !slices.Contains(faultKinds, kind):
			return f, fmt.Errorf("kind %q is unknown", kind)
		case (kind == SlowBefore || kind == SlowAfter) && f.Delay <= 0:
			return f, fmt.Errorf("kind %q needs delay_ns", kind)
		case kind == StatusReply && (f.Status < 200 || f.Status > 999):
			return f, fmt.Errorf("kind %q needs a status of 200 or more", kind)
		}
	}
	return f, nil
}

// knownOp reports whether a fault can have this op.
func knownOp(op string) bool {
	_, ok := methods[op]
	return ok || op == "" || slices.Contains([]string{
		http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete, "workers", "worker-logs",
		"batch-create", "batch-append", "batch-finalize", "batch-update", "batch-remove", "batch-list", "batch-get", "batch-requests", "batch-cancel",
	}, op)
}

type faults struct {
	mu  sync.Mutex
	all []*Fault
}

// Inject adds a fault. The returned function removes it.
func (s *Server) Inject(f Fault) (remove func()) {
	s.faults.mu.Lock()
	defer s.faults.mu.Unlock()
	added := &f
	s.faults.all = append(s.faults.all, added)
	return func() {
		s.faults.mu.Lock()
		defer s.faults.mu.Unlock()
		for i, one := range s.faults.all {
			if one == added {
				s.faults.all = append(s.faults.all[:i:i], s.faults.all[i+1:]...)
				return
			}
		}
	}
}

// Heal removes every fault.
func (s *Server) Heal() { s.faults.clear() }

func (f *faults) clear() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all = nil
}

// take returns the fault for an exchange; nil if none matches.
func (f *faults) take(x *Exchange) *Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, one := range f.all {
		if (one.Op != x.Op && (byWorker(x.Op) || (one.Op != "" && one.Op != x.Method))) || (one.Endpoint != "" && one.Endpoint != x.Endpoint) {
			continue
		}
		one.seen++
		n := one.seen - one.Skip
		if n <= 0 || n%max(one.Every, 1) != 0 || (one.Times > 0 && one.hits >= one.Times) {
			continue
		}
		hit := *one
		if len(one.Kinds) > 0 {
			hit.Kind = one.Kinds[one.hits%len(one.Kinds)]
		}
		one.hits++
		x.Fault = string(hit.Kind)
		return &hit
	}
	return nil
}

// hugeBody is generated once, because generating it takes longer than serving it.
var hugeBody = sync.OnceValue(func() string { return `{"x":"` + strings.Repeat("a", 65<<20) + `"}` })

const gatewayPage = "<!DOCTYPE html>\n<html><head><title>api.example | 502: Bad gateway</title></head><body><h1>Bad gateway</h1></body></html>"

// before applies a fault before the request takes effect. It returns true if the
// exchange has ended.
func (x *exchange) before() bool {
	f := x.fault
	f.setHeaders(x.w.Header())
	switch f.Kind {
	case CutBefore:
		panic(http.ErrAbortHandler)
	case SlowBefore:
		x.sleep(f.Delay)
		return x.r.Context().Err() != nil
	case StatusReply:
		x.text(f.Status, "text/plain", f.Body)
	case TooManyRequests:
		x.text(http.StatusTooManyRequests, "text/plain", "Too Many Requests")
	case InternalError:
		x.json(http.StatusInternalServerError, map[string]string{"error": "internal server error"})
	case Unavailable:
		x.text(http.StatusServiceUnavailable, "text/plain", "service unavailable")
	case BadGatewayHTML:
		x.text(http.StatusBadGateway, "text/html", gatewayPage)
	case NotQueued:
		x.fault = nil
		x.json(http.StatusOK, map[string]string{"error": "could not queue job"})
	case NotVisible:
		x.problem(http.StatusNotFound, "job not found")
	case Redirect:
		x.w.Header().Set("Location", "https://elsewhere.example.com"+x.Path)
		x.text(http.StatusFound, "text/plain", "")
	default:
		return false
	}
	return true
}

func (f *Fault) setHeaders(h http.Header) {
	if f.RetryAfter != "" {
		h.Set("Retry-After", f.RetryAfter)
	}
	for name, value := range f.Headers {
		h.Set(name, value)
	}
}

// breaksAnyReply reports whether a fault applies to any response, whatever its body.
func (f *Fault) breaksAnyReply() bool {
	return f.Kind == CutAfter || f.Kind == CutBody || f.Kind == SlowAfter
}

// after applies a fault after the request has taken effect, with body as its response.
// It returns true if the exchange has ended.
func (x *exchange) after(body string) bool {
	f := x.fault
	x.fault = nil
	switch f.Kind {
	case CutAfter:
		panic(http.ErrAbortHandler)
	case SlowAfter:
		x.sleep(f.Delay)
	case CutBody:
		x.Status = http.StatusOK
		x.w.Header().Set("Content-Type", "application/json")
		x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = x.w.Write([]byte(body[:len(body)/2]))
		if flusher, ok := x.w.(http.Flusher); ok {
			flusher.Flush()
		}
		panic(http.ErrAbortHandler)
	case Truncated:
		x.text(http.StatusOK, "application/json", body[:len(body)/2])
		return true
	case EmptyBody:
		x.text(http.StatusOK, "application/json", "")
		return true
	case NoID:
		x.json(http.StatusOK, map[string]string{"status": "IN_QUEUE"})
		return true
	case UnknownState:
		x.json(http.StatusOK, map[string]string{"id": x.JobID, "status": "ON_HOLD"})
		return true
	case OddFields:
		x.text(http.StatusOK, "application/json", withOddFields(body))
		return true
	case HugeBody:
		x.text(http.StatusOK, "application/json", hugeBody())
		return true
	}
	return false
}

// withOddFields returns a response in which every optional member has an unexpected
// type, with some unknown members added.
func withOddFields(body string) string {
	var reply map[string]json.RawMessage
	if json.Unmarshal([]byte(body), &reply) != nil {
		return body
	}
	makeOdd(reply)
	for _, name := range []string{"delayTime", "executionTime", "workerId", "retries", "removed"} {
		reply[name] = json.RawMessage(`{"odd":[7]}`)
	}
	reply["Status"], reply["ID"], reply["OUTPUT"] = json.RawMessage(`"FAILED"`), json.RawMessage(`"other"`), json.RawMessage(`6`)
	odd, err := json.Marshal(reply)
	if err != nil { // a map of JSON values
		return body
	}
	return string(odd)
}

// opaque are members whose content is defined by workers.
var opaque = []string{"output", "input", "error"}

// optional are further members that a client does not require. They get an unexpected
// type at any depth.
var optional = []string{
	"createdAt", "startedAt", "completedAt", "metrics", "hasMore", "requestInProgress",
	"retried", "inProgress", "throttled", "initializing", "endpointVersion", "gpuTypeId", "dataCenterId", "uptimeSeconds",
}

func makeOdd(object map[string]json.RawMessage) {
	for name, raw := range object {
		switch {
		case slices.Contains(opaque, name):
		case slices.Contains(optional, name):
			object[name] = json.RawMessage(`{"odd":[7]}`)
		default:
			object[name] = oddValue(raw)
		}
	}
}

// oddValue returns a value in which everything optional has an unexpected type.
func oddValue(raw json.RawMessage) json.RawMessage {
	var object map[string]json.RawMessage
	var list []json.RawMessage
	var odd any
	switch {
	case json.Unmarshal(raw, &object) == nil && object != nil:
		makeOdd(object)
		odd = object
	case json.Unmarshal(raw, &list) == nil && list != nil:
		for i := range list {
			list[i] = oddValue(list[i])
		}
		odd = list
	default:
		return raw
	}
	encoded, err := json.Marshal(odd)
	if err != nil { // JSON values
		return raw
	}
	return encoded
}

// sleep waits in real time, or until the client disconnects.
func (x *exchange) sleep(d time.Duration) {
	select {
	case <-time.After(d):
	case <-x.r.Context().Done():
	}
}
