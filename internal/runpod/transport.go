package runpod

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"

	"github.com/hashicorp/go-cleanhttp"
)

const (
	// idleConnTimeout is shorter than the idle timeouts of common gateways: a
	// submission written to a connection that the other side is just closing has
	// an unknown outcome and cannot be repeated.
	idleConnTimeout = 20 * time.Second
	// pingAfter is how long an HTTP/2 connection may be silent, as it is while
	// requests are held, before a ping asks whether it is alive, and pingTimeout
	// how long the answer may take. One connection carries all requests there,
	// so a dead one must be found before they all run into their timeouts.
	pingAfter   = 15 * time.Second
	pingTimeout = 15 * time.Second
	// gateTimeout is how long a connection is put off at most.
	gateTimeout = 3 * time.Second
)

// newTransport returns a transport that keeps the connections it opens, as many
// as there were requests at once and not more, and speaks HTTP/2 where the
// server does.
func newTransport(o Options, gate *dialGate) *http.Transport {
	t := cleanhttp.DefaultPooledTransport()
	t.TLSClientConfig = o.TLS
	t.MaxIdleConns = 0
	t.MaxIdleConnsPerHost = orDefault(o.MaxConcurrent, DefaultMaxConcurrent)
	t.IdleConnTimeout = idleConnTimeout
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout}
	t.DialContext = gate.guard(t.DialContext)
	t.OnProxyConnectResponse = checkProxy
	return t
}

// dialGate keeps net/http from opening more connections than there are requests.
// A request that finds no idle connection starts to open one and takes whatever
// comes first, that or one that another request has done with. The new one then
// goes into the pool unused, and a burst of short requests opens up to twice as
// many connections as it needs.
type dialGate struct {
	mu      sync.Mutex
	busy    int           // requests under way
	peak    int           // the most there ever were
	conns   int           // connections, those being opened included
	changed chan struct{} // closed when there is room for another connection
}

func newDialGate() *dialGate { return &dialGate{changed: make(chan struct{})} }

// enter counts a request; the function it returns ends it.
func (g *dialGate) enter() (leave func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy++; g.busy > g.peak {
		g.peak = g.busy
		g.notify()
	}
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.busy--
	}
}

func (g *dialGate) notify() {
	close(g.changed)
	g.changed = make(chan struct{})
}

// take takes room for one connection. Without force it takes none, and returns
// what to wait for, when there are as many connections as there were requests:
// then one of them is idle, or about to be.
func (g *dialGate) take(force bool) <-chan struct{} {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.conns >= g.peak && !force {
		return g.changed
	}
	g.conns++
	return nil
}

func (g *dialGate) giveBack() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.conns--
	g.notify()
}

// errNotNeeded ends the opening of a connection for a request that has got
// another one. Nobody is told.
var errNotNeeded = errors.New("runpod: the connection is not needed any more")

type dialFunc = func(ctx context.Context, network, address string) (net.Conn, error)

// guard puts the gate before dial.
func (g *dialGate) guard(dial dialFunc) dialFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		var served <-chan struct{} // nil, so never, for a request from elsewhere
		if s, ok := ctx.Value(seekerKey{}).(*seeker); ok {
			served = s.current()
		}
		// Whatever is wrong with the count, no request hangs on it.
		timeout := time.NewTimer(gateTimeout)
		defer timeout.Stop()
		for room := g.take(false); room != nil; {
			select {
			case <-served:
				return nil, errNotNeeded
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-room:
				room = g.take(false)
			case <-timeout.C:
				room = g.take(true)
			}
		}
		conn, err := dial(ctx, network, address)
		if err != nil {
			g.giveBack()
			return nil, err
		}
		return &gatedConn{Conn: conn, giveBack: sync.OnceFunc(g.giveBack)}, nil
	}
}

// gatedConn gives its room back when it is closed.
type gatedConn struct {
	net.Conn
	giveBack func()
}

// Close implements net.Conn.
func (c *gatedConn) Close() error {
	c.giveBack()
	return c.Conn.Close()
}

type seekerKey struct{}

// seeker knows whether a request looks for a connection.
type seeker struct {
	mu     sync.Mutex
	served chan struct{}
}

func newSeeker() *seeker { return &seeker{served: make(chan struct{})} }

// trace keeps the seeker up to date. net/http looks for a connection again when
// the first one turns out to be closed.
func (s *seeker) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GetConn: func(string) {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.served = make(chan struct{})
		},
		GotConn: func(httptrace.GotConnInfo) { s.end() },
	}
}

// end says that no connection is looked for any more.
func (s *seeker) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.served:
	default:
		close(s.served)
	}
}

// current returns what is closed when the search that goes on has ended.
func (s *seeker) current() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.served
}
