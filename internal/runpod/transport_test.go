package runpod_test

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestHTTP2 requires that a server that offers HTTP/2 is spoken to in it, also
// by a client with certificates of its own, and that requests which are held at
// the same time share one connection.
func TestHTTP2(t *testing.T) {
	t.Parallel()
	const requests = 100
	var (
		mu    sync.Mutex
		conns = make(map[string]bool)
		held  sync.WaitGroup
	)
	held.Add(requests)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 2 {
			t.Errorf("the request came in %s", r.Proto)
		}
		if r.Method == http.MethodGet && r.URL.Query().Has("wait") {
			mu.Lock()
			conns[r.RemoteAddr] = true
			mu.Unlock()
			held.Done()
			held.Wait() // so that all are under way at once
		}
		_, _ = w.Write([]byte(success[runpod.OpStatusSync]))
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	trusting, ok := server.Client().Transport.(*http.Transport)
	if !ok {
		t.Fatal("the test server's client has another transport")
	}
	client, err := runpod.New(runpod.Options{
		APIKey: testKey, BaseURL: server.URL,
		TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trusting.TLSClientConfig.RootCAs},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Status(t.Context(), "ep", "job-1"); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	for range requests {
		all.Go(func() {
			if _, err := client.StatusSync(t.Context(), "ep", "job-1", 30*time.Second); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(conns) != 1 {
		t.Errorf("%d requests at once used %d connections", requests, len(conns))
	}
}

// TestConnections requires that connections are used again. A burst may open up to
// two for each request that is under way: net/http opens one and takes whichever
// comes first, that or one that another request has done with.
func TestConnections(t *testing.T) {
	t.Parallel()
	const concurrent, rounds, clients = 50, 3, 3
	sim := simtest.Start(t, simulator.Options{})
	for range clients {
		client := simClient(t, sim)
		for range 2 { // the second time round there is nothing to open
			var all sync.WaitGroup
			for range concurrent {
				all.Go(func() {
					for range rounds {
						if _, err := client.Health(t.Context(), simulator.DefaultEndpointID); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
		}
	}
	if opened, _, _ := sim.Connections(); opened > clients*2*concurrent {
		t.Errorf("%d connections for %d requests at once, %d times", opened, concurrent, clients)
	}
}

func simClient(t *testing.T, sim *simtest.Sim) *runpod.Client {
	t.Helper()
	client, err := runpod.New(runpod.Options{APIKey: sim.APIKey, BaseURL: sim.URL, RetryMinWait: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	return client
}
