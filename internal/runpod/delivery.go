package runpod

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptrace"
	"slices"
	"sync/atomic"
)

// isCertificateError tells that the two sides do not agree on a certificate,
// which will not mend itself.
func isCertificateError(err error) bool {
	var unknown x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	return errors.As(err, &unknown) || errors.As(err, &hostname) || errors.As(err, &invalid) || refusesCertificate(err)
}

// certificateAlerts are what crypto/tls calls the alerts with which a server
// refuses the client's certificate, or asks for one: 42 to 46, 48, 49 and 116.
// Their type is not exported.
var certificateAlerts = []string{
	"tls: bad certificate", "tls: unsupported certificate", "tls: revoked certificate", "tls: expired certificate",
	"tls: unknown certificate", "tls: unknown certificate authority", "tls: access denied", "tls: certificate required",
}

// refusesCertificate tells that the server has refused the client's
// certificate. In TLS 1.3 the client has sent its first request by then. The
// server has not read it: these alerts end the handshake on its side.
func refusesCertificate(err error) bool {
	op, ok := opError(err)
	return ok && op.Op == "remote error" && op.Err != nil && slices.Contains(certificateAlerts, op.Err.Error())
}

// notEstablished is net/http's error for a connection in HTTP/2 that ended
// before its first request was written. It is not exported.
const notEstablished = "http2: client conn could not be established"

// notSent tells that a request was not written to its last byte, so that no
// server can have accepted it, although there was a connection. These are the
// other faces of a refused certificate: the connection may be closed before the
// alert is read.
func (k *call) notSent(err error) bool {
	op, ok := opError(err)
	return ok && op.Op == "write" && !k.written.Load() || refusesCertificate(err) || stripURL(err).Error() == notEstablished
}

// traceDelivery notes how far the current attempt comes. In HTTP/2, where a
// connection has other requests and answers to pings, the error of a write can
// be that of another one. In HTTP/1 it cannot, and a request counts as written
// when it is still in the buffer.
func (k *call) traceDelivery() *httptrace.ClientTrace {
	var alone atomic.Bool
	return &httptrace.ClientTrace{
		GotConn: func(info httptrace.GotConnInfo) {
			k.connected.Store(true)
			k.written.Store(false)
			alone.Store(info.Conn != nil && !speaksHTTP2(info.Conn))
		},
		WroteRequest: func(info httptrace.WroteRequestInfo) {
			if info.Err == nil && !alone.Load() {
				k.written.Store(true)
			}
		},
	}
}

func speaksHTTP2(conn net.Conn) bool {
	secure, ok := conn.(*tls.Conn)
	return ok && secure.ConnectionState().NegotiatedProtocol == "h2"
}

func opError(err error) (*net.OpError, bool) {
	var op *net.OpError
	ok := errors.As(err, &op)
	return op, ok
}
