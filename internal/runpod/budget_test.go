package runpod_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// TestReplyBudget blocks every large reply until no further ones are being read: no
// more of them than fit into the budget are read at the same time, small ones are not
// delayed, and all arrive in the end, although together they wait for longer than the
// request timeout.
func TestReplyBudget(t *testing.T) {
	t.Parallel()
	const size, fit, readings = 512 << 10, 3, 12
	for name, known := range map[string]bool{"of known length": true, "of unknown length": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var reading, most atomic.Int64
			output := strings.Repeat("x", size)
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if strings.HasSuffix(r.URL.Path, "/health") {
					_, _ = io.WriteString(w, success[runpod.OpHealth])
					return
				}
				reply := `{"id":"job-1","status":"COMPLETED","output":"` + output + `"}`
				if known {
					w.Header().Set("Content-Length", fmt.Sprint(len(reply)))
				}
				_, _ = io.WriteString(w, reply)
			}))
			defer server.Close()
			o := runpod.Options{BaseURL: server.URL, ReplyBudget: fit * (size + 64<<10), RequestTimeout: 5 * time.Second}
			if !known {
				o.ReplyBudget = fit * 64 << 20 // a reply of unknown length takes what it may have
			}
			o.Transport = counting{http.DefaultTransport, &reading, &most}
			client := tableClient(t, o)
			var all sync.WaitGroup
			for range readings {
				all.Go(func() {
					job, err := client.Status(t.Context(), "ep", "job-1")
					if err != nil || len(job.Output) != size+2 {
						t.Errorf("%d bytes, %v", len(job.Output), err)
					}
					if _, err := client.Health(t.Context(), "ep"); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			if got := most.Load(); got > fit || got == 0 {
				t.Errorf("%d large replies were read at once, %d fit", got, fit)
			}
		})
	}
}

// counting counts the replies that are read beyond what is free of the budget.
type counting struct {
	http.RoundTripper
	now, most *atomic.Int64
}

func (c counting) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := c.RoundTripper.RoundTrip(req)
	if err == nil {
		resp.Body = &countedBody{ReadCloser: resp.Body, counting: c}
	}
	return resp, err
}

type countedBody struct {
	io.ReadCloser
	counting
	read  int64
	large bool
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.read += int64(n)
	if !b.large && b.read > 64<<10 {
		b.large = true
		now := b.now.Add(1)
		for most := b.most.Load(); now > most && !b.most.CompareAndSwap(most, now); most = b.most.Load() {
		}
	}
	if err != nil && b.large {
		b.now.Add(-1)
	}
	return n, err
}

// TestMaxOutput: an output above the limit is dropped, and its size and digest are
// kept, whether its reply is small or large.
func TestMaxOutput(t *testing.T) {
	t.Parallel()
	for _, size := range []int{10, 1000, 100_000} {
		output := `"` + strings.Repeat("x", size) + `"`
		digest := sha256.Sum256([]byte(output))
		s := &script{answers: []answer{{status: 200, body: `{"id":"job-1","status":"COMPLETED","output": ` + output + ` }`}}}
		client := newClient(t, s)
		for _, limit := range []int64{0, int64(len(output)) - 1, int64(len(output)), 1 << 20} {
			job, err := client.Status(runpod.WithMaxOutput(t.Context(), limit), "ep", "job-1")
			kept := int64(len(output)) <= limit
			if err != nil || (string(job.Output) == output) != kept || (job.Dropped == nil) != kept {
				t.Errorf("%d bytes, limit %d: %+v, %v", len(output), limit, job.Dropped, err)
			}
			if d := job.Dropped; d != nil && (job.Output != nil || d.Bytes != int64(len(output)) || d.SHA256 != hex.EncodeToString(digest[:])) {
				t.Errorf("%d bytes, limit %d: %+v", len(output), limit, d)
			}
		}
	}
}
