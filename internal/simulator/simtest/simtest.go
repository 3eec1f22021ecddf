// Package simtest starts simulators for tests.
package simtest

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// Sim is a running simulator.
type Sim struct {
	*simulator.Server
	URL    string // the provider's base_url
	APIKey string
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
	return &Sim{Server: s, URL: server.URL + "/v2", APIKey: key}
}

// BubbleURL is the base URL of a simulator in a bubble, where nothing resolves
// it: see [RoundTripper].
const BubbleURL = "https://simulator.example.com/v2"

// Bubble runs f in a bubble of testing/synctest with a simulator of its own, so
// that an hour passes in no time. Clients reach it through [RoundTripper].
func Bubble(t *testing.T, o simulator.Options, f func(t *testing.T, sim *Sim)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		f(t, NewInBubble(t, o))
	})
}

// NewInBubble returns a simulator for a test that is in a bubble already.
func NewInBubble(t *testing.T, o simulator.Options) *Sim {
	t.Helper()
	s := simulator.New(o)
	t.Cleanup(s.Close)
	return &Sim{Server: s, URL: BubbleURL, APIKey: simulator.DefaultAPIKey}
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

// RoundTripper calls a simulator without a network, so that it can be used in
// a bubble of testing/synctest.
func RoundTripper(s *simulator.Server) http.RoundTripper { return inProcess{s} }

type inProcess struct{ server *simulator.Server }

var errCut = errors.New("connection reset by peer")

// RoundTrip implements http.RoundTripper.
func (p inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context()) // a RoundTripper must not change its caller's request
	if req.Body == nil {
		req.Body = http.NoBody
	}
	// As a real transport says it, so that what comes later counts as after the
	// connection.
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	type outcome struct {
		recorder *recorder
		cut      bool
	}
	done := make(chan outcome, 1)
	go func() {
		recorder := newRecorder()
		defer func() {
			p := recover()
			if p != nil && p != http.ErrAbortHandler { //nolint:errorlint // what net/http itself compares
				panic(p) // a bug of the simulator
			}
			done <- outcome{recorder, p != nil}
		}()
		p.server.ServeHTTP(recorder, req)
	}()
	select {
	case <-req.Context().Done():
		return nil, req.Context().Err()
	case o := <-done:
		if o.cut && !o.recorder.Flushed {
			return nil, errCut
		}
		resp := o.recorder.Result()
		if o.cut {
			resp.Body = io.NopCloser(io.MultiReader(resp.Body, cutReader{}))
		}
		return resp, nil
	}
}

// recorder keeps what is written without a copy of it, where it can: a reply may
// be as large as the client allows, and then some.
type recorder struct {
	*httptest.ResponseRecorder // without a body
	parts                      []io.Reader
}

func newRecorder() *recorder {
	r := &recorder{ResponseRecorder: httptest.NewRecorder()}
	r.Body = nil
	return r
}

// Write implements io.Writer.
func (r *recorder) Write(b []byte) (int, error) { return r.WriteString(string(b)) }

// WriteString implements io.StringWriter.
func (r *recorder) WriteString(s string) (int, error) {
	r.parts = append(r.parts, strings.NewReader(s))
	return r.ResponseRecorder.WriteString(s)
}

// Result returns the reply with all that was written.
func (r *recorder) Result() *http.Response {
	resp := r.ResponseRecorder.Result()
	resp.Body = io.NopCloser(io.MultiReader(r.parts...))
	return resp
}

type cutReader struct{}

func (cutReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
