package simulator

import (
	"sync"
	"time"
)

// documentedLimits are the API's limits: requests in any ten seconds, and concurrent
// requests.
var documentedLimits = map[string]struct{ window, concurrent int }{
	"run": {1000, 200}, "runsync": {2000, 400}, "status": {2000, 400}, "cancel": {100, 20}, "purge-queue": {2, 0}, "requests": {10, 2},
}

// limits counts requests against the documented limits, in real time.
type limits struct {
	mu    sync.Mutex
	count map[string]*counter
}

type counter struct {
	times []time.Time
	open  int
}

func newLimits() *limits { return &limits{count: make(map[string]*counter)} }

// take counts a request. It returns false if the limit is exceeded.
func (l *limits) take(endpoint, op string) (release func(), ok bool) {
	if op == "status-sync" || op == "stream" {
		op = "status" // these three operations share one limit
	}
	limit, limited := documentedLimits[op]
	if !limited {
		return func() {}, true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c, known := l.count[endpoint+"/"+op]
	if !known {
		c = &counter{}
		l.count[endpoint+"/"+op] = c
	}
	cut := 0
	for cut < len(c.times) && time.Since(c.times[cut]) >= 10*time.Second {
		cut++
	}
	c.times = c.times[cut:]
	if len(c.times) >= limit.window || (limit.concurrent > 0 && c.open >= limit.concurrent) {
		return nil, false
	}
	c.times = append(c.times, time.Now())
	c.open++
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		c.open--
	}, true
}

// reset forgets the requests so far, except those in flight.
func (l *limits) reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.count {
		c.times = nil
	}
}
