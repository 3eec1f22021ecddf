package runpod

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptrace"
	"slices"
	"strings"
	"sync"
)

// net/http repeats requests by itself, below the client's own retries: over
// HTTP/2 after RST_STREAM with PROTOCOL_ERROR or REFUSED_STREAM and after GOAWAY,
// without pause or count, and over HTTP/1.1 when a reused connection turns out to
// be closed. Two things keep it from that once a byte of a request was written:
// a POST has a body that cannot be rewound (see newRequest), and delivery ends an
// exchange that is given another connection.

// maxConnections is how many connections one exchange may be given before its
// request is written: a server may close each of them just then.
const maxConnections = 3

var (
	// errRepeat ends an exchange whose request net/http is about to send again.
	errRepeat = errors.New("the server broke off the exchange before it answered")
	// errReused ends an exchange, before anything is written, that must not use a
	// connection which has been idle.
	errReused = errors.New("the connection was used before")
)

// delivery follows how far the request of one exchange gets.
type delivery struct {
	end       context.CancelCauseFunc // ends the exchange
	needFresh bool                    // refuse a reused HTTP/1.1 connection
	hasInput  bool                    // the body is needed for the request to take effect

	mu          sync.Mutex
	connections int
	conn        *dialedConn // the last of them
	exclusive   bool        // the connection carries no other request: HTTP/1.1
	reused      bool
	headers     bool // the header was written
	written     bool // the request may have been written to its last byte
	ended       error
}

// trace returns the hooks that keep the delivery up to date.
func (d *delivery) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.connections++
			d.conn = dialedConnOf(info.Conn)
			d.exclusive = info.Conn != nil && !speaksHTTP2(info.Conn)
			d.reused = info.Reused
			switch {
			case d.headers || d.connections > maxConnections:
				d.refuse(info.Conn, errRepeat)
			case d.needFresh && d.exclusive && d.reused:
				d.refuse(info.Conn, errReused)
			}
		},
		WroteHeaders: func() {
			d.mu.Lock()
			defer d.mu.Unlock()
			d.headers = true
			if !d.hasInput && !d.exclusive {
				d.written = true // a server may act on the header alone
			}
		},
		// In HTTP/2, where a connection has other requests and answers to pings, the
		// error of a write can be that of another one. In HTTP/1.1 it cannot, and a
		// request counts as written when it is still in the buffer.
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			d.mu.Lock()
			defer d.mu.Unlock()
			if info.Err == nil && !d.exclusive {
				d.written = true
			}
		},
	}
}

// refuse ends the exchange before the request is written to conn. HTTP/2 looks
// at the context before it writes; HTTP/1.1 does not, so it gets a closed
// connection.
func (d *delivery) refuse(conn net.Conn, cause error) {
	d.ended = cause
	d.end(cause)
	if d.exclusive {
		_ = conn.Close()
	}
}

// outcome is what became of a request without a reply.
type outcome struct {
	notSent bool // it was not written to its last byte, or the protocol says that it was not processed
	stale   bool // nothing was written, because an idle connection had been closed
	err     error
}

// outcomeOf interprets the error of an exchange.
func (d *delivery) outcomeOf(err error) outcome {
	d.mu.Lock()
	defer d.mu.Unlock()
	var op *net.OpError
	failedWrite := errors.As(err, &op) && op.Op == "write" && !d.written
	cause, notProcessed := http2Cause(err)
	stale := closedWhileIdle(err)
	return outcome{
		notSent: d.connections == 0 || stale || notProcessed || failedWrite || refusesCertificate(err) || err.Error() == notEstablished,
		stale:   stale,
		err:     cause,
	}
}

// servesKeptConnections records that the exchange was answered, and reports whether it
// shows that the server answers on connections that have been idle.
func (d *delivery) servesKeptConnections() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	again := d.conn != nil && d.conn.answered.Swap(true)
	return again && d.exclusive && d.connections == 1
}

// lostKeptConnection reports whether the exchange shows that the server closes
// connections that have been idle.
func (d *delivery) lostKeptConnection(failed bool) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.exclusive && !errors.Is(d.ended, errReused) && (d.connections > 1 || failed && d.reused)
}

func (d *delivery) endedBy(cause error) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return errors.Is(d.ended, cause)
}

// notEstablished is net/http's error for an HTTP/2 connection that ended before
// its first request was written. It is not exported, like those below.
const notEstablished = "http2: client conn could not be established"

// closedWhileIdle reports whether err says that the connection had ended before
// the request was written. net/http returns these errors only then.
func closedWhileIdle(err error) bool {
	text := err.Error()
	return text == "http: server closed idle connection" || strings.HasPrefix(text, "readLoopPeekFailLocked: ")
}

const (
	cannotRetryHead = "http2: Transport: cannot retry err ["
	cannotRetryTail = "] after Request.Body was written"
)

// http2Cause returns the reason why net/http would have sent a request again, had
// its body allowed it, and reports whether HTTP/2 guarantees that the request was
// not processed: its stream was refused, or is above the last one that a server
// which shuts down still serves. Any other error is returned as it is.
func http2Cause(err error) (cause error, notProcessed bool) {
	text, ok := strings.CutPrefix(err.Error(), cannotRetryHead)
	if !ok {
		return err, false
	}
	if i := strings.LastIndex(text, cannotRetryTail); i >= 0 {
		text = text[:i]
	}
	notProcessed = strings.HasSuffix(text, "; REFUSED_STREAM; received from peer") ||
		text == "http2: Transport received Server's graceful shutdown GOAWAY"
	if notProcessed {
		text = "the server did not process the request: " + text
	}
	return errors.New(text), notProcessed
}

// isCertificateError reports whether the two sides do not agree on a certificate,
// which does not change between attempts.
func isCertificateError(err error) bool {
	var unknown x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.Is(err, errCertificate) ||
		errors.As(err, &unknown) || errors.As(err, &hostname) || errors.As(err, &invalid) || refusesCertificate(err)
}

// certificateAlerts are crypto/tls's names of the alerts with which a server
// refuses the client's certificate, or asks for one: 42 to 46, 48, 49 and 116.
// Their type is not exported.
var certificateAlerts = []string{
	"tls: bad certificate", "tls: unsupported certificate", "tls: revoked certificate", "tls: expired certificate",
	"tls: unknown certificate", "tls: unknown certificate authority", "tls: access denied", "tls: certificate required",
}

// refusesCertificate reports whether the server has refused the client's
// certificate. In TLS 1.3 the client has sent its first request by then. The
// server has not read it: these alerts end the handshake on its side.
func refusesCertificate(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error" && op.Err != nil && slices.Contains(certificateAlerts, op.Err.Error())
}

func speaksHTTP2(conn net.Conn) bool {
	secure, ok := conn.(*tls.Conn)
	return ok && secure.ConnectionState().NegotiatedProtocol == "h2"
}
