package runpod

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync/atomic"
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
)

// newTransport returns a transport that keeps the connections it opens, at most
// as many as there may be requests at once, and speaks HTTP/2 where the server does.
func newTransport(o Options) *http.Transport {
	t := cleanhttp.DefaultPooledTransport()
	t.Proxy = proxyOf(o)
	t.TLSClientConfig = o.TLS
	dial := t.DialContext
	t.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &dialedConn{Conn: conn}, nil
	}
	t.MaxIdleConns = 0
	t.MaxIdleConnsPerHost = orDefault(o.MaxConcurrent, DefaultMaxConcurrent)
	t.IdleConnTimeout = idleConnTimeout
	t.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout}
	t.OnProxyConnectResponse = checkProxy
	return t
}

// dialedConn is a connection of the transport. net/http calls it reused as soon as
// it has waited for a request, also when it has carried none because another
// connection took the one it was dialed for.
type dialedConn struct {
	net.Conn
	answered atomic.Bool // a request on it
}

// dialedConnOf returns what is below conn, which may be wrapped in TLS, once for
// the API and once for a proxy. It is nil for a connection of another transport.
func dialedConnOf(conn net.Conn) *dialedConn {
	for {
		switch c := conn.(type) {
		case *dialedConn:
			return c
		case *tls.Conn:
			conn = c.NetConn()
		default:
			return nil
		}
	}
}

// keptConnections is what the client has learned about the HTTP/1.1 connections that
// it keeps for the next request. A server may close one at the very moment when a
// submission is written to it, whose outcome is unknown then. So submissions use kept
// connections only if the server was seen to answer on one, and never again once it
// was seen to close one.
type keptConnections struct{ state atomic.Int32 }

const (
	keptUnproven int32 = iota
	keptServed         // two requests were answered on one connection
	keptClosed         // one was closed under a request, or just before
)

func (c *keptConnections) serves() bool { return c.state.Load() == keptServed }
func (c *keptConnections) closes() bool { return c.state.Load() == keptClosed }

// learn takes the result of an exchange into account.
func (c *keptConnections) learn(d *delivery, answered bool) {
	switch {
	case d.lostKeptConnection(!answered):
		c.state.Store(keptClosed)
	case answered && d.servesKeptConnections():
		c.state.CompareAndSwap(keptUnproven, keptServed)
	}
}
