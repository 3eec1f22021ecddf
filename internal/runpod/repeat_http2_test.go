package runpod_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// breakage is a way in which a server breaks off an exchange over HTTP/2.
type breakage struct {
	name string
	// notProcessed is set where the protocol guarantees, before any reply, that the
	// request was not processed.
	notProcessed bool
	mixed        bool // the guarantee holds for the first attempt, and is taken for none after it
	warm         int64
	hangs        bool // the client notices nothing
	off          func(c *frameConn, stream uint32) (closed bool)
}

func breakages() []breakage {
	all := []breakage{
		{name: "the connection is lost", off: func(c *frameConn, _ uint32) bool { return true }},
		{name: "the connection is lost, warm", warm: 1, off: func(c *frameConn, _ uint32) bool { return true }},
		{name: "silence", hangs: true, off: func(*frameConn, uint32) bool { return false }},
	}
	for code := http2.ErrCodeNo; code <= http2.ErrCodeHTTP11Required; code++ {
		all = append(all, breakage{
			name: "RST_STREAM " + code.String(), notProcessed: code == http2.ErrCodeRefusedStream,
			off: func(c *frameConn, stream uint32) bool { _ = c.framer.WriteRSTStream(stream, code); return false },
		})
	}
	for _, code := range []http2.ErrCode{http2.ErrCodeNo, http2.ErrCodeInternal, http2.ErrCodeEnhanceYourCalm} {
		for warm := range int64(2) {
			for _, closes := range []bool{false, true} {
				lingers := !closes && code != http2.ErrCodeNo // as with no error: nothing happens
				name := fmt.Sprintf("GOAWAY %s, warm %d, closes %t", code, warm, closes)
				all = append(all, breakage{
					// net/http tells the two kinds of GOAWAY apart on a new connection only.
					name: name + ", last 0", notProcessed: code == http2.ErrCodeNo, mixed: code != http2.ErrCodeNo && warm > 0, warm: warm,
					off: func(c *frameConn, _ uint32) bool { _ = c.framer.WriteGoAway(0, code, []byte("bye")); return closes },
				})
				if lingers {
					continue
				}
				all = append(all, breakage{
					name: name + ", last n", warm: warm, hangs: !closes,
					off: func(c *frameConn, stream uint32) bool { _ = c.framer.WriteGoAway(stream, code, nil); return closes },
				})
			}
		}
	}
	return all
}

// repeatedOperations are the operations of the two tables: all that must not be
// repeated, the other one that costs money, and a reading.
var repeatedOperations = []runpod.Operation{
	runpod.OpRun, runpod.OpRunSync, runpod.OpRetry, runpod.OpPurgeQueue,
	runpod.OpBatchCreate, runpod.OpBatchAppend, runpod.OpBatchFinalize, runpod.OpStatus,
}

// callLarge makes a call whose body, where it has one, is longer than a frame.
func callLarge(ctx context.Context, c *runpod.Client, op runpod.Operation) error {
	input := json.RawMessage(`{"a":"` + strings.Repeat("x", 50_000) + `"}`)
	var err error
	switch op {
	case runpod.OpRun:
		_, err = c.Run(ctx, "ep", runpod.JobRequest{Input: input})
	case runpod.OpRunSync:
		_, err = c.RunSync(ctx, "ep", runpod.JobRequest{Input: input}, time.Millisecond)
	case runpod.OpBatchCreate:
		_, err = c.CreateBatch(ctx, "ep", chunkOf(string(input)))
	case runpod.OpBatchAppend:
		_, err = c.AppendBatch(ctx, "ep", "batch_1", chunkOf(string(input)))
	default:
		err = operations[op](ctx, c)
	}
	return err
}

// silence is how long a client of these tables waits for a server that says nothing.
const silence = 400 * time.Millisecond

const attempts = 2 // of every call in these tables, at most

