package runpod_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// overtakenDial is a server of four connections. The first answers when it is told
// to. The second makes its handshake when it is told to, answers one request, and
// is closed under the next. The others answer one request each.
type overtakenDial struct {
	asked, dialed     chan struct{} // a request on the first connection; the second one
	answer, handshake chan struct{}
	accepted, dials   atomic.Int64
	onSecond          atomic.Int64 // requests
}

// number is the key of a connection's number in its context.
type number struct{}

func (s *overtakenDial) start(t *testing.T) runpod.Options {
	t.Helper()
	server := httptest.NewUnstartedServer(s)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, number{}, s.accepted.Add(1))
	}
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
		if s.dials.Add(1) == 2 {
			close(s.dialed)
			<-s.handshake
		}
		return nil, nil //nolint:nilnil // what it means to keep the configuration
	}}
	server.StartTLS()
	t.Cleanup(server.Close)
	roots := x509.NewCertPool()
	roots.AddCert(server.Certificate())
	return runpod.Options{BaseURL: server.URL, TLS: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}}
}

func (s *overtakenDial) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	switch req.Context().Value(number{}) {
	case int64(1):
		close(s.asked)
		<-s.answer
	case int64(2):
		if s.onSecond.Add(1) > 1 {
			panic(http.ErrAbortHandler)
		}
	default:
		w.Header().Set("Connection", "close")
	}
	reply := success[runpod.OpStatus]
	if strings.HasSuffix(req.URL.Path, "/run") {
		reply = success[runpod.OpRun]
	}
	_, _ = io.WriteString(w, reply)
}

// TestConnection_dialedButUnused: net/http dials for a request and gives it the
// connection that another one has done with, if that comes first. The dialed one
// waits and counts as reused for the first request on it, whose answer shows
// nothing about connections that are kept: no submission follows it there.
func TestConnection_dialedButUnused(t *testing.T) {
	t.Parallel()
	s := &overtakenDial{
		asked: make(chan struct{}), dialed: make(chan struct{}), answer: make(chan struct{}), handshake: make(chan struct{}),
	}
	client := tableClient(t, s.start(t))
	status := func() {
		if _, err := client.Status(t.Context(), "ep", "job-1"); err != nil {
			t.Error(err)
		}
	}
	submit := func() {
		if _, err := client.Run(t.Context(), "ep", aRequest); err != nil {
			t.Errorf("unknown outcome %t: %v", runpod.OutcomeUnknown(err), err)
		}
	}
	first, overtaken := make(chan struct{}), make(chan struct{})
	go func() { defer close(first); status() }()
	<-s.asked
	go func() { defer close(overtaken); submit() }()
	<-s.dialed
	close(s.answer)
	<-first
	<-overtaken
	close(s.handshake)
	for s.onSecond.Load() == 0 && !t.Failed() {
		status()
	}
	submit()
	if n := s.onSecond.Load(); n != 1 {
		t.Errorf("%d requests on a connection of which nothing was known", n)
	}
}
