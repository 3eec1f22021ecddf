package runpod

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestProxy_refused: a proxy that does not let a request through is named, with
// its status and without its credentials, and is asked once more only where that
// may help. Nothing was sent then.
func TestProxy_refused(t *testing.T) {
	t.Parallel()
	for status, want := range map[int]struct {
		text     string
		requests int32
	}{
		http.StatusForbidden:         {"HTTP 403 Forbidden", 1},
		http.StatusProxyAuthRequired: {"HTTP 407 Proxy Authentication Required", 1},
		http.StatusTooManyRequests:   {"HTTP 429 Too Many Requests", 3},
		http.StatusBadGateway:        {"HTTP 502 Bad Gateway", 3},
		599:                          {"HTTP 599", 3},
	} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			const user, password = "proxy-user", "proxy-password"
			var asked atomic.Int32
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				if r.Method != http.MethodConnect || r.Host != "api.example.com:443" || r.Header.Get("Authorization") != "" {
					t.Errorf("the proxy got %s %s", r.Method, r.Host)
				}
				w.Header().Set("X-Login", r.Header.Get("Proxy-Authorization"))
				w.WriteHeader(status)
				_, _ = w.Write([]byte("who is " + user + ":" + password))
			}))
			defer proxy.Close()
			address, err := url.Parse(proxy.URL)
			if err != nil {
				t.Fatal(err)
			}
			host := address.Host
			address.User = url.UserPassword(user, password)
			retries := 2
			client, err := New(Options{APIKey: "rpa_x", BaseURL: "https://api.example.com/v2", MaxRetries: &retries, RetryMinWait: time.Millisecond, RetryMaxWait: time.Millisecond, Proxy: http.ProxyURL(address)})
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.Run(t.Context(), "ep", JobRequest{Input: []byte(`{"a":1}`)})
			e, ok := AsError(err)
			if !ok || e.Reason != ReasonTransport || e.Unknown || e.StatusCode != 0 {
				t.Fatalf("got %#v", err)
			}
			if got, ok := ProxyStatus(err); !ok || got != status {
				t.Errorf("the proxy's status is %d", got)
			}
			for _, part := range []string{"the connection failed", "the proxy " + host + " refused to connect to api.example.com:443", want.text} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q is not in %s", part, err)
				}
			}
			for _, secret := range []string{user, password} {
				if text := fmt.Sprintf("%v %+v", err, e.Err); strings.Contains(text, secret) {
					t.Error(text)
				}
			}
			if got := asked.Load(); got != want.requests {
				t.Errorf("the proxy was asked %d times, want %d", got, want.requests)
			}
		})
	}
	if _, ok := ProxyStatus(&Error{Reason: ReasonTransport}); ok {
		t.Error("a proxy was seen where there was none")
	}
}

// TestProxy_invalidAddress: net/http quotes the invalid address, with its
// password. The error does not, and no client is created with the address, except for
// the management API, which jobs do not need: its first request fails.
func TestProxy_invalidAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://user:hunter2@host:port", "http://user:hunter2@[::1", "http://user:hunter%2@host:3128"} {
		asked := 0
		o := Options{APIKey: "rpa_x", BaseURL: "https://api.example.com/v2", RetryMinWait: time.Millisecond, RetryMaxWait: time.Millisecond, Proxy: func(*http.Request) (*url.URL, error) {
			asked++
			_, err := url.Parse(address)
			return nil, fmt.Errorf("invalid proxy address %q: %w", address, err)
		}}
		_, err := New(o)
		if !errors.Is(err, errProxyAddress) {
			t.Errorf("%s: %v", address, err)
		}
		management, err := NewManagement(o)
		if err != nil {
			t.Fatal(err)
		}
		asked = 0
		_, err = management.Workers(t.Context(), "ep")
		if e, ok := AsError(err); !ok || e.Unknown || e.Attempts != 1 || asked != 1 || !errors.Is(err, errProxyAddress) || strings.Contains(fmt.Sprintf("%v %+v", err, e.Err), "hunter") {
			t.Errorf("%s: asked %d times: %v", address, asked, err)
		}
	}
}
