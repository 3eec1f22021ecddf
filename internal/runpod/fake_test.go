package runpod_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

const testKey = "rpa_SECRETSECRETSECRET"

// answer is one reply of a scripted server, or the way in which it fails.
type answer struct {
	status  int
	body    string
	header  http.Header
	err     error         // the exchange fails
	dial    bool          // … before there is a connection
	cut     bool          // the body ends early
	written bool          // the request was sent in full, before err
	delay   time.Duration // before the reply
	length  int64         // of the body, as the header says
}

// script is a RoundTripper that returns its answers in order, repeats the last one,
// and counts.
type script struct {
	mu       sync.Mutex
	answers  []answer
	requests []*http.Request
	bodies   []string
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	s.mu.Lock()
	a := s.answers[min(len(s.requests), len(s.answers)-1)]
	s.requests = append(s.requests, req)
	var sent []byte
	if req.Body != nil {
		sent, _ = io.ReadAll(req.Body)
	}
	s.bodies = append(s.bodies, string(sent))
	s.mu.Unlock()

	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && !a.dial {
		trace.GotConn(httptrace.GotConnInfo{})
		if a.written {
			trace.WroteRequest(httptrace.WroteRequestInfo{})
		}
	}
	if a.delay > 0 {
		select {
		case <-time.After(a.delay):
		case <-req.Context().Done():
			return nil, req.Context().Err()
		}
	}
	if a.err != nil {
		return nil, a.err
	}
	header := a.header
	if header == nil {
		header = http.Header{}
	}
	var body io.Reader = bytes.NewReader([]byte(a.body))
	if a.cut {
		body = io.MultiReader(body, brokenReader{})
	}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(body), ContentLength: a.length, Request: req, ProtoMajor: 1, ProtoMinor: 1}, nil
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func (s *script) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}

func newClient(t *testing.T, s *script, more ...func(*runpod.Options)) *runpod.Client {
	t.Helper()
	o := runpod.Options{APIKey: testKey, BaseURL: "https://api.example.com/v2", Transport: s}
	for _, f := range more {
		f(&o)
	}
	client, err := runpod.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

var (
	errReset = errors.New("connection reset by peer")
	aRequest = runpod.JobRequest{Input: json.RawMessage(`{"prompt": "hi"}`)}
)

// operations calls each operation once.
var operations = map[runpod.Operation]func(ctx context.Context, c *runpod.Client) error{
	runpod.OpRun: func(ctx context.Context, c *runpod.Client) error { _, err := c.Run(ctx, "ep", aRequest); return err },
	runpod.OpRunSync: func(ctx context.Context, c *runpod.Client) error {
		_, err := c.RunSync(ctx, "ep", aRequest, 5*time.Second)
		return err
	},
	runpod.OpStatus: func(ctx context.Context, c *runpod.Client) error { _, err := c.Status(ctx, "ep", "job-1"); return err },
	runpod.OpStatusSync: func(ctx context.Context, c *runpod.Client) error {
		_, err := c.StatusSync(ctx, "ep", "job-1", 5*time.Second)
		return err
	},
	runpod.OpStream: func(ctx context.Context, c *runpod.Client) error {
		_, err := c.Stream(ctx, "ep", "job-1", 5*time.Second)
		return err
	},
	runpod.OpCancel:     func(ctx context.Context, c *runpod.Client) error { _, err := c.Cancel(ctx, "ep", "job-1"); return err },
	runpod.OpRetry:      func(ctx context.Context, c *runpod.Client) error { _, err := c.Retry(ctx, "ep", "job-1"); return err },
	runpod.OpPurgeQueue: func(ctx context.Context, c *runpod.Client) error { _, err := c.PurgeQueue(ctx, "ep"); return err },
	runpod.OpHealth:     func(ctx context.Context, c *runpod.Client) error { _, err := c.Health(ctx, "ep"); return err },
	runpod.OpBatchCreate: func(ctx context.Context, c *runpod.Client) error {
		_, err := c.CreateBatch(ctx, "ep", chunkOf(`{"a":1}`))
		return err
	},
	runpod.OpBatchAppend: func(ctx context.Context, c *runpod.Client) error {
		_, err := c.AppendBatch(ctx, "ep", "batch_1", chunkOf(`{"a":1}`))
		return err
	},
	runpod.OpBatchFinalize: func(ctx context.Context, c *runpod.Client) error { return c.FinalizeBatch(ctx, "ep", "batch_1") },
	runpod.OpBatchCancel:   func(ctx context.Context, c *runpod.Client) error { return c.CancelBatch(ctx, "ep", "batch_1") },
	runpod.OpBatchGet:      func(ctx context.Context, c *runpod.Client) error { _, err := c.Batch(ctx, "ep", "batch_1"); return err },
	runpod.OpBatchList:     func(ctx context.Context, c *runpod.Client) error { _, err := c.Batches(ctx, "ep", 0, 50); return err },
	runpod.OpBatchRequests: func(ctx context.Context, c *runpod.Client) error {
		_, err := c.BatchRequests(ctx, "ep", "batch_1", 0, 50)
		return err
	},
}

// chunkOf returns a chunk with the given inputs.
func chunkOf(inputs ...string) *runpod.BatchChunk {
	var chunk runpod.BatchChunk
	for _, input := range inputs {
		chunk.Add([]byte(input))
	}
	return &chunk
}

// success is a good reply to each operation.
var success = map[runpod.Operation]string{
	runpod.OpRun:        `{"id":"job-1","status":"IN_QUEUE"}`,
	runpod.OpRunSync:    `{"id":"sync-1","status":"COMPLETED","output":1}`,
	runpod.OpStatus:     `{"id":"job-1","status":"COMPLETED"}`,
	runpod.OpStatusSync: `{"id":"job-1","status":"COMPLETED"}`,
	runpod.OpStream:     `{"status":"COMPLETED","stream":[]}`,
	runpod.OpCancel:     `{"id":"job-1","status":"CANCELLED"}`,
	runpod.OpRetry:      `{"id":"job-1","status":"IN_QUEUE"}`,
	runpod.OpPurgeQueue: `{"removed":2,"status":"completed"}`,
	runpod.OpHealth:     `{"jobs":{"inQueue":1},"workers":{"idle":0}}`,

	runpod.OpBatchCreate:   `{"id":"batch_1","status":"DRAFT"}`,
	runpod.OpBatchAppend:   `{"added":1}`,
	runpod.OpBatchFinalize: `{"status":"FINALIZED"}`,
	runpod.OpBatchCancel:   `{}`,
	runpod.OpBatchGet:      `{"id":"batch_1","status":"FINALIZED","requestTotal":1}`,
	runpod.OpBatchList:     `{"batches":[]}`,
	runpod.OpBatchRequests: `{"requests":[],"total":0,"offset":0,"limit":50,"hasMore":false}`,

	runpod.OpWorkers:    `{"workers":[]}`,
	runpod.OpWorkerLogs: "data: {\"line\":\"ready\"}\n\n",
}
