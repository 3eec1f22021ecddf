package simulator_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// TestHost_loopbackOnly: the name of a web page may resolve to a loopback address, so
// the simulator accepts requests for loopback names only.
func TestHost_loopbackOnly(t *testing.T) {
	t.Parallel()
	s := simulator.New(simulator.Options{})
	for host, ok := range map[string]bool{
		"localhost": true, "localhost:8080": true, "LOCALHOST:1": true, "127.0.0.1": true, "127.8.8.8:80": true, "[::1]:8080": true, "[::1]": true,
		"": false, "evil.example.com": false, "evil.example.com:8080": false, "localhost.evil.example.com": false, "127.0.0.1.example.com": false, "192.168.1.2": false, "0.0.0.0:80": false,
	} {
		for _, path := range []string{"/v2/demo/health", "/_simulator/journal"} {
			r := httptest.NewRequest(http.MethodGet, path, nil)
			r.Host = host
			r.Header.Set("Authorization", "Bearer "+simulator.DefaultAPIKey)
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if got := w.Code != http.StatusMisdirectedRequest; got != ok {
				t.Errorf("%q, %s: HTTP %d", host, path, w.Code)
			}
		}
	}
}

// TestHost_any: AnyHost accepts requests for any name.
func TestHost_any(t *testing.T) {
	t.Parallel()
	s := simulator.New(simulator.Options{AnyHost: true})
	r := httptest.NewRequest(http.MethodGet, "/v2/demo/health", nil)
	r.Host = "simulator:8008"
	r.Header.Set("Authorization", simulator.DefaultAPIKey)
	w := httptest.NewRecorder()
	if s.ServeHTTP(w, r); w.Code != http.StatusOK {
		t.Errorf("HTTP %d", w.Code)
	}
}
