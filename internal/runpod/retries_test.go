package runpod_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// failures are ways in which an exchange fails, each with the beginning of its row in
// the guide.
var failures = map[string]struct {
	row     string
	answer  answer
	unknown bool // it may have taken effect
}{
	"dial":      {"no connection", answer{err: errReset, dial: true}, false},
	"unsent":    {"no connection", answer{err: &net.OpError{Op: "write", Err: errReset}}, false},
	"429":       {"429", answer{status: 429, body: "slow down"}, false},
	"408":       {"408", answer{status: 408, body: `{"status":408,"title":"Request Timeout","detail":"too slow"}`}, false},
	"408 page":  {"408", answer{status: 408, body: "<html></html>"}, false},
	"500":       {"408", answer{status: 500, body: `{"error":"boom"}`}, true},
	"502 HTML":  {"408", answer{status: 502, body: "<html><head><title>502</title></head></html>"}, true},
	"403 page":  {"another 4xx", answer{status: 403, body: "<!DOCTYPE html><html><head><title>Just a moment...</title></head></html>"}, false},
	"401 JSON":  {"another 4xx", answer{status: 401, body: `{"message":"no valid token"}`}, false},
	"400 text":  {"another 4xx", answer{status: 400, body: "error code: 1010"}, false},
	"407":       {"another 4xx", answer{status: 407}, false},
	"reset":     {"a timeout", answer{err: errReset}, true},
	"another":   {"a timeout", answer{err: &net.OpError{Op: "write", Err: errReset}, written: true}, true}, // the write of something else on the connection
	"timeout":   {"a timeout", answer{delay: time.Hour}, true},
	"cut":       {"a reply that is cut off", answer{status: 200, body: `{"id":"job-`, cut: true}, true},
	"not JSON":  {"a reply that is cut off", answer{status: 200, body: "ok"}, true},
	"empty":     {"a reply that is cut off", answer{status: 200}, true},
	"200 error": {"a reply of HTTP 200", answer{status: 200, body: `{"error":"could not queue the job"}`}, false},
	"400":       {"400, 401, 403", answer{status: 400, body: `{"error":"no"}`}, false},
	"401":       {"400, 401, 403", answer{status: 401, body: `{"status":401,"title":"Unauthorized","detail":"invalid api key"}`}, false},
	"403":       {"400, 401, 403", answer{status: 403, body: `{"error":"forbidden"}`}, false},
	"422":       {"400, 401, 403", answer{status: 422, body: `{"detail":[{"msg":"no"}]}`}, false},
	"404":       {"404, 405, 501", answer{status: 404, body: `{"status":404,"title":"Not Found","detail":"job not found"}`}, false},
	"404 page":  {"404, 405, 501", answer{status: 404, body: "<html><head><title>404</title></head></html>"}, false},
	"405":       {"404, 405, 501", answer{status: 405}, false},
	"501":       {"404, 405, 501", answer{status: 501, body: "<html></html>"}, true},
	"redirect":  {"404, 405, 501", answer{status: 302, header: http.Header{"Location": {"https://elsewhere.example.com/"}}}, false},
	"too large": {"a reply that is larger", answer{status: 200, length: 1 << 40}, true},
	"proxy 407": {"a proxy that refuses", answer{err: runpod.ProxyRefusal(407), dial: true}, false},
	"proxy 503": {"no connection", answer{err: runpod.ProxyRefusal(503), dial: true}, false},
	"untrusted": {"a certificate", answer{err: &net.OpError{Op: "remote error", Err: errors.New("tls: certificate required")}}, false},
}

// retriesInGuide reads the two tables of the guide: the kinds of requests, and for each
// failure which of them are retried.
func retriesInGuide(t *testing.T) (kinds map[string]string, retried map[string]map[string]bool) {
	t.Helper()
	guide, err := os.ReadFile("../../templates/guides/retries-and-timeouts.md.tmpl")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(guide), "\n## What is retried\n")
	section, _, _ = strings.Cut(section, "\n## ")
	kinds, retried = make(map[string]string), make(map[string]map[string]bool)
	request := regexp.MustCompile("`([A-Z]+ /[^`]+)`")
	var columns []string
	for line := range strings.Lines(section) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case len(cells) == 2:
			for _, m := range request.FindAllStringSubmatch(cells[1], -1) {
				if kinds[m[1]] != "" {
					t.Errorf("the guide lists %s twice", m[1])
				}
				kinds[m[1]], _, _ = strings.Cut(cells[0], ":")
			}
		case len(cells) < 2 || strings.HasPrefix(cells[0], "-"):
		case columns == nil:
			columns = cells
		default:
			row := make(map[string]bool)
			for i, cell := range cells[1:] {
				if cell != "retried" && cell != "no" {
					t.Errorf("%s: neither retried nor no: %q", cells[0], cell)
				}
				row[columns[i+1]] = cell == "retried"
			}
			retried[cells[0]] = row
		}
	}
	return kinds, retried
}

