package runpod_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

func TestRetries_exhausted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []answer{{status: 503, body: "busy"}}}
		started := time.Now()
		_, err := newClient(t, s).Status(t.Context(), "ep", "job-1")
		if s.count() != 5 || err == nil || !strings.Contains(err.Error(), "after 5 attempts") {
			t.Errorf("%d exchanges, error %v", s.count(), err)
		}
		// 0.5, 1, 2 and 4 s, each with up to half taken off.
		if waited := time.Since(started); waited < 3750*time.Millisecond || waited > 7500*time.Millisecond {
			t.Errorf("waited %s", waited)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	t.Parallel()
	// date is what the server's clock shows after a while, when it is off by skew.
	date := func(skew, after time.Duration) func() string {
		return func() string { return time.Now().Add(skew + after).UTC().Format(http.TimeFormat) }
	}
	text := func(s string) func() string { return func() string { return s } }
	for _, tc := range []struct {
		name             string
		retryAfter, date func() string
		exchanges        int
		atLeast, atMost  time.Duration
	}{
		{"seconds are honoured", text("7"), text(""), 2, 7 * time.Second, 7 * time.Second},
		{"beyond retry_max_wait too", text("120"), text(""), 2, 2 * time.Minute, 2 * time.Minute},
		{"a date is honoured", date(0, 20*time.Second), text(""), 2, 19 * time.Second, 20 * time.Second},
		{"and with a date of the reply", date(0, 20*time.Second), date(0, 0), 2, 20 * time.Second, 20 * time.Second},
		{"of a clock that is ahead", date(time.Hour, 20*time.Second), date(time.Hour, 0), 2, 20 * time.Second, 20 * time.Second},
		{"of a clock that is behind", date(-time.Hour, 20*time.Second), date(-time.Hour, 0), 2, 20 * time.Second, 20 * time.Second},
		{"the reply's date is nonsense", date(0, 20*time.Second), text("today"), 2, 19 * time.Second, 20 * time.Second},
		{"a date that has passed", date(0, -20*time.Second), date(0, 0), 2, 0, 500 * time.Millisecond},
		{"seconds need no date", text("7"), date(time.Hour, 0), 2, 7 * time.Second, 7 * time.Second},
		{"an hour is an error", text("3600"), text(""), 1, 0, 0},
		{"a date in an hour is an error", date(-time.Hour, time.Hour), date(-time.Hour, 0), 1, 0, 0},
		{"nonsense is ignored", text("soon"), text(""), 2, 0, 500 * time.Millisecond},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []answer{
					{status: 429, header: http.Header{"Retry-After": {tc.retryAfter()}, "Date": {tc.date()}}},
					{status: 200, body: success[runpod.OpRun]},
				}}
				started := time.Now()
				_, err := newClient(t, s).Run(t.Context(), "ep", aRequest)
				if s.count() != tc.exchanges || (err == nil) != (tc.exchanges == 2) {
					t.Errorf("%d exchanges, error %v", s.count(), err)
				}
				if waited := time.Since(started); waited < tc.atLeast || waited > tc.atMost {
					t.Errorf("waited %s, want %s to %s", waited, tc.atLeast, tc.atMost)
				}
			})
		})
	}
}

func TestInterrupt_error(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []answer{{delay: time.Hour}}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := newClient(t, s).Status(ctx, "ep", "job-1")
		e, ok := runpod.AsError(err)
		if !ok || e.Reason != runpod.ReasonInterrupted || s.count() != 1 {
			t.Errorf("got %v after %d exchanges", err, s.count())
		}
	})
}

