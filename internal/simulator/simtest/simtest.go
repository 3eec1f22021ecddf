// Package simtest starts simulators for tests.
package simtest

import (
	"net/http/httptest"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// Sim is a running simulator.
type Sim struct {
	*simulator.Server
	URL           string // the provider's base_url
	ManagementURL string // the provider's management_base_url
	APIKey        string
}

// Start serves a simulator on loopback until the test ends.
func Start(t testing.TB, o simulator.Options) *Sim {
	t.Helper()
	s := simulator.New(o)
	server := httptest.NewUnstartedServer(s)
	server.Config.ConnState = s.ConnState
	server.Start()
	t.Cleanup(func() {
		s.Close()
		server.CloseClientConnections()
		server.Close()
	})
	key := simulator.DefaultAPIKey
	if len(o.APIKeys) > 0 {
		key = o.APIKeys[0]
	}
	return &Sim{Server: s, URL: server.URL + "/v2", ManagementURL: server.URL + simulator.ManagementPath, APIKey: key}
}
