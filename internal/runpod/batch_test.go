package runpod_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

func TestBatch_requests(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		op         runpod.Operation
		want, body string
	}{
		{runpod.OpBatchCreate, "POST /v2/ep/batch", `[{"input":{"a":1}}]`},
		{runpod.OpBatchAppend, "POST /v2/ep/batch/batch_1/requests", `{"requests":[{"input":{"a":1}}]}`},
		{runpod.OpBatchFinalize, "POST /v2/ep/batch/batch_1/finalize", "{}"},
		{runpod.OpBatchCancel, "POST /v2/ep/batch/batch_1/cancel", "{}"},
		{runpod.OpBatchGet, "GET /v2/ep/batch/batch_1", ""},
		{runpod.OpBatchList, "GET /v2/ep/batch?limit=50&offset=0", ""},
		{runpod.OpBatchRequests, "GET /v2/ep/batch/batch_1/requests?limit=50&offset=0", ""},
	} {
		s := &script{answers: []answer{{status: 200, body: success[tc.op]}}}
		if err := operations[tc.op](t.Context(), newClient(t, s)); err != nil {
			t.Errorf("%s: %v", tc.op, err)
			continue
		}
		if got := s.requests[0].Method + " " + s.requests[0].URL.RequestURI(); got != tc.want || s.bodies[0] != tc.body {
			t.Errorf("%s: %s %s", tc.op, got, s.bodies[0])
		}
	}
}

func TestBatchChunk(t *testing.T) {
	t.Parallel()
	s := &script{answers: []answer{{status: 200, body: success[runpod.OpBatchCreate]}, {status: 200}}}
	client := newClient(t, s)
	var chunk runpod.BatchChunk
	if _, err := client.CreateBatch(t.Context(), "ep", &chunk); err != nil || s.bodies[0] != "[]" {
		t.Errorf("an empty chunk: %s, %v", s.bodies[0], err)
	}
	input := []byte(`{"a":"` + strings.Repeat("x", 100_000) + `"}`)
	for chunk.Add(input) {
	}
	if chunk.Len() != 104 {
		t.Errorf("%d requests fit", chunk.Len())
	}
	if _, err := client.AppendBatch(t.Context(), "ep", "batch_1", &chunk); err != nil {
		t.Error(err)
	}
	var sent struct {
		Requests []struct{ Input json.RawMessage }
	}
	if err := json.Unmarshal([]byte(s.bodies[1]), &sent); err != nil || len(sent.Requests) != 104 || len(s.bodies[1]) > runpod.MaxBatchBody {
		t.Errorf("%d requests in %d bytes, %v", len(sent.Requests), len(s.bodies[1]), err)
	}
	chunk.Reset()
	if !chunk.Add([]byte(`{"b":2}`)) || chunk.Len() != 1 {
		t.Error("a chunk that was reset takes nothing")
	}
	_, _ = client.AppendBatch(t.Context(), "ep", "batch_1", &chunk)
	if s.bodies[2] != `{"requests":[{"input":{"b":2}}]}` {
		t.Error(s.bodies[2])
	}
	// The largest request that fits takes exactly the documented bytes.
	var full runpod.BatchChunk
	rest := runpod.MaxBatchBody - len(`{"requests":[,{"input":{"a":""}}]}`)
	if full.Add([]byte(`{"a":"`+strings.Repeat("x", rest+1)+`"}`)) || !full.Add([]byte(`{"a":"`+strings.Repeat("x", rest)+`"}`)) {
		t.Error("the limit is not exact")
	}
}

