package runpod_test

import (
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// TestJobReplies decodes replies that were seen from the API.
func TestJobReplies(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body string
		status     runpod.Status
		output     string
		err        string // part of the error's message
	}{
		{"queued", `{"id":"a-u1","status":"IN_QUEUE"}`, runpod.StatusInQueue, "", ""},
		{"on a worker", `{"delayTime":61372,"id":"a-u1","status":"IN_PROGRESS","workerId":"z3"}`, runpod.StatusInProgress, "", ""},
		{"completed", `{"delayTime":1,"executionTime":2,"id":"a","output":{"n":9007199254740993},"status":"COMPLETED"}`, runpod.StatusCompleted, `{"n":9007199254740993}`, ""},
		{"completed without output", `{"id":"a","status":"COMPLETED"}`, runpod.StatusCompleted, "", ""},
		{"output on a failed job", `{"id":"a","status":"FAILED","error":"x","output":{"part":1}}`, runpod.StatusFailed, `{"part":1}`, ""},
		{"an unknown state", `{"id":"a","status":"PAUSED"}`, "PAUSED", "", ""},
		{"a problem under HTTP 200", `{"status":500,"title":"Oops","detail":"went wrong"}`, "", "", "went wrong"},
		{"an array", `[1]`, "", "", "not a job"},
		{"null", `null`, "", "", "null, and not a job"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			zero := 0
			client := newClient(t, &script{answers: []answer{{status: 200, body: tc.body}}}, func(o *runpod.Options) { o.MaxRetries = &zero })
			job, err := client.Status(t.Context(), "ep", "a")
			if tc.err != "" {
				e, ok := runpod.AsError(err)
				if !ok || !contains(e.Error(), tc.err) {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || job.Status != tc.status || string(job.Output) != tc.output {
				t.Errorf("got %+v, %v", job, err)
			}
		})
	}
}

func TestSubmissionWithoutID(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body string
		unknown    bool
	}{
		{"refused", `{"error":"could not queue job"}`, false},
		{"nothing but a status", `{"status":"IN_QUEUE"}`, true},
		{"empty object", `{}`, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := &script{answers: []answer{{status: 200, body: tc.body}}}
			_, err := newClient(t, s).Run(t.Context(), "ep", aRequest)
			if err == nil || runpod.OutcomeUnknown(err) != tc.unknown || s.count() != 1 {
				t.Errorf("got %v, unknown %v, %d exchanges", err, runpod.OutcomeUnknown(err), s.count())
			}
		})
	}
}

// TestErrorForms: the forms in which a failed job says why.
func TestErrorForms(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, raw, kind, message, traceback string }{
		{"plain", `"bad thing"`, "", "bad thing", ""},
		{"platform", `"job timed out after 1 retries"`, "", "job timed out after 1 retries", ""},
		{"a handler raised", `"{\"error_type\": \"<class 'ValueError'>\", \"error_message\": \"kaboom\", \"error_traceback\": \"Traceback\\nValueError: kaboom\"}"`, "ValueError", "kaboom", "Traceback\nValueError: kaboom"},
		{"a generator raised", `"handler: no memory \ntraceback: Traceback (most recent call last)"`, "", "no memory", "Traceback (most recent call last)"},
		{"Python repr", `"{'message': \"it's out\\nof memory\", 'type': 'worker_error', 'code': None}"`, "worker_error", "it's out\nof memory", ""},
		{"an object", `{"message":"no","type":"Bad"}`, "Bad", "no", ""},
		{"any JSON", `[1,2]`, "", "[1,2]", ""},
		{"a repr that is cut", `"{'message': 'abc"`, "", "{'message': 'abc", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			body := `{"id":"a","status":"FAILED","error":` + tc.raw + `}`
			job, err := newClient(t, &script{answers: []answer{{status: 200, body: body}}}).Status(t.Context(), "ep", "a")
			if err != nil || job.Error == nil {
				t.Fatalf("got %+v, %v", job, err)
			}
			if e := job.Error; e.Type != tc.kind || e.Message != tc.message || e.Traceback != tc.traceback {
				t.Errorf("got %+v", e)
			}
		})
	}
}

func TestStreamForms(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, body string
		status     runpod.Status
		chunks     int
	}{
		{"object", `{"status":"IN_PROGRESS","stream":[{"output":"a"},{"output":"b"}]}`, runpod.StatusInProgress, 2},
		{"nothing buffered", `{"status":"COMPLETED","stream":[]}`, runpod.StatusCompleted, 0},
		{"stream left out", `{"status":"COMPLETED"}`, runpod.StatusCompleted, 0},
		{"bare array", `[{"metrics":{"x":1},"output":{"text":[" How"]}}]`, "", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			page, err := newClient(t, &script{answers: []answer{{status: 200, body: tc.body}}}).Stream(t.Context(), "ep", "a", 1e9)
			if err != nil || page.Status != tc.status || len(page.Chunks) != tc.chunks {
				t.Errorf("got %+v, %v", page, err)
			}
		})
	}
}