// TestRetries compares the guide with what is sent, both ways: which requests there
// are, and for each of them and each failure, followed by a good reply, how many
// exchanges are made.
func TestRetries(t *testing.T) {
	t.Parallel()
	kinds, rows := retriesInGuide(t)
	calls := make(map[runpod.Operation]func(*testing.T, *script) error)
	for op, call := range operations {
		calls[op] = func(t *testing.T, s *script) error { return call(t.Context(), newClient(t, s)) }
	}
	for op, call := range managementOperations {
		calls[op] = func(t *testing.T, s *script) error { return call(t.Context(), newManagement(t, s)) }
	}
	for op := range runpod.AllOperations {
		if calls[op] == nil {
			t.Errorf("%s is not called here", op)
		}
	}
	kindOf := make(map[runpod.Operation]string)
	for op, call := range calls {
		s := &script{answers: []answer{{status: 200, body: success[op]}}}
		if err := call(t, s); err != nil {
			t.Fatalf("%s: %v", op, err)
		}
		route := s.requests[0].Method + " " + routeOf(s.requests[0].URL.Path)
		if kindOf[op] = kinds[route]; kindOf[op] == "" {
			t.Errorf("the guide does not list %s", route)
		}
		delete(kinds, route)
	}
	for route := range kinds {
		t.Errorf("the guide lists %s, which no operation sends", route)
	}
	if t.Failed() {
		t.FailNow()
	}
	// Where the reply is not documented, any reply of HTTP 200 that arrives whole is
	// good; what is no event of a log is a line of it.
	anyReply := []string{"not JSON", "empty"}
	good := map[runpod.Operation][]string{
		runpod.OpBatchAppend: anyReply, runpod.OpBatchFinalize: anyReply, runpod.OpBatchCancel: anyReply,
		runpod.OpWorkerLogs: append([]string{"200 error", "too large"}, anyReply...),
	}
	tested := make(map[string]bool)
	for name, failure := range failures {
		var row map[string]bool
		for text, r := range rows {
			if strings.HasPrefix(text, failure.row) {
				if row != nil {
					t.Errorf("the guide has several rows %q", failure.row)
				}
				row, tested[text] = r, true
			}
		}
		for op, call := range calls {
			retried, ok := row[kindOf[op]]
			if !ok {
				t.Errorf("the guide does not say whether %q is retried: %s", kindOf[op], failure.row)
			}
			t.Run(string(op)+"/"+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					s := &script{answers: []answer{failure.answer, {status: 200, body: success[op]}}}
					err := call(t, s)
					if slices.Contains(good[op], name) {
						if s.count() != 1 || err != nil {
							t.Errorf("%d exchanges, error %v", s.count(), err)
						}
						return
					}
					want := 1
					if retried {
						want = 2
					}
					if s.count() != want {
						t.Errorf("%d exchanges, want %d (error: %v)", s.count(), want, err)
					}
					if (err == nil) != retried {
						t.Errorf("got error %v", err)
					}
					// A job that /runsync waits for can be purged meanwhile.
					wantUnknown := failure.unknown || op == runpod.OpRunSync && name == "404"
					if err != nil && runpod.OutcomeUnknown(err) != wantUnknown {
						t.Errorf("outcome unknown: %v, want %v: %v", runpod.OutcomeUnknown(err), wantUnknown, err)
					}
				})
			})
		}
	}
	for text := range rows {
		if !tested[text] {
			t.Errorf("the row %q of the guide has no failure here", text)
		}
	}
}

// routeOf returns a path as the guide writes it, with {id} for the ids of the tests.
func routeOf(path string) string {
	path = strings.TrimPrefix(path, "/v2")
	path = strings.TrimPrefix(path, "/ep")
	for _, id := range []string{"job-1", "batch_1", "worker-1", "ep"} {
		path = strings.ReplaceAll(path, "/"+id, "/{id}")
	}
	return path
}

// managementOperations are operations of the management API.
var managementOperations = map[runpod.Operation]func(ctx context.Context, m *runpod.Management) error{
	runpod.OpWorkers: func(ctx context.Context, m *runpod.Management) error { _, err := m.Workers(ctx, "ep"); return err },
	runpod.OpWorkerLogs: func(ctx context.Context, m *runpod.Management) error {
		_, err := m.WorkerLogs(ctx, "ep", "worker-1", runpod.LogQuery{})
		return err
	},
}