func tableClient(t *testing.T, o runpod.Options) *runpod.Client {
	t.Helper()
	retries := attempts - 1
	o.APIKey, o.MaxRetries = testKey, &retries
	o.RetryMinWait, o.RetryMaxWait = time.Millisecond, time.Millisecond
	if o.RequestTimeout == 0 {
		o.RequestTimeout = 5 * time.Second
	}
	client, err := runpod.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// mayArriveTwice reports whether the policy lets an operation be repeated although
// the first request may have been processed.
func mayArriveTwice(op runpod.Operation) bool {
	return op == runpod.OpStatus || op == runpod.OpBatchFinalize
}

// TestNoDuplicates_HTTP2 breaks exchanges off in every way at every
// moment. A whole request of what must not be repeated arrives at most once, or is
// repeated only where the protocol says that it was not processed; the error says
// which it was; and nothing is repeated more often than the client counts. With the
// race detector it is every fifth way; "make testacc" tries them all without it.
func TestNoDuplicates_HTTP2(t *testing.T) {
	t.Parallel()
	for i, how := range breakages() {
		if raceDetector && i%5 != 0 {
			continue
		}
		for _, at := range moments {
			if at == beforeHeaders && how.hangs && strings.Contains(how.name, "last n") {
				continue // a GOAWAY for a stream that is still to come
			}
			t.Run(how.name+"/"+string(at), func(t *testing.T) {
				t.Parallel()
				forEachOperation(func(op runpod.Operation) {
					s := startFrameServer(t, &frameServer{warm: how.warm, at: at, breakOff: how.off, reply: success[op]})
					o := runpod.Options{BaseURL: s.url, TLS: s.tls}
					if how.hangs {
						o.RequestTimeout = silence
					}
					client := tableClient(t, o)
					if !warmUp(t, client, how.warm) {
						return
					}
					err := callLarge(t.Context(), client, op)
					begun, whole, broken := s.tally.get()
					checkOutcome(t, op, how, at, err, begun, whole, broken)
				})
			})
		}
	}
}

// forEachOperation calls f for all operations at the same time.
func forEachOperation(f func(runpod.Operation)) {
	var all sync.WaitGroup
	for _, op := range repeatedOperations {
		all.Go(func() { f(op) })
	}
	all.Wait()
}

// warmUp makes readings that the server answers, and reports whether it did so
// within the client's timeout.
func warmUp(t *testing.T, client *runpod.Client, readings int64) (ok bool) {
	t.Helper()
	for range readings {
		_, err := client.Status(t.Context(), "ep", "job-1")
		if e, ok := runpod.AsError(err); ok && e.Reason == runpod.ReasonTimeout {
			t.Logf("left out, on a machine that is starved: %v", err)
			return false
		}
		if err != nil {
			t.Errorf("warming up: %v", err)
			return false
		}
	}
	return true
}

func checkOutcome(t *testing.T, op runpod.Operation, how breakage, at moment, err error, begun, whole, broken int) {
	t.Helper()
	replied := at == inReplyHeader || at == inReplyBody
	said := how.notProcessed && !replied
	what := fmt.Sprintf("%s: %d begun, %d whole, broken off %d times: %v", op, begun, whole, broken, err)
	if begun > attempts+1 { // one more than attempts, where an idle connection had been closed
		t.Errorf("sent without end: %s", what)
	}
	if whole > 1 && !said && !how.mixed && !mayArriveTwice(op) {
		t.Errorf("sent twice: %s", what)
	}
	if err == nil {
		if at != beforeHeaders && op != runpod.OpBatchFinalize && op != runpod.OpBatchAppend {
			t.Errorf("no error: %s", what)
		}
		return
	}
	e, ok := runpod.AsError(err)
	if !ok || e.Attempts < begun {
		t.Errorf("more was sent than the error counts: %s", what)
	}
	if mayArriveTwice(op) {
		return
	}
	if !e.Unknown && whole > 0 && !said {
		t.Errorf("counts as not sent: %s", what)
	}
	if at == afterBody && whole > 0 && e.Unknown == said {
		t.Errorf("unknown is %v: %s", e.Unknown, what)
	}
	if said && at == afterBody && (e.Attempts != attempts || !strings.Contains(err.Error(), "did not process")) {
		t.Errorf("what was not processed is not repeated, or not named: %s", what)
	}
}
