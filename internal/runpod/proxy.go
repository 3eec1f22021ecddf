package runpod

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
)

// proxyRefusal is the reply of a proxy that refuses to make the connection. Of the
// proxy's address it has only the host, since the rest may contain a password, and of
// the reply only the status.
type proxyRefusal struct {
	proxy, target string
	status        int
}

// Error implements error.
func (e *proxyRefusal) Error() string {
	text := fmt.Sprintf("the proxy %s refused to connect to %s: HTTP %d", e.proxy, e.target, e.status)
	if name := http.StatusText(e.status); name != "" {
		text += " " + name
	}
	return text
}

// checkProxy is called by the transport with a proxy's reply. Without it, the
// transport would report the text of the status line, and not that the proxy sent it.
func checkProxy(_ context.Context, proxy *url.URL, request *http.Request, reply *http.Response) error {
	if reply.StatusCode == http.StatusOK {
		return nil
	}
	return &proxyRefusal{proxy: proxy.Host, target: request.URL.Opaque, status: reply.StatusCode}
}

type proxyFunc = func(*http.Request) (*url.URL, error)

// errProxyAddress replaces the error about an invalid proxy address, which quotes the
// address with its password.
var errProxyAddress = errors.New("the address of the proxy cannot be read (it is not shown, since it may hold a password); check the environment variables HTTPS_PROXY and HTTP_PROXY")

func proxyOf(o Options) proxyFunc {
	choose := o.Proxy
	if choose == nil {
		choose = http.ProxyFromEnvironment
	}
	return func(req *http.Request) (*url.URL, error) {
		proxy, err := choose(req)
		if err != nil {
			return nil, errProxyAddress
		}
		return proxy, nil
	}
}

// proxySecrets returns the credentials of the proxy for requests to base, if any.
func proxySecrets(proxy proxyFunc, base *url.URL) []string {
	address, err := proxy(&http.Request{URL: base})
	if err != nil || address == nil || address.User == nil {
		return nil
	}
	password, _ := address.User.Password()
	return []string{address.User.String(), address.User.Username(), password}
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