func TestRequest(t *testing.T) {
	t.Parallel()
	s := &script{answers: []answer{{status: 200, body: success[runpod.OpRun]}}}
	client := newClient(t, s, func(o *runpod.Options) {
		o.APIKey = "Bearer " + testKey
		o.BaseURL = "https://gateway.example.com/some/prefix/v2/"
		o.UserAgent = "agent/1"
		o.Headers = map[string]string{"X-Team": "blue"}
	})
	if _, err := client.Run(t.Context(), "ep", runpod.JobRequest{
		Input: []byte("{ \"n\" : 9007199254740993 }"), Webhook: "https://hook.example.com",
		Policy:   &runpod.Policy{TTL: 10000, ExecutionTimeout: 5000},
		S3Config: &runpod.S3Config{AccessID: "id", AccessSecret: "s", BucketName: "b", EndpointURL: "https://s3.example.com"},
	}); err != nil {
		t.Fatal(err)
	}
	r := s.requests[0]
	if got := r.Method + " " + r.URL.String(); got != "POST https://gateway.example.com/some/prefix/v2/ep/run" {
		t.Error(got)
	}
	for name, want := range map[string]string{"Authorization": "Bearer " + testKey, "User-Agent": "agent/1", "X-Team": "blue", "Content-Type": "application/json"} {
		if got := r.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	want := `{"input":{"n":9007199254740993},"webhook":"https://hook.example.com","policy":{"executionTimeout":5000,"ttl":10000},"s3Config":{"accessId":"id","accessSecret":"s","bucketName":"b","endpointUrl":"https://s3.example.com"}}`
	if s.bodies[0] != want {
		t.Errorf("body %s\nwant %s", s.bodies[0], want)
	}
}

func TestQueries(t *testing.T) {
	t.Parallel()
	s := &script{answers: []answer{{status: 200, body: `{"id":"j","status":"COMPLETED","stream":[]}`}}}
	client := newClient(t, s)
	ctx := t.Context()
	_, _ = client.RunSync(ctx, "ep", aRequest, 90*time.Second)
	_, _ = client.StatusSync(ctx, "ep", "j", time.Second)
	_, _ = client.Stream(ctx, "ep", "j", 10*time.Second)
	want := []string{"/v2/ep/runsync?wait=90000", "/v2/ep/status-sync/j?wait=1000", "/v2/ep/stream/j?wait=10000"}
	for i, r := range s.requests {
		if got := r.URL.RequestURI(); got != want[i] {
			t.Errorf("%s, want %s", got, want[i])
		}
	}
}

// TestErrors_noClientSecrets makes a server repeat the key and a header in every form
// of an error.
func TestErrors_noClientSecrets(t *testing.T) {
	t.Parallel()
	const header = "header-secret-value"
	echo := "you sent " + testKey + " and " + header
	for name, a := range map[string]answer{
		"problem":  {status: 400, body: `{"status":400,"detail":"` + echo + `"}`},
		"error":    {status: 400, body: `{"error":{"m":"` + echo + `"}}`},
		"text":     {status: 403, body: echo},
		"html":     {status: 403, body: "<html><title>" + echo + "</title></html>"},
		"refusal":  {status: 200, body: `{"error":"` + echo + `"}`},
		"not JSON": {status: 200, body: echo},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := newClient(t, &script{answers: []answer{a}}, func(o *runpod.Options) {
				o.Headers = map[string]string{"X-Secret": header}
			})
			_, err := client.Run(t.Context(), "ep", aRequest)
			if err == nil {
				t.Fatal("no error")
			}
			if text := err.Error(); strings.Contains(text, testKey) || strings.Contains(text, header) || !strings.Contains(text, "(redacted)") {
				t.Error(text)
			}
		})
	}
}

func TestBody_limit(t *testing.T) {
	t.Parallel()
	s := &script{answers: []answer{{status: 200, body: `{"x":"` + strings.Repeat("a", 2<<20) + `"}`}}}
	_, err := newClient(t, s).Health(t.Context(), "ep")
	if e, ok := runpod.AsError(err); !ok || e.Reason != runpod.ReasonTooLarge || s.count() != 1 {
		t.Errorf("got %v after %d exchanges", err, s.count())
	}
}

func TestIDs_invalid(t *testing.T) {
	t.Parallel()
	s := &script{answers: []answer{{status: 200, body: success[runpod.OpStatus]}}}
	client := newClient(t, s)
	for _, id := range []string{"", ".", "..", "a\nb", "a\x00", "\xff", strings.Repeat("a", 1025)} {
		if _, err := client.Status(t.Context(), "ep", id); err == nil || !strings.Contains(err.Error(), "it was not sent") {
			t.Errorf("job id %q was accepted: %v", id, err)
		}
		if _, err := client.Health(t.Context(), id); err == nil {
			t.Errorf("endpoint id %q was accepted", id)
		}
	}
	for _, id := range []string{"a/b", "a?b", "a#b", "a%2fb", "a b", "ä", strings.Repeat("a", 129)} {
		if _, err := client.Health(t.Context(), id); err == nil {
			t.Errorf("endpoint id %q was accepted", id)
		}
	}
	if s.count() > 0 {
		t.Errorf("%d requests were sent", s.count())
	}
}

