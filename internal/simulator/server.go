package simulator

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Server is the simulator, an http.Handler. Close ends its long polls.
type Server struct {
	options Options
	clock   *clock
	journal *journal
	faults  *faults
	limits  *limits
	conns   connections
	closed  chan struct{}
	once    sync.Once

	mu        sync.Mutex
	endpoints map[string]*endpoint
}

// New returns a simulator.
func New(o Options) *Server {
	if len(o.APIKeys) == 0 {
		o.APIKeys = []string{DefaultAPIKey}
	}
	if o.Endpoints == nil {
		o.Endpoints = map[string]Endpoint{DefaultEndpointID: {}}
	}
	if o.NoStatusCode == 0 {
		o.NoStatusCode = http.StatusNotFound
	}
	if o.Choices.RetryWrongState == 0 {
		o.Choices.RetryWrongState = http.StatusBadRequest
	}
	if o.Choices.BatchWrongState == 0 {
		o.Choices.BatchWrongState = http.StatusBadRequest
	}
	if o.Choices.BatchLimitStatus == 0 {
		o.Choices.BatchLimitStatus = http.StatusBadRequest
	}
	if o.WebhookClient == nil {
		o.WebhookClient = http.DefaultClient
	}
	s := &Server{
		options: o, clock: newClock(o.Speed), journal: &journal{}, faults: &faults{}, limits: newLimits(),
		closed: make(chan struct{}), endpoints: make(map[string]*endpoint),
	}
	for id, e := range o.Endpoints {
		s.SetEndpoint(id, e)
	}
	return s
}

// Close ends every long poll.
func (s *Server) Close() { s.once.Do(func() { close(s.closed) }) }

// Now returns the simulated time.
func (s *Server) Now() time.Time { return s.clock.now() }

// Advance advances the simulated time and runs everything that is due.
func (s *Server) Advance(d time.Duration) { s.clock.advance(d) }

// SetEndpoint adds an endpoint, or changes an existing one and keeps its jobs.
func (s *Server) SetEndpoint(id string, e Endpoint) {
	e = e.withDefaults()
	s.mu.Lock()
	known, ok := s.endpoints[id]
	if !ok {
		known = newEndpoint(s, id, e)
		s.endpoints[id] = known
	}
	s.mu.Unlock()
	if ok {
		known.configure(e)
	}
}

func (s *Server) endpoint(id string) *endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.endpoints[id]
}

// endpointsNamed returns the endpoint with this id; with "", all endpoints, sorted by
// id.
func (s *Server) endpointsNamed(id string) []*endpoint {
	s.mu.Lock()
	defer s.mu.Unlock()
	var some []*endpoint
	for _, name := range slices.Sorted(maps.Keys(s.endpoints)) {
		if id == "" || id == name {
			some = append(some, s.endpoints[name])
		}
	}
	return some
}

// exchange is a request while the simulator handles it.
type exchange struct {
	*Exchange
	w          http.ResponseWriter
	r          *http.Request
	endpoint   *endpoint
	fault      *Fault
	restricted bool  // the key may only run jobs
	broken     error // the error of writing the response
}

// isLoopback reports whether the Host header of a request names a loopback address.
func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// ServeHTTP implements http.Handler.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !s.options.AnyHost && !isLoopback(r.Host) {
		// DNS rebinding: the name of a web page may resolve to a loopback address.
		http.Error(w, "the simulator answers requests for this machine only", http.StatusMisdirectedRequest)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/_simulator/") {
		s.admin(w, r)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 64<<20))
	if err != nil {
		return // the client has disconnected
	}
	x := &exchange{Exchange: s.journal.open(r, body), w: w, r: r}
	started := time.Now()
	defer func() {
		p := recover()
		s.journal.done(x.Exchange, time.Since(started))
		if p != nil {
			panic(p)
		}
	}()
	if s.options.Latency > 0 {
		time.Sleep(s.options.Latency)
	}
	s.serve(x)
}

