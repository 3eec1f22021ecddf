package runpod_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

func newManagement(t *testing.T, transport http.RoundTripper) *runpod.Management {
	t.Helper()
	m, err := runpod.NewManagement(runpod.Options{APIKey: testKey, BaseURL: "https://api.example.com/v2", Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestWorkers reads lists of workers: what is documented, what is left out, and
// fields of unexpected types, which are missing and spoil nothing.
func TestWorkers(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body string
		want string // the list as JSON
	}{
		"documented": {
			`{"endpointVersion":4,"summary":{"running":1,"idle":1,"initializing":0,"throttled":0,"unhealthy":0,"total":2},"workers":[
				{"id":"8g3n5t6r","status":"RUNNING","isStale":false,"version":4,"gpuCount":1,"image":"my-org/worker:1.4","uptimeSeconds":3600,
				 "gpuTypeId":"NVIDIA GeForce RTX 4090","dataCenterId":"US-KS-2","startedAt":"2026-06-01T12:05:00Z"},
				{"id":"old","status":"IDLE","isStale":true,"version":3,"gpuCount":1}]}`,
			`version 4, 2 in all, stale 1: 8g3n5t6r RUNNING false 4 my-org/worker:1.4 3600 2026-06-01T12:05:00Z; old IDLE true 3  nil nil`,
		},
		"none":             {`{"endpointVersion":1,"summary":{"total":0},"workers":[]}`, `version 1, 0 in all, stale 0:`},
		"without versions": {`{"workers":[{"id":"a","status":"IDLE","isStale":null}]}`, `version nil, nil in all, stale nil: a IDLE nil nil  nil nil`},
		"odd fields": {
			`{"endpointVersion":"4","summary":[],"workers":[{"id":"a","status":7,"isStale":"no","version":1.5,"image":{},"uptimeSeconds":"1h","startedAt":12}]}`,
			`version nil, nil in all, stale nil: a  nil 1  nil nil`,
		},
		"no numbers": {
			`{"endpointVersion":NaN,"summary":{"total":Infinity,"idle":1e300,"running":-1,"stale":{}},"workers":[{"id":"a","uptimeSeconds":NaN,"startedAt":"1970-01-01T00:00:00Z","isStale":true},7,{"status":"IDLE","isStale":false},{"id":5}]}`,
			`version nil, nil in all, stale nil: a  true nil  nil nil;   nil nil  nil nil;  IDLE false nil  nil nil; 5  nil nil  nil nil`,
		},
		"other case": {`{"workers":[{"id":"a","ID":"b","status":"IDLE","Status":"X","isStale":false}],"Workers":[]}`, `version nil, nil in all, stale 0: a IDLE false nil  nil nil`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, err := newManagement(t, &script{answers: []answer{{status: 200, body: tc.body}}}).Workers(t.Context(), "ep")
			if err != nil {
				t.Fatal(err)
			}
			got := fmt.Sprintf("version %s, %s in all, stale %s:", show(w.EndpointVersion), show(w.Counts.Total), show(w.Stale()))
			for i, one := range w.Workers {
				separator := " "
				if i > 0 {
					separator = "; "
				}
				started := "nil"
				if !one.StartedAt.IsZero() {
					started = one.StartedAt.Format(time.RFC3339)
				}
				got += separator + strings.Join([]string{one.ID, string(one.Status), show(one.Stale), show(one.Version), one.Image, show(one.UptimeSeconds), started}, " ")
			}
			if got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

// TestWorkers_dropped: ignored members of a list are reported for the log, as for
// every other reply.
func TestWorkers_dropped(t *testing.T) {
	t.Parallel()
	var dropped []string
	m, err := runpod.NewManagement(runpod.Options{
		APIKey:    testKey,
		Transport: &script{answers: []answer{{status: 200, body: `{"endpointVersion":NaN,"summary":{"idle":"1"},"workers":[{"id":"a","status":7,"isStale":"no","startedAt":"soon"},{}]}`}}},
		OnEvent:   func(_ context.Context, e runpod.Event) { dropped = append(dropped, e.Dropped...) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := m.Workers(t.Context(), "ep"); err != nil {
		t.Fatal(err)
	}
	got := strings.Join(dropped, "; ")
	for _, want := range []string{"endpointVersion: NaN", "summary.idle: a string", "workers.status: a number", "workers.isStale: a string", "workers.startedAt: no plausible time", "workers.id: nothing"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is not in %q", want, got)
		}
	}
}

func show[T any](p *T) string {
	if p == nil {
		return "nil"
	}
	return fmt.Sprint(*p)
}

// TestWorkers_errors: a refusal names the worker operations and the API's words;
// a reply that lists nothing is unusable; every read is repeated like a GET.
func TestWorkers_errors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, tc := range map[string]struct {
			answer   answer
			want     string
			requests int
		}{
			"no permission":   {answer{status: 403, body: `{"title":"Forbidden","status":403,"detail":"access denied"}`}, "workers on endpoint ep: HTTP 403 Forbidden: access denied", 1},
			"overloaded":      {answer{status: 503, body: `{"title":"Unavailable","status":503}`}, "HTTP 503", 5},
			"not a list":      {answer{status: 200, body: `{"releases":[]}`}, "it is not a list of workers", 5},
			"a gateway's":     {answer{status: 200, body: "<html><title>Welcome</title></html>"}, "HTML page", 5},
			"cannot be found": {answer{dial: true, err: errReset}, "the connection failed", 5},
		} {
			s := &script{answers: []answer{tc.answer}}
			_, err := newManagement(t, s).Workers(t.Context(), "ep")
			if err == nil || !strings.Contains(err.Error(), tc.want) || s.count() != tc.requests {
				t.Errorf("%s: got %v after %d requests, want %q after %d", name, err, s.count(), tc.want, tc.requests)
			}
			for _, r := range s.requests {
				if r.Method != http.MethodGet || r.URL.Path != "/v2/serverless/ep/workers" || r.Header.Get("Authorization") != "Bearer "+testKey {
					t.Errorf("%s: %s %s", name, r.Method, r.URL)
				}
			}
		}
	})
}

// stream is a server that answers with a body that has no end.
type stream struct{ body io.ReadCloser }

func (s stream) RoundTrip(req *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{}, Body: s.body, Request: req}, nil
}

// TestWorkerLogs reads streams that end, fall silent, never end, are huge, or
// break off. What was read is never lost.
func TestWorkerLogs(t *testing.T) {
	event := func(id, data string) string { return "id: " + id + "\ndata: " + data + "\n\n" }
	line := func(n int) string {
		return event("2026-06-01T12:05:00.5Z-1", fmt.Sprintf(`{"ts":"2026-06-01T12:05:00Z","source":"container","line":"line %d"}`, n))
	}
	for name, tc := range map[string]struct {
		write func(w io.Writer) // into the stream, until it fails
		lines int
		last  string
		took  time.Duration
	}{
		"a backfill, then silence": {func(w io.Writer) { _, _ = io.WriteString(w, line(1)+line(2)) }, 2, "line 2", runpod.LogIdle},
		"nothing at all":           {func(io.Writer) {}, 0, "", runpod.LogIdle},
		"lines that never end": {func(w io.Writer) {
			for n := 1; ; n++ {
				if _, err := io.WriteString(w, line(n)); err != nil {
					return
				}
				time.Sleep(400 * time.Millisecond)
			}
		}, 13, "line 13", runpod.LogTimeout},
		"100 MB": {func(w io.Writer) {
			for n := 1; n < 1000; n++ {
				if _, err := io.WriteString(w, event("x", `{"line":"`+strings.Repeat("a", 100_000)+`"}`)); err != nil {
					return
				}
			}
		}, 10, strings.Repeat("a", 100_000), 0},
		"not JSON, and no time": {func(w io.Writer) { _, _ = io.WriteString(w, event("?", "plain words")) }, 1, "plain words", runpod.LogIdle},
		"with the key in it":    {func(w io.Writer) { _, _ = io.WriteString(w, event("?", "the key is "+testKey)) }, 1, "the key is (redacted)", runpod.LogIdle},
		"half an event":         {func(w io.Writer) { _, _ = io.WriteString(w, line(1)+"data: {") }, 1, "line 1", runpod.LogIdle},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				body, w := io.Pipe()
				var writing sync.WaitGroup
				writing.Go(func() { tc.write(w) })
				defer writing.Wait()
				started := time.Now()
				lines, err := newManagement(t, stream{body}).WorkerLogs(t.Context(), "ep", "w1", runpod.LogQuery{Tail: 100})
				if err != nil {
					t.Fatal(err)
				}
				took := time.Since(started)
				if len(lines) != tc.lines || took != tc.took {
					t.Errorf("got %d lines after %s, want %d after %s", len(lines), took, tc.lines, tc.took)
				}
				if tc.lines > 0 && lines[len(lines)-1].Line != tc.last {
					t.Errorf("the last line is %.100q", lines[len(lines)-1].Line)
				}
			})
		})
	}
}

