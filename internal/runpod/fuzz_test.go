package runpod

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
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

// FuzzReply lets the API answer anything to each operation, and asserts that
// what the client makes of it is whole, or an error that can be shown.
func FuzzReply(f *testing.F) {
	for _, seed := range []string{
		`{"id":"a-u1","status":"IN_QUEUE"}`, `{"delayTime":1,"executionTime":2.5,"id":"a","output":{"n":9007199254740993},"status":"COMPLETED"}`,
		`{"id":"a","status":"FAILED","error":{"type":"X","message":"y"},"output":null}`, `{"id":"a","status":5}`, `{"status":"IN_PROGRESS","stream":[{"output":1}]}`,
		`[{"output":"a","metrics":{}}]`, `{"removed":2,"status":"completed"}`, `{"jobs":{"inQueue":1},"workers":{"idle":null}}`, `{"error":"could not queue job"}`,
		`{"status":404,"title":"Not Found","detail":"job not found"}`, "<html><head><title>502 " + fuzzKey + "</title></head></html>", `{"id":"../x","status":"`, "", "null", `{"delayTime":1e400,"id":"a","status":"X"}`,
		`{"error":"` + fuzzKey + `"}`,
	} {
		for _, status := range []int{200, 400, 502} {
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
			if err == nil && (CheckID(job.ID) != nil || job.Status == "" || (job.Output != nil && !json.Valid(job.Output))) {
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
		for _, err := range []error{
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

// checkShown asserts that an error is one line that can be shown to anybody.
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
		`{'a': 'b`, `{'`, `{'': ''}`, `{'a': {'message': 'x'}, 'message': 'y\'z'}`, `{"message":""}`, "\ntraceback: ", "", "null", `"a"`, `[1]`,
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
			e := parseJobError(raw)
			if e == nil {
				if strings.TrimSpace(string(raw)) != "null" {
					t.Errorf("%s is no error", raw)
				}
				continue
			}
			if e.Raw != "" && e.Message == "" {
				t.Errorf("%s has no message: %+v", raw, e)
			}
			if !utf8.ValidString(e.Message + e.Type + e.Traceback + e.Raw) {
				t.Errorf("%s is not UTF-8: %+v", raw, e)
			}
			if strings.HasPrefix(e.Type, "<class '") && strings.HasSuffix(e.Type, "'>") && strings.Count(text, "<class '") == 1 {
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