func TestBatch_replies(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ body, want string }{
		"documented":       {`{"id":"b","endpointId":"ep","status":"FINALIZED","requestTotal":1000,"requestInProgress":8,"requestCompleted":244,"requestFailed":6,"createdAt":1783584000000}`, "FINALIZED, requests: 1000 in all, 8 in progress, 244 completed, 6 failed 2026-07-09T08:00:00Z"},
		"a time in ISO":    {`{"id":"b","status":"DRAFT","createdAt":"2026-07-09T08:00:00Z"}`, "DRAFT, requests: no counts 2026-07-09T08:00:00Z"},
		"with a suffix":    {`{"id":"b","status":"DRAFT","createdAt":"2026-07-09T08:00:00Z-1"}`, "DRAFT, requests: no counts 2026-07-09T08:00:00Z"},
		"an unknown state": {`{"status":"OPEN"}`, "OPEN, requests: no counts 0001-01-01T00:00:00Z"},
	} {
		s := &script{answers: []answer{{status: 200, body: tc.body}}}
		b, err := newClient(t, s).Batch(t.Context(), "ep", "b")
		if got := fmt.Sprint(b, " ", b.CreatedAt.UTC().Format(time.RFC3339)); err != nil || got != tc.want || b.ID != "b" {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	for name, body := range map[string]string{
		"no status": `{"id":"b"}`, "an error": `{"error":"redis is away"}`, "a problem": `{"status":404,"detail":"x"}`, "an array": `[]`, "HTML": `<html>`,
	} {
		zero := 0
		s := &script{answers: []answer{{status: 200, body: body}}}
		client := newClient(t, s, func(o *runpod.Options) { o.MaxRetries = &zero })
		if b, err := client.Batch(t.Context(), "ep", "b"); err == nil {
			t.Errorf("%s: %v", name, b)
		}
	}
}

func TestBatchDone(t *testing.T) {
	t.Parallel()
	n := func(v int64) *int64 { return &v }
	for name, tc := range map[string]struct {
		batch runpod.Batch
		want  bool
	}{
		"all ended":    {runpod.Batch{Status: "FINALIZED", Total: n(3), Completed: n(2), Failed: n(1)}, true},
		"one runs":     {runpod.Batch{Status: "FINALIZED", Total: n(3), Completed: n(2), InProgress: n(1)}, false},
		"empty":        {runpod.Batch{Status: "FINALIZED", Total: n(0)}, false},
		"empty draft":  {runpod.Batch{Status: "DRAFT", Total: n(0)}, false},
		"no counters":  {runpod.Batch{Status: "FINALIZED"}, false},
		"unknown word": {runpod.Batch{Status: "RUNNING", Total: n(1), Completed: n(1)}, true},
	} {
		if got := tc.batch.Done(); got != tc.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestAppendReplies: any reply is a success unless it says that nothing was done; ids
// are taken from it if it has them.
func TestAppendReplies(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		"":                                     "[] <nil>",
		"OK":                                   "[] <nil>",
		"null":                                 "[] <nil>",
		`{"id":"b","status":"DRAFT"}`:          "[] <nil>",
		`{"requests":[{"id":"x"},{"id":"y"}]}`: "[x y] <nil>",
		`[{"id":"x"},{"id":"y"}]`:              "[x y] <nil>",
		`{"requests":["x","y"]}`:               "[x y] <nil>",
		`{"requests":[{"id":"x"}]}`:            "[] <nil>", // not one for each
		`{"requests":2}`:                       "[] <nil>",
		`{"error":"no room"}`:                  "[] batch-append on endpoint ep, batch b: the API answered HTTP 200 but queued nothing: no room",
	} {
		s := &script{answers: []answer{{status: 200, body: body}}}
		ids, err := newClient(t, s).AppendBatch(t.Context(), "ep", "b", chunkOf(`{"a":1}`, `{"a":2}`))
		if got := fmt.Sprint(ids, " ", err); got != want {
			t.Errorf("%s: %s", body, got)
		}
	}
}

func TestBatchPages(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`{"requests":[{"id":"x","status":"COMPLETED","output":9007199254740993,"startedAt":"2026-07-09T09:15:00Z"}],"total":3,"offset":0,"limit":1,"hasMore":true}`: "1 of 3, more: true",
		`{"requests":[{"id":"x"}],"total":3}`:                   "1 of 3, more: true",
		`{"requests":[{"id":"x"}],"total":1,"hasMore":false}`:   "1 of 1, more: false",
		`{"items":[{"id":"x","error":"boom"}],"hasMore":false}`: "1 of 0, more: false",
		`[{"id":"x"}]`:                 "1 of 0, more: true", // as many as were asked for
		`[]`:                           "0 of 0, more: false",
		`{"requests":[],"total":3}`:    "0 of 3, more: false",
		`{"requests":[{"status":"?"}]`: "error",
		`{"requests":[{}]}`:            "0 of 0, more: true", // nothing tells it from another
		`{"total":1}`:                  "error",
	} {
		zero := 0
		s := &script{answers: []answer{{status: 200, body: body}}}
		page, err := newClient(t, s, func(o *runpod.Options) { o.MaxRetries = &zero }).BatchRequests(t.Context(), "ep", "b", 0, 1)
		got := fmt.Sprintf("%d of %d, more: %v", len(page.Requests), page.Total, page.HasMore)
		if err != nil {
			got = "error"
		}
		if got != want {
			t.Errorf("%s: %s", body, got)
		}
		if strings.Contains(body, "9007199254740993") && string(page.Requests[0].Output) != "9007199254740993" {
			t.Errorf("got %s", page.Requests[0].Output)
		}
	}
}