// TestWorkerLogs_success: every HTTP 2xx is a stream, as it is for the other
// operations.
func TestWorkerLogs_success(t *testing.T) {
	t.Parallel()
	for _, status := range []int{200, 201, 202, 204, 206, 295} {
		lines, err := newManagement(t, &script{answers: []answer{{status: status, body: "data: {\"line\":\"x\"}\n\n"}}}).WorkerLogs(t.Context(), "ep", "w1", runpod.LogQuery{})
		if err != nil || len(lines) != 1 {
			t.Errorf("HTTP %d: %v, %v", status, lines, err)
		}
	}
}

// TestWorkerLogs_query: the source, and either a time or a number of lines.
func TestWorkerLogs_query(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 6, 1, 12, 0, 0, 500, time.UTC)
	for _, tc := range []struct {
		query runpod.LogQuery
		want  string
	}{
		{runpod.LogQuery{Tail: 20}, "tail=20"},
		{runpod.LogQuery{Tail: 20, Since: since}, "since=2026-06-01T12%3A00%3A00.0000005Z"},
		{runpod.LogQuery{Source: runpod.LogSystem}, "source=system&tail=0"},
	} {
		s := &script{answers: []answer{{status: 200}}}
		if _, err := newManagement(t, s).WorkerLogs(t.Context(), "ep", "w1", tc.query); err != nil {
			t.Fatal(err)
		}
		if got := s.requests[0].URL; got.Path != "/v2/serverless/ep/workers/w1/logs" || got.RawQuery != tc.want || s.requests[0].Header.Get("Accept") != "text/event-stream" {
			t.Errorf("got %s, want %s", got, tc.want)
		}
	}
}

