package simtest

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// RoundTripper calls a simulator without a network, so that it can be used in a bubble
// of testing/synctest. A response that the simulator flushes is streamed.
func RoundTripper(s *simulator.Server) http.RoundTripper { return inProcess{s} }

type inProcess struct{ server *simulator.Server }

var errCut = errors.New("connection reset by peer")

// RoundTrip implements http.RoundTripper.
func (p inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(req.Context())
	served := req.Clone(ctx)  // a RoundTripper must not modify the request
	served.Host = "localhost" // the simulator accepts loopback names only
	if served.Body == nil {
		served.Body = http.NoBody
	}
	// A real transport calls GotConn; later errors then count as errors after the
	// connection.
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	w := &writer{ctx: ctx, header: make(http.Header), code: http.StatusOK, started: make(chan struct{}), over: make(chan error, 1)}
	go func() {
		defer func() {
			p := recover()
			if p != nil && p != http.ErrAbortHandler { //nolint:errorlint // net/http itself compares it so
				panic(p) // a bug in the simulator
			}
			w.finish(p != nil)
		}()
		p.server.ServeHTTP(w, served)
	}()
	select {
	case <-req.Context().Done():
		cancel()
		return nil, req.Context().Err()
	case err := <-w.over:
		cancel()
		if err != nil {
			return nil, err
		}
		return w.response(req, io.NopCloser(&w.buffer)), nil
	case <-w.started:
		return w.response(req, &body{w.reader, cancel}), nil
	}
}

// body is a response that is still being sent. Close disconnects the client.
type body struct {
	*io.PipeReader
	hangUp context.CancelFunc
}

func (b *body) Close() error {
	err := b.PipeReader.Close()
	b.hangUp()
	return err
}

// writer buffers a response until it is flushed, exceeds maxKept or is complete.
type writer struct {
	ctx     context.Context //nolint:containedctx // the request's context, which closes the pipe
	header  http.Header
	sent    http.Header // the header at the start of the response
	code    int
	buffer  bytes.Buffer
	reader  *io.PipeReader // nil until the response is streamed
	pipe    *io.PipeWriter
	once    sync.Once
	started chan struct{}
	over    chan error // the response is complete, or was cut off
}

// maxKept is the maximum size of a buffered response, in bytes. Larger ones are
// streamed.
const maxKept = 1 << 20

func (w *writer) Header() http.Header { return w.header }

func (w *writer) WriteHeader(code int) { w.code = code }

func (w *writer) Write(p []byte) (int, error) {
	n, _ := w.buffer.Write(p)
	if w.buffer.Len() > maxKept {
		return n, w.FlushError()
	}
	return n, nil
}

// WriteString implements io.StringWriter. It writes in parts, so that a large response
// is not buffered as a whole and stops once its reader has closed.
func (w *writer) WriteString(s string) (n int, err error) {
	for len(s) > 0 && err == nil {
		var written int
		written, err = w.Write([]byte(s[:min(len(s), maxKept)]))
		n, s = n+written, s[written:]
	}
	return n, err
}

// FlushError is called by http.ResponseController.
func (w *writer) FlushError() error {
	w.once.Do(func() {
		w.reader, w.pipe = io.Pipe()
		w.sent = w.header.Clone()
		context.AfterFunc(w.ctx, func() { _ = w.reader.CloseWithError(w.ctx.Err()) })
		close(w.started)
	})
	_, err := w.buffer.WriteTo(w.pipe)
	return err
}

// Flush implements http.Flusher.
func (w *writer) Flush() { _ = w.FlushError() }

func (w *writer) finish(cut bool) {
	switch {
	case w.pipe == nil && cut:
		w.over <- errCut
	case w.pipe == nil:
		w.sent = w.header
		w.over <- nil
	case cut:
		_ = w.pipe.CloseWithError(io.ErrUnexpectedEOF)
	default:
		_ = w.pipe.CloseWithError(w.FlushError())
	}
}

func (w *writer) response(req *http.Request, body io.ReadCloser) *http.Response {
	resp := &http.Response{
		Status: strconv.Itoa(w.code) + " " + http.StatusText(w.code), StatusCode: w.code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: body, ContentLength: -1, Request: req,
	}
	if n, err := strconv.ParseInt(w.sent.Get("Content-Length"), 10, 64); err == nil {
		resp.ContentLength = n
	}
	return resp
}
