package runpod

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"math"
	"net/http"
	"runtime/metrics"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/tmaxmax/go-sse"
)

const fuzzKey = "rpa_FUZZFUZZFUZZFUZZ"

// reply is a RoundTripper that always gives the same answer.
type reply struct {
	status int
	body   []byte
}

func (r reply) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: r.status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(r.body)), Request: req}, nil
}

// FuzzReply gives each operation an arbitrary reply, and asserts that the result is
// complete, or an error that can be shown.
func FuzzReply(f *testing.F) {
	for _, seed := range []string{
		`{"id":"a-u1","status":"IN_QUEUE"}`, `{"delayTime":1,"executionTime":2.5,"id":"a","output":{"n":9007199254740993},"status":"COMPLETED"}`,
		`{"id":"a","status":"FAILED","error":{"type":"X","message":"y"},"output":null}`, `{"id":"a","status":5}`, `{"status":"IN_PROGRESS","stream":[{"output":1}]}`,
		`[{"output":"a","metrics":{}}]`, `{"removed":2,"status":"completed"}`, `{"jobs":{"inQueue":1},"workers":{"idle":null}}`, `{"error":"could not queue job"}`,
		`{"status":404,"title":"Not Found","detail":"job not found"}`, "<html><head><title>502 " + fuzzKey + "</title></head></html>", `{"id":"../x","status":"`, "", "null", `{"delayTime":1e400,"id":"a","status":"X"}`,
		`{"error":"` + fuzzKey + `"}`,
		`{"id":"J","status":"IN_QUEUE","workerId":7}`, `{"id":"J","status":"COMPLETED","executionTime":"1.2s","output":{"a":1}}`,
		`{"status":"COMPLETED","output":{"a":1},"OUTPUT":6,"Status":"FAILED"}`, `{"id":"a.b/c","status":"IN_QUEUE"}`, `{"status":"COMPLETED","output":[NaN,Infinity]}`,
		`{"jobs":{"completed":1.0,"failed":"1"},"workers":7}`, `{"removed":2.0}`, `[]`, `{"status":"IN_PROGRESS","stream":["a",1,{"output":NaN}]}`,
		`{"id":"b","status":"FINALIZED","requestTotal":"7","createdAt":1e300}`, `{"requests":[{"id":"x","output":NaN,"error":{}}],"total":"1","hasMore":7}`,
		`{"workers":[{"id":"a","isStale":"no","version":1e300},{"status":7},5],"summary":{"total":NaN,"idle":"1"},"endpointVersion":-1}`, "id: 2026-06-01T12:05:00Z-1\ndata: {\"ts\":7,\"line\":{\"a\":NaN}}\n\n",
		`{"id":"b-1","status":500,"error":"x"}`, `{"id":"J","status":404,"detail":"x","delayTime":9223372036854775808}`, `{"id":"b","createdAt":"NaN"}`, `{"id":"b","createdAt":1e18,"status":"DRAFT"}`,
		"{\"status\":\"COMPLETED\",\"output\":{\"e\u0301\":1},\"error\":[]}", `{"status":"COMPLETED","error":{}}`, `{"status":"FAILED","error":"\u001b[31m\u202e\u0007"}`, `{"requests":["a",7,{"id":""}],"hasMore":"x"}`,
		`{"id":"J","status":"IN_`, `{"id":12`, `{"id":"` + strings.Repeat("i", 5000) + `","status":"` + strings.Repeat("S", 5000) + `"}`,
		`<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>`, "error code: 1010", `{"cloudflare_error":true,"title":"Error 1015","status":429}`,
	} {
		for _, status := range []int{200, 302, 403, 502} {
			f.Add(status, []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 {
			return
		}
		none := 0
		client, err := New(Options{APIKey: fuzzKey, Transport: reply{status, body}, MaxRetries: &none})
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		request := JobRequest{Input: json.RawMessage(`{"a":1}`)}
		job := func(job Job, err error) error {
			if err == nil && (job.ID == "" || job.Status == "" || (job.Output != nil && !json.Valid(job.Output))) {
				t.Errorf("a job that cannot be stored: %+v", job)
			}
			return err
		}
		known := func(got Job, err error) error {
			if err == nil && got.ID != "job-1" {
				t.Errorf("another job: %+v", got)
			}
			return job(got, err)
		}
		_, healthErr := client.Health(ctx, "ep")
		page, streamErr := client.Stream(ctx, "ep", "job-1", time.Second)
		for _, chunk := range page.Chunks {
			if chunk.Output != nil && !json.Valid(chunk.Output) {
				t.Errorf("a chunk that is no JSON: %s", chunk.Output)
			}
		}
		_, purgeErr := client.PurgeQueue(ctx, "ep")
		management, err := NewManagement(Options{APIKey: fuzzKey, Transport: reply{status, body}, MaxRetries: &none})
		if err != nil {
			t.Fatal(err)
		}
		_, workersErr := management.Workers(ctx, "ep")
		lines, logErr := management.WorkerLogs(ctx, "ep", "w", LogQuery{})
		for _, line := range lines {
			if strings.Contains(line.Line, fuzzKey) || !utf8.ValidString(line.Line) {
				t.Errorf("a line that cannot be shown: %q", line.Line)
			}
		}
		finalizeErr, cancelErr := client.FinalizeBatch(ctx, "ep", "b"), client.CancelBatch(ctx, "ep", "b")
		batch, batchErr := client.Batch(ctx, "ep", "b")
		requests, requestsErr := client.BatchRequests(ctx, "ep", "b", 0, 10)
		for _, r := range requests.Requests {
			if r.ID == "" || r.Output != nil && !json.Valid(r.Output) {
				t.Errorf("a request that cannot be stored: %+v", r)
			}
		}
		_, batchesErr := client.Batches(ctx, "ep", 0, 10)
		created, createErr := client.CreateBatch(ctx, "ep", &BatchChunk{})
		if batchErr == nil && batch.ID != "b" && batch.ID == "" || createErr == nil && created.ID == "" {
			t.Errorf("a batch without an id: %+v, %+v", batch, created)
		}
		_, appendErr := client.AppendBatch(ctx, "ep", "b", &BatchChunk{})
		checkEssential(t, status, body, map[string]error{
			"status": errorOf(client.Status(ctx, "ep", "job-1")), "status-sync": errorOf(client.StatusSync(ctx, "ep", "job-1", time.Second)),
			"cancel": errorOf(client.Cancel(ctx, "ep", "job-1")), "retry": errorOf(client.Retry(ctx, "ep", "job-1")), "stream": streamErr, "batch": batchErr,
		}, map[string]error{
			"run": errorOf(client.Run(ctx, "ep", request)), "runsync": errorOf(client.RunSync(ctx, "ep", request, time.Second)), "create": createErr,
			"append": appendErr, "finalize": finalizeErr, "cancel of a batch": cancelErr,
		})
		for _, err := range []error{
			batchErr, requestsErr, batchesErr, createErr, appendErr, finalizeErr, cancelErr, workersErr, logErr,
			job(client.Run(ctx, "ep", request)), job(client.RunSync(ctx, "ep", request, time.Second)),
			known(client.Status(ctx, "ep", "job-1")), known(client.StatusSync(ctx, "ep", "job-1", time.Second)),
			known(client.Cancel(ctx, "ep", "job-1")), known(client.Retry(ctx, "ep", "job-1")), healthErr, streamErr, purgeErr,
		} {
			if err != nil {
				checkShown(t, err)
			}
		}
		if _, err := client.Run(ctx, "ep", request); err != nil && status >= 500 && !OutcomeUnknown(err) {
			t.Errorf("HTTP %d after a submission counts as nothing done", status)
		}
	})
}

func errorOf[T any](_ T, err error) error { return err }

// checkEssential asserts that a reply with the required members can be used, whatever
// else it contains.
func checkEssential(t *testing.T, status int, body []byte, byStatus, byID map[string]error) {
	t.Helper()
	var members map[string]json.RawMessage
	if status > 299 || json.Unmarshal(body, &members) != nil {
		return
	}
	for name, errs := range map[string]map[string]error{"status": byStatus, "id": byID} {
		var text *string
		if _, ok := members[name]; !ok || json.Unmarshal(members[name], &text) != nil || text == nil || *text == "" {
			continue
		}
		for op, err := range errs {
			if err != nil {
				t.Errorf("%s: %s has a %s and cannot be used: %v", op, body, name, err)
			}
		}
	}
}

// FuzzDecode gives any reply to the decoder of each operation, and asserts that
// it returns, that its error names no type of Go, and that it allocates no more
// than the size of the reply calls for.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"id":"J","status":"COMPLETED","output":{"a":[NaN,{"b":-Infinity}]},"error":{"message":"x","traceback":"y"}}`, `[1,1,1,"a",{"output":1}]`,
		`{"requests":[{"id":1},{"id":"x","error":"{\"error_message\":1}"},7],"total":"x"}`, `{"jobs":{"completed":1e999},"workers":[]}`, `{"removed":-1}`, `[[[[[[[[]]]]]]]]`,
		`{"error":"{'a': 'b', 'message': \"c\"}"}`, `{"createdAt":9e15,"id":5,"status":404}`, "", `{"a":`, `"\`, `-Infinity`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for name, decode := range decoders {
			var err error
			grown := leastAllocated(func() { err = decode(body, &fields{}) })
			if grown > maxAllocated(len(body)) {
				t.Errorf("%s: %d bytes are allocated for %d", name, grown, len(body))
			}
			if err != nil && (strings.Contains(err.Error(), "Go ") || strings.Contains(err.Error(), "json:") || strings.Contains(err.Error(), "runpod.")) && !bytes.Contains(body, []byte("json:")) && !bytes.Contains(body, []byte("runpod.")) && !bytes.Contains(body, []byte("Go ")) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

var (
	fuzzManagement, _ = NewManagement(Options{APIKey: fuzzKey})
	fuzzSecrets       = newSecretBook(fuzzKey)
)

// decoders are what reads the replies of all operations.
var decoders = map[string]func(body []byte, f *fields) error{
	"submission":     func(b []byte, f *fields) error { return errorOf(decodeJob(b, "", f)) },
	"job":            func(b []byte, f *fields) error { return errorOf(decodeJob(b, "job-1", f)) },
	"health":         func(b []byte, f *fields) error { return errorOf(decodeHealth(b, f)) },
	"purge":          func(b []byte, f *fields) error { return errorOf(decodePurge(b, f)) },
	"stream":         func(b []byte, f *fields) error { return errorOf(decodeStream(b, f)) },
	"batch":          func(b []byte, f *fields) error { return errorOf(decodeBatch(b, "b", f)) },
	"batch creation": func(b []byte, f *fields) error { return errorOf(decodeBatch(b, "", f)) },
	"batch requests": func(b []byte, f *fields) error { return errorOf(decodeBatchPage(b, 0, 10, f)) },
	"batches":        func(b []byte, f *fields) error { return errorOf(listIn(b, "batches", 0, 10, f)) },
	"append":         func(b []byte, _ *fields) error { idsIn(b, 3); return refusalIn(b) },
	"workers": func(b []byte, f *fields) error {
		return errorOf(decodeWorkers(b, fuzzSecrets, f))
	},
	"log line":  func(b []byte, _ *fields) error { fuzzManagement.logLine(sse.Event{Data: string(b)}); return nil },
	"cut reply": func(b []byte, _ *fields) error { firstID(b); return nil },
	"error":     func(b []byte, _ *fields) error { isAPIError(b); messageOf(b); return nil },
}

// maxAllocated is how much may be allocated for a reply: an element of two bytes
// becomes a chunk, and a list of these grows by doubling.
func maxAllocated(size int) uint64 { return 256<<10 + 200*uint64(size) } //nolint:gosec // a length

// leastAllocated returns how many bytes f allocates. What the rest of the process
// allocates meanwhile counts as well, so the least of several runs is taken where
// the first one seems too much.
func leastAllocated(f func()) uint64 {
	least := uint64(math.MaxUint64)
	for range 3 {
		before := allocated()
		f()
		if least = min(least, allocated()-before); least < 128<<10 {
			break
		}
	}
	return least
}

// allocated returns how many bytes have been allocated so far.
func allocated() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(sample)
	return sample[0].Value.Uint64()
}

// checkShown asserts that an error is one printable line.
func checkShown(t *testing.T, err error) {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("%T is no error of the client", err)
	}
	text := err.Error()
	if strings.Contains(text, fuzzKey) || len(text) > 2*maxMessage || !utf8.ValidString(text) || strings.ContainsAny(text, "\n\r") {
		t.Errorf("an error that cannot be shown: %q", text)
	}
}

// FuzzJobError asserts that the error of a job always has a message, and what the
// API sent.
func FuzzJobError(f *testing.F) {
	for _, seed := range []string{
		"job timed out after 1 retries", `{"error_type": "<class 'ValueError'>", "error_message": "kaboom", "error_traceback": "Traceback"}`,
		"handler: no memory \ntraceback: Traceback (most recent call last)", `{'message': "it's out\nof memory", 'type': 'worker_error', 'code': None}`,
		`{'a': 'b`, `{'`, `{'': ''}`, `{'a': {'message': 'x'}, 'message': 'y\'z'}`, `{"message":""}`, "\ntraceback: ", "", "null", `"a"`, `[1]`, "None", `{"a":[0,{"b":" "}]}`, "\u200b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		asString, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		forms := []json.RawMessage{asString}
		if json.Valid([]byte(text)) {
			forms = append(forms, json.RawMessage(text))
		}
		for _, raw := range forms {
			v, err := parseReply(raw)
			if err != nil {
				t.Fatal(err)
			}
			e := parseJobError(v)
			if e == nil {
				if !v.saysNothing() {
					t.Errorf("%q is no error", v.anyText())
				}
				continue
			}
			if e.Message == "" || len(e.Message) > MaxMessage || len(e.Traceback) > MaxTraceback || len(e.Raw) > MaxTraceback {
				t.Errorf("%s has no message, or a long one: %+v", raw, e)
			}
			if strings.ContainsFunc(e.Message+e.Type+e.Traceback+e.Raw, func(r rune) bool { return isControl(r) && r != '\n' && r != '\t' }) {
				t.Errorf("%q can be no text on a terminal: %+v", raw, e)
			}
			if !utf8.ValidString(e.Message + e.Type + e.Traceback + e.Raw) {
				t.Errorf("%s is not UTF-8: %+v", raw, e)
			}
			if len(e.Type) < 200 && strings.HasPrefix(e.Type, "<class '") && strings.HasSuffix(e.Type, "'>") && strings.Count(text, "<class '") == 1 {
				t.Errorf("type %q", e.Type)
			}
		}
	})
}

// FuzzMessageOf asserts that a server's message is one short line.
func FuzzMessageOf(f *testing.F) {
	for _, seed := range []string{
		"", "  \n", `{"status":401,"title":"Unauthorized","detail":"invalid api key"}`, `{"error":{"a":[1]}}`, `{"message":null,"title":"x"}`,
		"<html><title>a &lt;b&gt;\nc</title></html>", "<!DOCTYPE html><title>", "error code: 502", strings.Repeat("ä", 600), "\xff\xfe", `{"detail":"` + strings.Repeat("x", 600) + `"}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		text := messageOf(body)
		if text == "" || len(text) > maxMessage+200 || !utf8.ValidString(text) || strings.ContainsAny(text, "\n\r\t") {
			t.Errorf("%q became %q", body, text)
		}
	})
}

// FuzzRetryAfter asserts that the header is a pause that is never negative and,
// when it is a number of seconds, that number.
func FuzzRetryAfter(f *testing.F) {
	for i, seed := range []string{"", "0", "7", "1.5", "-1", "5m", "1h", "soon", "1e3", "0x10", "inf", "99999999999999999999", "Wed, 21 Oct 2015 07:28:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT"} {
		f.Add(seed, []string{"", "today", "Wed, 21 Oct 2015 07:28:00 GMT"}[i%3])
	}
	f.Fuzz(func(t *testing.T, header, date string) {
		pause := retryAfter(http.Header{"Retry-After": {header}, "Date": {date}})
		if pause < 0 {
			t.Errorf("%q is %s", header, pause)
		}
		if seconds, err := strconv.ParseUint(header, 10, 24); err == nil && pause != time.Duration(seconds)*time.Second {
			t.Errorf("%q is %s", header, pause)
		}
		if _, err := http.ParseTime(strings.TrimSpace(header)); err != nil && pause > 0 && strings.Trim(strings.TrimSpace(header), "0123456789.") != "" {
			t.Errorf("%q is %s", header, pause)
		}
	})
}