// TestWorkerLogs_errors: a refusal is an error, and so is a stream that breaks
// before its first line.
func TestWorkerLogs_errors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, tc := range map[string]struct {
			answer answer
			want   string
		}{
			"no permission": {answer{status: 403, body: `{"detail":"access denied"}`}, "worker-logs on endpoint ep, worker w1: HTTP 403 Forbidden: access denied"},
			"unknown":       {answer{status: 404, body: `{"detail":"worker not found"}`}, "worker not found"},
			"cut":           {answer{status: 200, cut: true}, "the stream was cut off"},
			"a page":        {answer{status: 200, body: "<html><title>Sign in</title></html>", header: http.Header{"Content-Type": {"Text/HTML; charset=utf-8"}}}, `an HTML page titled "Sign in"`},
		} {
			_, err := newManagement(t, &script{answers: []answer{tc.answer}}).WorkerLogs(t.Context(), "ep", "w1", runpod.LogQuery{})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: got %v, want %q", name, err, tc.want)
			}
		}
	})
}

// TestManagementTexts: what the API says about workers and what they print can be
// shown: no secret of the client, nothing that a terminal acts on, no count below 0.
func TestManagementTexts(t *testing.T) {
	t.Parallel()
	hostile := `x\u001b[31m\u202ey ` + testKey
	body := `{"endpointVersion":-1,"summary":{"idle":-5},"workers":[{"id":"` + hostile + `","status":"` + hostile + `","image":"` + hostile +
		`","gpuTypeId":"` + hostile + `","dataCenterId":"` + hostile + `","uptimeSeconds":-1}]}`
	s := &script{answers: []answer{{status: 200, body: body}, {status: 200, body: `data: {"source":"` + hostile + `","line":"` + hostile + `"}` + "\n\n"}}}
	m := newManagement(t, s)
	workers, err := m.Workers(t.Context(), "ep")
	if err != nil {
		t.Fatal(err)
	}
	lines, err := m.WorkerLogs(t.Context(), "ep", "worker-1", runpod.LogQuery{Tail: 1})
	if err != nil || len(lines) != 1 || len(workers.Workers) != 1 {
		t.Fatalf("%+v, %+v, %v", workers, lines, err)
	}
	w := workers.Workers[0]
	if workers.EndpointVersion != nil || workers.Counts.Idle != nil || w.UptimeSeconds != nil {
		t.Errorf("%+v", workers)
	}
	for _, text := range []string{w.ID, string(w.Status), w.Image, w.GPUTypeID, w.DataCenterID, lines[0].Line, string(lines[0].Source)} {
		if !strings.HasPrefix(text, "x") || strings.Contains(text, testKey) || strings.ContainsAny(text, "\x1b\u202e") {
			t.Errorf("%q", text)
		}
	}
}

