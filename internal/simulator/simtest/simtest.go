// Package simtest starts simulators for tests.
package simtest

import (
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
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

// BubbleURL is the base URL of a simulator in a bubble. Only [RoundTripper] can reach
// it.
const BubbleURL = "https://simulator.example.com/v2"

// BubbleManagementURL is the base URL of its management API.
const BubbleManagementURL = "https://simulator.example.com" + simulator.ManagementPath

// Bubble runs f in a bubble of testing/synctest with a simulator of its own, so that an
// hour passes instantly. Clients reach it through [RoundTripper].
func Bubble(t *testing.T, o simulator.Options, f func(t *testing.T, sim *Sim)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(t, NewInBubble(t, o))
	})
}

// NewInBubble returns a simulator for a test that is already in a bubble.
func NewInBubble(t *testing.T, o simulator.Options) *Sim {
	t.Helper()
	s := simulator.New(o)
	t.Cleanup(s.Close)
	return &Sim{Server: s, URL: BubbleURL, ManagementURL: BubbleManagementURL, APIKey: simulator.DefaultAPIKey}
}

// Client returns a client of a simulator in a bubble.
func (s *Sim) Client(t testing.TB) *runpod.Client {
	t.Helper()
	client, err := runpod.New(runpod.Options{BaseURL: s.URL, APIKey: s.APIKey, Transport: RoundTripper(s.Server)})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