// TestIDs_escaped: the API decides what the ids of its jobs look like.
func TestIDs_escaped(t *testing.T) {
	t.Parallel()
	for id, path := range map[string]string{
		"a.b": "/v2/ep/status/a.b", "a/b..": "/v2/ep/status/a%2Fb..", "a\\b": "/v2/ep/status/a%5Cb", "a?b#c": "/v2/ep/status/a%3Fb%23c", "a%2fb": "/v2/ep/status/a%252fb",
		"a b:ä": "/v2/ep/status/a%20b:%C3%A4", strings.Repeat("a", 1024): "/v2/ep/status/" + strings.Repeat("a", 1024), "...": "/v2/ep/status/...",
	} {
		s := &script{answers: []answer{{status: 200, body: `{"status":"IN_QUEUE"}`}}}
		job, err := newClient(t, s).Status(t.Context(), "ep", id)
		if err != nil || job.ID != id {
			t.Fatalf("%q: %+v, %v", id, job, err)
		}
		if got := s.requests[0].URL.EscapedPath(); got != path {
			t.Errorf("%q: the path is %s, want %s", id, got, path)
		}
	}
}

// TestIDs_pathTraversal: escaping a slash is not enough if a gateway unescapes a
// path before it cleans it.
func TestIDs_pathTraversal(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", ".", "..", "../purge-queue", "a/../../purge-queue", `..\purge-queue`, "a/.", "./a", "a\n", strings.Repeat("a", 1025)} {
		s := &script{answers: []answer{{status: 200, body: `{"status":"IN_QUEUE"}`}}}
		if _, err := newClient(t, s).Cancel(t.Context(), "ep", id); err == nil || s.count() > 0 {
			t.Errorf("%q: %d requests, %v", id, s.count(), err)
		}
	}
}

// TestAddressHint: the hint is only in errors that a wrong address can cause.
func TestAddressHint(t *testing.T) {
	t.Parallel()
	const hint = "that variable is not read"
	for name, tc := range map[string]struct {
		answer answer
		op     runpod.Operation
		want   bool
	}{
		"dial":        {answer{err: errReset, dial: true}, runpod.OpHealth, true},
		"timeout":     {answer{delay: time.Hour}, runpod.OpHealth, true},
		"not JSON":    {answer{status: 200, body: "ok"}, runpod.OpHealth, true},
		"401":         {answer{status: 401}, runpod.OpHealth, true},
		"no endpoint": {answer{status: 404, body: `{"detail":"endpoint not found"}`}, runpod.OpStatus, true},
		"no route":    {answer{status: 404}, runpod.OpHealth, true},
		"no job":      {answer{status: 404, body: `{"detail":"job not found"}`}, runpod.OpStatus, false},
		"400":         {answer{status: 400, body: `{"error":"no"}`}, runpod.OpHealth, false},
		"a page":      {answer{status: 403, body: "<html>"}, runpod.OpStatus, true},
		"500":         {answer{status: 500}, runpod.OpHealth, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				none := 0
				client, err := runpod.New(runpod.Options{
					APIKey: "rpa_x", AddressHint: hint, MaxRetries: &none, Transport: &script{answers: []answer{tc.answer}},
				})
				if err != nil {
					t.Fatal(err)
				}
				e, ok := runpod.AsError(operations[tc.op](t.Context(), client))
				if !ok || (e.AddressHint == hint) != tc.want {
					t.Errorf("got %+v, want the hint: %t", e, tc.want)
				}
			})
		})
	}
}

// TestStatus_noResponse: HTTP 101, after which the server may keep the
// connection open for ever, and HTTP 304 end a request at once, and once.
func TestStatus_noResponse(t *testing.T) {
	t.Parallel()
	for status, tc := range map[string]struct {
		unknown bool
		text    string
	}{
		"101 Switching Protocols": {true, "switches to another protocol"},
		"300 Multiple Choices":    {false, "neither answers nor says where"},
		"304 Not Modified":        {false, "neither answers nor says where"},
	} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			held := make(chan struct{})
			defer close(held)
			var requests atomic.Int32
			address := simtest.Raw(t, func(_ *http.Request, w io.Writer) {
				requests.Add(1)
				_, _ = io.WriteString(w, "HTTP/1.1 "+status+"\r\nConnection: Upgrade\r\nUpgrade: other\r\n\r\n")
				<-held
			})
			client, err := runpod.New(runpod.Options{APIKey: "rpa_x", BaseURL: "http://" + address, RequestTimeout: time.Second, RetryMinWait: time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			_, submitted := client.Run(t.Context(), "ep", aRequest)
			_, read := client.Health(t.Context(), "ep")
			for _, err := range []error{submitted, read} {
				if err == nil || runpod.OutcomeUnknown(err) != tc.unknown || !strings.Contains(err.Error(), tc.text) {
					t.Errorf("unknown outcome %v: %v", runpod.OutcomeUnknown(err), err)
				}
			}
			if n := requests.Load(); n != 2 {
				t.Errorf("%d requests", n)
			}
		})
	}
}
