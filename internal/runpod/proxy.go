package runpod

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// proxyRefusal is the reply of a proxy that does not make the connection asked
// for. It holds nothing of the proxy's address but the host, since the rest may
// hold a password, and nothing of the reply but the status.
type proxyRefusal struct {
	proxy, target string
	status        int
}

// Error implements error.
func (e *proxyRefusal) Error() string {
	text := fmt.Sprintf("the proxy %s refused to connect to %s: HTTP %d", e.proxy, e.target, e.status)
	if words := http.StatusText(e.status); words != "" {
		text += " " + words
	}
	return text
}

// checkProxy is what the transport asks about a proxy's reply. By itself it
// would tell the words of the status line, and not whose they are.
func checkProxy(_ context.Context, proxy *url.URL, request *http.Request, reply *http.Response) error {
	if reply.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyRefusal{proxy: proxy.Host, target: request.URL.Opaque, status: reply.StatusCode}
}

// ProxyStatus returns the status with which a proxy on the way to the API
// refused the connection.
func ProxyStatus(err error) (status int, ok bool) {
	var refused *proxyRefusal
	if !errors.As(err, &refused) {
		return 0, false
	}
	return refused.status, true
}