// TestManagementRedirect: the argument to check is the one for this API.
func TestManagementRedirect(t *testing.T) {
	t.Parallel()
	for _, status := range []int{302, 304} {
		m := newManagement(t, &script{answers: []answer{{status: status, header: http.Header{"Location": {"https://elsewhere.example.com/"}}}}})
		if _, err := m.Workers(t.Context(), "ep"); err == nil || !strings.HasSuffix(err.Error(), "Check management_base_url") {
			t.Errorf("HTTP %d: %v", status, err)
		}
	}
}

// TestWorkerLogs_time reads the time of a line in the forms that the API mixes: in
// the line, as text or in milliseconds, or at the start of the event's id.
func TestWorkerLogs_time(t *testing.T) {
	t.Parallel()
	const noon = "2026-06-01T12:00:00Z"
	for event, want := range map[string]string{
		`data: {"ts":"2026-06-01T12:00:00Z","line":"x"}`:                             noon,
		`data: {"ts":"2026-06-01T12:00:00Z-1","line":"x"}`:                           noon,
		`data: {"ts":"2026-06-01T14:00:00+02:00","line":"x"}`:                        noon,
		`data: {"ts":1780315200000,"line":"x"}`:                                      noon,
		"id: 2026-06-01T12:00:00Z-17\n" + `data: {"line":"x"}`:                       noon,
		"id: 2026-06-01T12:00:00Z-17\n" + `data: {"ts":"soon","line":"x"}`:           noon,
		"id: 2026-06-01T12:00:00Z\ndata: plain words":                                noon,
		"id: 17\n" + `data: {"ts":"1970-01-01T00:00:00Z","line":"x"}`:                "none",
		"id: 2026-13-01T12:00:00Z\n" + `data: {"ts":1780315200,"line":"in seconds"}`: "none",
	} {
		s := &script{answers: []answer{{status: 200, body: event + "\n\n"}}}
		lines, err := newManagement(t, s).WorkerLogs(t.Context(), "ep", "w1", runpod.LogQuery{})
		if err != nil || len(lines) != 1 {
			t.Errorf("%s: %v, %v", event, lines, err)
			continue
		}
		got := "none"
		if at := lines[0].Time; !at.IsZero() {
			got = at.UTC().Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%s: %s, want %s", event, got, want)
		}
	}
}