func (s *Server) serve(x *exchange) {
	if !s.authorize(x) {
		return
	}
	if x.Op == "" {
		x.problem(http.StatusNotFound, "page not found")
		return
	}
	x.fault = s.faults.take(x.Exchange)
	if x.fault != nil && x.before() {
		return
	}
	if x.management() {
		s.manage(x)
		return
	}
	if x.endpoint = s.endpoint(x.Endpoint); x.endpoint == nil {
		x.problem(http.StatusNotFound, "endpoint not found")
		return
	}
	if x.endpoint.loadBalancer() && x.Op != "health" {
		x.json(http.StatusBadRequest, map[string]string{"error": "not allowed for QB API"})
		return
	}
	if s.options.EnforceLimits {
		release, ok := s.limits.take(x.Endpoint, x.Op)
		if !ok {
			x.text(http.StatusTooManyRequests, "text/plain", "rate limit exceeded")
			return
		}
		defer release()
	}
	s.handle(x)
}

func (s *Server) handle(x *exchange) {
	switch x.Op {
	case "run":
		s.run(x)
	case "runsync":
		s.runSync(x)
	case "status":
		s.status(x)
	case "status-sync":
		s.statusSync(x)
	case "stream":
		s.stream(x)
	case "cancel":
		s.cancel(x)
	case "retry":
		s.retry(x)
	case "purge-queue":
		removed := x.endpoint.purge()
		x.Accepted = true
		x.json(http.StatusOK, map[string]any{"removed": removed, "status": "completed"})
	case "health":
		x.json(http.StatusOK, x.endpoint.health())
	case "requests":
		x.json(http.StatusOK, map[string]any{"requests": x.endpoint.list()})
	case "job-take", "job-take-batch", "job-stop", "ping", "job-done", "job-stream":
		s.worker(x)
	default:
		s.batch(x)
	}
}

// authorize accepts the key alone or after "Bearer ".
func (s *Server) authorize(x *exchange) bool {
	key := x.r.Header.Get("Authorization")
	if key == "" {
		x.problem(http.StatusUnauthorized, "no token provided")
		return false
	}
	if scheme, rest, ok := strings.Cut(key, " "); ok && strings.EqualFold(scheme, "bearer") {
		x.AuthScheme, key = scheme, rest
	}
	x.restricted = slices.Contains(s.options.RestrictedKeys, key)
	if x.restricted || slices.Contains(s.options.APIKeys, key) {
		return true
	}
	x.problem(http.StatusUnauthorized, "invalid api key")
	return false
}

// problem responds with the API's problem document, whose status is a number.
func (x *exchange) problem(code int, detail string) {
	contentType := "application/json"
	if x.management() {
		contentType = "application/problem+json"
	}
	x.jsonAs(contentType, code, map[string]any{"status": code, "title": http.StatusText(code), "detail": detail})
}

func (x *exchange) json(code int, v any) { x.jsonAs("application/json", code, v) }

func (x *exchange) jsonAs(contentType string, code int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("simulator: %v", err))
	}
	x.text(code, contentType, string(body))
}

func (x *exchange) text(code int, contentType, body string) {
	if x.fault != nil && (code == http.StatusOK || x.fault.breaksAnyReply()) {
		if x.after(body) {
			return
		}
	}
	x.Status = code
	if contentType != "" {
		x.w.Header().Set("Content-Type", contentType)
	}
	if code != http.StatusNoContent {
		x.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	x.w.WriteHeader(code)
	_, x.broken = io.WriteString(x.w, body)
}

// connections counts connections with the server's ConnState hook.
type connections struct {
	mu                     sync.Mutex
	opened, open, mostOpen int
}

// ConnState is a hook for http.Server.ConnState.
func (s *Server) ConnState(_ net.Conn, state http.ConnState) {
	s.conns.mu.Lock()
	defer s.conns.mu.Unlock()
	switch state {
	case http.StateNew:
		s.conns.opened++
		s.conns.open++
		s.conns.mostOpen = max(s.conns.mostOpen, s.conns.open)
	case http.StateClosed, http.StateHijacked:
		s.conns.open--
	}
}

// Connections returns how many connections have been opened, how many are open, and the
// maximum number of connections that were open at the same time.
func (s *Server) Connections() (opened, open, mostOpen int) {
	s.conns.mu.Lock()
	defer s.conns.mu.Unlock()
	return s.conns.opened, s.conns.open, s.conns.mostOpen
}
