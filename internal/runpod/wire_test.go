package runpod_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// odd are values that no field of a reply should have, each with its JSON.
var odd = []string{`7`, `-7`, `7.5`, `1e300`, `-1e300`, `9223372036854775808`, `1e999`, `""`, `"1.2s"`, `"7"`, `true`, `null`, `{}`, `[]`, `{"a":[1]}`, `NaN`, `-Infinity`, `"\ud800"`}

// oneReply returns a client that is given one reply, and the fields that it drops.
func oneReply(t *testing.T, body string) (*runpod.Client, *[]string) {
	t.Helper()
	dropped := &[]string{}
	zero := 0
	return newClient(t, &script{answers: []answer{{status: 200, body: body}}}, func(o *runpod.Options) {
		o.MaxRetries = &zero
		o.OnEvent = func(_ context.Context, e runpod.Event) { *dropped = append(*dropped, e.Dropped...) }
	}), dropped
}

// TestOddFields: whatever an optional field contains, the rest of the reply is read,
// and that field is null.
func TestOddFields(t *testing.T) {
	t.Parallel()
	for field, one := range map[string]struct {
		reply string // with %s for the odd value
		read  func(ctx context.Context, c *runpod.Client) (string, error)
		want  string
		takes []string // values that are not odd for this field, with what comes of them
	}{
		"run, workerId":            {`{"id":"J","status":"IN_QUEUE","workerId":%s}`, runJob, "J IN_QUEUE", []string{`"1.2s"`, `"7"`, `"\ud800"`}},
		"run, status":              {`{"id":"J","status":%s}`, runJob, "J IN_QUEUE", []string{`"1.2s"`, `"7"`, `"\ud800"`}},
		"run, executionTime":       {`{"executionTime":%s,"id":"J","status":"IN_QUEUE"}`, runJob, "J IN_QUEUE", []string{`7`, `7.5`}},
		"status, executionTime":    {`{"id":"J","status":"COMPLETED","executionTime":%s,"output":{"a":1}}`, readJob, `J COMPLETED {"a":1}`, []string{`7`, `7.5`}},
		"status, delayTime":        {`{"delayTime":%s,"status":"COMPLETED","output":{"a":1}}`, readJob, `J COMPLETED {"a":1}`, []string{`7`, `7.5`}},
		"status, retries":          {`{"retries":%s,"status":"COMPLETED","output":{"a":1}}`, readJob, `J COMPLETED {"a":1}`, []string{`7`, `7.5`}},
		"status, workerId":         {`{"workerId":%s,"status":"COMPLETED","output":{"a":1}}`, readJob, `J COMPLETED {"a":1}`, []string{`"1.2s"`, `"7"`, `"\ud800"`}},
		"status, id":               {`{"id":%s,"status":"COMPLETED","output":{"a":1}}`, readJob, `J COMPLETED {"a":1}`, nil},
		"status, an unknown field": {`{"x":%s,"status":"COMPLETED","output":{"a":1}}`, readJob, `J COMPLETED {"a":1}`, nil},
		"status, another name":     {`{"Status":%s,"OUTPUT":%[1]s,"status":"COMPLETED","output":{"a":1},"STATUS":%[1]s}`, readJob, `J COMPLETED {"a":1}`, nil},
		"health, completed":        {`{"jobs":{"completed":%s,"inQueue":2},"workers":{"idle":1}}`, readHealth, "workers: 1 idle; jobs: 2 in queue", []string{`7`, `7.5`}},
		"health, idle":             {`{"jobs":{"inQueue":2},"workers":{"idle":%s,"ready":3}}`, readHealth, "workers: 3 ready; jobs: 2 in queue", []string{`7`, `7.5`}},
		"health, jobs":             {`{"jobs":%s,"workers":{"ready":3}}`, readHealth, "workers: 3 ready; jobs: no counts", nil},
		"health, workers":          {`{"jobs":{"inQueue":2},"workers":%s}`, readHealth, "workers: no counts; jobs: 2 in queue", nil},
		"purge, removed":           {`{"removed":%s,"status":"completed"}`, purge, "not told", []string{`7`, `7.5`}},
		"stream, metrics":          {`{"status":"IN_PROGRESS","stream":[{"output":"a","metrics":%s},{"output":"b"}]}`, readStream, `IN_PROGRESS "a" "b"`, nil},
		"stream, stream":           {`{"status":"IN_PROGRESS","stream":%s}`, readStream, `IN_PROGRESS`, []string{`[]`}},
		"stream, an element":       {`{"status":"IN_PROGRESS","stream":["a",{"output":"b"},{"x":%s}]}`, readStream, `IN_PROGRESS "a" "b" `, nil},
		"batch, requestTotal":      {`{"id":"b","status":"FINALIZED","requestTotal":%s,"requestFailed":1}`, readBatch, "FINALIZED, requests: 1 failed", []string{`7`, `7.5`}},
		"batch, requestFailed":     {`{"id":"b","status":"FINALIZED","requestTotal":2,"requestFailed":%s}`, readBatch, "FINALIZED, requests: 2 in all", []string{`7`, `7.5`}},
		"batch, createdAt":         {`{"id":"b","status":"FINALIZED","requestTotal":2,"createdAt":%s}`, readBatch, "FINALIZED, requests: 2 in all", nil},
		"batches, one of them":     {`{"batches":[{"id":"b","status":"DRAFT"},%s],"hasMore":false}`, listBatches, "b DRAFT", nil},
		"batches, hasMore":         {`{"batches":[{"id":"b","status":"DRAFT"}],"hasMore":%s,"total":1}`, listBatches, "b DRAFT", []string{`true`}},
		"requests, status":         {`{"requests":[{"id":"x","status":%s,"output":1}]}`, listRequests, "x  1", []string{`"1.2s"`, `"7"`, `"\ud800"`}},
		"requests, total":          {`{"requests":[{"id":"x","status":"FAILED"}],"total":%s}`, listRequests, "x FAILED ", nil},
		"requests, one of them":    {`{"requests":[%s,{"id":"x","status":"FAILED"}],"total":1}`, listRequests, "x FAILED ", nil},
		"requests, startedAt":      {`{"requests":[{"id":"x","status":"FAILED","startedAt":%s}]}`, listRequests, "x FAILED ", nil},
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			for _, value := range odd {
				if slices.Contains(one.takes, value) {
					continue
				}
				client, dropped := oneReply(t, fmt.Sprintf(one.reply, value))
				got, err := one.read(t.Context(), client)
				if err != nil || got != one.want {
					t.Errorf("%s: got %q, %v, want %q", value, got, err, one.want)
				}
				for _, d := range *dropped {
					if strings.Contains(d, "1.2s") {
						t.Errorf("a value is in the log: %q", *dropped)
					}
				}
			}
		})
	}
}

// TestDroppedFields_logged: ignored fields are named, without their values.
func TestDroppedFields_logged(t *testing.T) {
	t.Parallel()
	client, dropped := oneReply(t, `{"id":"J","status":"COMPLETED","executionTime":"secret","delayTime":1e300,"workerId":7,"retries":NaN}`)
	if _, err := client.Status(t.Context(), "ep", "J"); err != nil {
		t.Fatal(err)
	}
	if want := []string{"delayTime: out of range", "executionTime: a string", "workerId: a number", "retries: NaN"}; !slices.Equal(*dropped, want) {
		t.Errorf("got %q, want %q", *dropped, want)
	}
}

// TestDroppedStatuses_logged: an ignored status or id is logged, if the reply is usable
// without it.
func TestDroppedStatuses_logged(t *testing.T) {
	t.Parallel()
	for body, read := range map[string]func(ctx context.Context, c *runpod.Client) (string, error){
		`{"status":7,"stream":[{"output":1}]}`: readStream,
		`{"id":"b","status":7}`: func(ctx context.Context, c *runpod.Client) (string, error) {
			b, err := c.CreateBatch(ctx, "ep", chunkOf(`{"a":1}`))
			return b.ID, err
		},
		`{"batches":[{"id":"b","status":7}]}`:                       listBatches,
		`{"requests":[{"id":"x","status":7}]}`:                      listRequests,
		`{"id":"J","status":7}`:                                     runJob,
		`{"id":{"status":7},"status":"COMPLETED","output":{"a":1}}`: readJob,
		`{"id":[7],"status":"FINALIZED"}`:                           readBatch,
	} {
		client, dropped := oneReply(t, body)
		if _, err := read(t.Context(), client); err != nil || len(*dropped) != 1 || !strings.Contains((*dropped)[0], "status: a number") && !strings.Contains((*dropped)[0], "id: a") {
			t.Errorf("%s: got %q, %v", body, *dropped, err)
		}
	}
}

// TestIDs: an id of any form is kept.
func TestIDs(t *testing.T) {
	t.Parallel()
	for reply, want := range map[string]string{
		`"a.b"`: "a.b", `"a/b"`: "a/b", `".."`: "..", `"` + strings.Repeat("x", 4000) + `"`: strings.Repeat("x", 4000), `17`: "17", `"\u00e4"`: "ä", `9007199254740993`: "9007199254740993",
	} {
		client, _ := oneReply(t, `{"id":`+reply+`,"status":"IN_QUEUE"}`)
		if job, err := client.Run(t.Context(), "ep", aRequest); err != nil || job.ID != want {
			t.Errorf("%s: got %q, %v", reply, job.ID, err)
		}
		client, _ = oneReply(t, `{"id":`+reply+`,"status":"DRAFT"}`)
		if b, err := client.CreateBatch(t.Context(), "ep", chunkOf(`{"a":1}`)); err != nil || b.ID != want {
			t.Errorf("batch %s: got %q, %v", reply, b.ID, err)
		}
	}
	for _, reply := range []string{`""`, `null`, `{}`, `[1]`, `true`, `NaN`} {
		client, _ := oneReply(t, `{"id":`+reply+`,"status":"IN_QUEUE"}`)
		if _, err := client.Run(t.Context(), "ep", aRequest); !runpod.OutcomeUnknown(err) {
			t.Errorf("%s: got %v", reply, err)
		}
	}
}

// TestOutput_notJSON: a job with an output that is not JSON has ended, too.
func TestOutput_notJSON(t *testing.T) {
	t.Parallel()
	for output, want := range map[string]string{`NaN`: "NaN", `{"a":[1,-Infinity]}`: "-Infinity at .a[1]", `[NaN,{"b":Infinity}]`: "NaN at [0]"} {
		client, _ := oneReply(t, `{"id":"J","delayTime":5,"output":`+output+`,"status":"COMPLETED"}`)
		job, err := client.Status(t.Context(), "ep", "J")
		if err != nil || job.Status != runpod.StatusCompleted || job.Output != nil || job.OutputDefect != want || *job.DelayTime != 5 {
			t.Errorf("%s: got %+v, %v", output, job, err)
		}
		client, _ = oneReply(t, `{"status":"COMPLETED","stream":[{"output":1},{"output":`+output+`}]}`)
		page, err := client.Stream(t.Context(), "ep", "J", 1e9)
		if err != nil || len(page.Chunks) != 2 || string(page.Chunks[0].Output) != "1" || page.Chunks[1].Output != nil || page.Chunks[1].OutputDefect != want {
			t.Errorf("%s: got %+v, %v", output, page, err)
		}
		client, _ = oneReply(t, `{"requests":[{"id":"x","status":"COMPLETED","output":`+output+`},{"id":"y","output":2}],"total":2,"hasMore":false}`)
		requests, err := client.BatchRequests(t.Context(), "ep", "b", 0, 2)
		if err != nil || len(requests.Requests) != 2 || requests.Requests[0].OutputDefect != want || string(requests.Requests[1].Output) != "2" {
			t.Errorf("%s: got %+v, %v", output, requests, err)
		}
	}
	client, _ := oneReply(t, `{"id":"J","status":"FAILED","error":{"message":"diverged","loss":NaN}}`)
	if job, err := client.Status(t.Context(), "ep", "J"); err != nil || job.Error.Message != "diverged" || !strings.Contains(job.Error.Raw, "NaN") {
		t.Errorf("got %+v, %v", job, err)
	}
}

// TestJobError_empty: an error without content counts as none.
func TestJobError_empty(t *testing.T) {
	t.Parallel()
	for _, empty := range []string{
		`""`, `{}`, `[]`, `null`, `" \n"`, `{ }`, `false`, `"null"`, `"{}"`, `"None"`, `0`, `[{}]`, `["", null]`, `[[], {}]`, `{"message":""}`,
		`{"error_type":"","error_message":null,"error_traceback":" ","hostname":{}}`, `"{\"error_message\": \"\"}"`, `"[ ]"`, `[0, false]`,
	} {
		client, _ := oneReply(t, `{"id":"J","status":"COMPLETED","output":1,"error":`+empty+`}`)
		job, err := client.Status(t.Context(), "ep", "J")
		if err != nil || job.Error != nil {
			t.Errorf("%s: got %+v, %v", empty, job.Error, err)
		}
	}
	for _, full := range []string{`1`, `true`, `"0"`, `{"code":137}`, `[[1]]`, `{"message":"","type":"OutOfMemory"}`, `"{'message': ''}"`, `"nothing"`} {
		client, _ := oneReply(t, `{"id":"J","status":"FAILED","error":`+full+`}`)
		job, err := client.Status(t.Context(), "ep", "J")
		if err != nil || job.Error == nil || job.Error.Message == "" || job.Error.Raw == "" {
			t.Errorf("%s: got %+v, %v", full, job.Error, err)
		}
	}
}

// TestTimes: an implausible time of a batch is ignored.
func TestTimes(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]string{
		`1783584000000`: "2026-07-09T08:00:00Z", `1783584000000.5`: "2026-07-09T08:00:00Z", `1.783584e12`: "2026-07-09T08:00:00Z",
		`"2026-07-09T10:00:00+02:00"`: "2026-07-09T08:00:00Z", `"2026-07-09T08:00:00.25Z"`: "2026-07-09T08:00:00Z",
		`1783584000`: "", `1783584000000000`: "", `1783584000000000000`: "", `1e300`: "", `-1`: "", `0`: "", `"NaN"`: "", `NaN`: "", `""`: "",
		`"0001-01-01T00:00:00Z"`: "", `"9999-12-31T23:59:59Z"`: "", `"yesterday"`: "", `{"a":1}`: "",
	} {
		client, _ := oneReply(t, `{"id":"b","status":"FINALIZED","createdAt":`+sent+`}`)
		b, err := client.Batch(t.Context(), "ep", "b")
		got := ""
		if !b.CreatedAt.IsZero() {
			got = b.CreatedAt.UTC().Format("2006-01-02T15:04:05Z")
		}
		if err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", sent, got, err, want)
		}
	}
}

// TestReply_missingMembers: the error describes the reply in terms of the API
// and not of Go.
func TestReply_missingMembers(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`[]`, `"ok"`, `7`, `null`, `true`, `{}`, `NaN`, `{"status":{}}`, `{"jobs`} {
		for op, call := range operations {
			if op == runpod.OpBatchAppend || op == runpod.OpBatchCancel || op == runpod.OpBatchFinalize {
				continue // any reply counts
			}
			client, _ := oneReply(t, body)
			err := call(t.Context(), client)
			if err == nil && body != `[]` && body != `{}` && body != `{"status":{}}` {
				t.Errorf("%s: %s is accepted", op, body)
			}
			if err != nil && (strings.Contains(err.Error(), "Go ") || strings.Contains(err.Error(), "json:") || strings.Contains(err.Error(), "struct")) {
				t.Errorf("%s: %s: %v", op, body, err)
			}
		}
	}
}

// TestUnread: a status that is final in a reply without the result is not the result.
func TestUnread(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`{"id":"J","status":"COMPLETED"}`: true, `{"id":"J","status":"FAILED"}`: true, `{"id":"J","status":"TIMED_OUT","delayTime":1}`: true,
		`{"id":"J","status":"COMPLETED","output":1}`: false, `{"id":"J","status":"FAILED","error":"x"}`: false,
		`{"id":"J","status":"CANCELLED"}`: false, `{"id":"J","status":"IN_QUEUE"}`: false, `{"id":"J","status":"ON_HOLD"}`: false,
	} {
		for _, op := range []runpod.Operation{runpod.OpRun, runpod.OpCancel, runpod.OpRetry, runpod.OpStatus, runpod.OpStatusSync, runpod.OpRunSync} {
			client, _ := oneReply(t, body)
			var job runpod.Job
			var err error
			carries := false
			switch op {
			case runpod.OpRun:
				job, err = client.Run(t.Context(), "ep", aRequest)
			case runpod.OpCancel:
				job, err = client.Cancel(t.Context(), "ep", "J")
			case runpod.OpRetry:
				job, err = client.Retry(t.Context(), "ep", "J")
			case runpod.OpRunSync:
				job, err = client.RunSync(t.Context(), "ep", aRequest, 1e9)
				carries = true
			case runpod.OpStatusSync:
				job, err = client.StatusSync(t.Context(), "ep", "J", 1e9)
				carries = true
			default:
				job, err = client.Status(t.Context(), "ep", "J")
				carries = true
			}
			if err != nil || job.Unread != (want && !carries) {
				t.Errorf("%s, %s: unread %v, %v", op, body, job.Unread, err)
			}
		}
	}
}

// TestRunSync_error: an error of /runsync may be that of a job that ran, whose id is
// lost.
func TestRunSync_error(t *testing.T) {
	t.Parallel()
	for body, unknown := range map[string]bool{`{"error":"worker exited with code 137"}`: true, `{"error":"could not queue job"}`: false, `{"status":500,"detail":"oops"}`: true} {
		client, _ := oneReply(t, body)
		_, err := client.RunSync(t.Context(), "ep", aRequest, 1e9)
		if runpod.OutcomeUnknown(err) != unknown || strings.Contains(err.Error(), "queued nothing") == unknown {
			t.Errorf("%s: %v", body, err)
		}
	}
}

func runJob(ctx context.Context, c *runpod.Client) (string, error) {
	job, err := c.Run(ctx, "ep", aRequest)
	return job.ID + " " + string(job.Status), err
}

func readJob(ctx context.Context, c *runpod.Client) (string, error) {
	job, err := c.Status(ctx, "ep", "J")
	if job.ExecutionTime != nil || job.DelayTime != nil || job.Retries != nil || job.WorkerID != "" {
		return fmt.Sprintf("%+v", job), err
	}
	return job.ID + " " + string(job.Status) + " " + string(job.Output), err
}

func readHealth(ctx context.Context, c *runpod.Client) (string, error) {
	health, err := c.Health(ctx, "ep")
	return health.String(), err
}

func purge(ctx context.Context, c *runpod.Client) (string, error) {
	removed, err := c.PurgeQueue(ctx, "ep")
	if removed == nil {
		return "not told", err
	}
	return fmt.Sprint(*removed), err
}

func readStream(ctx context.Context, c *runpod.Client) (string, error) {
	page, err := c.Stream(ctx, "ep", "J", 1e9)
	text := string(page.Status)
	for _, chunk := range page.Chunks {
		text += " " + string(chunk.Output)
	}
	return text, err
}

func readBatch(ctx context.Context, c *runpod.Client) (string, error) {
	b, err := c.Batch(ctx, "ep", "b")
	if !b.CreatedAt.IsZero() {
		return b.CreatedAt.String(), err
	}
	return b.String(), err
}

func listBatches(ctx context.Context, c *runpod.Client) (string, error) {
	page, err := c.Batches(ctx, "ep", 0, 10)
	var all []string
	for _, b := range page.Batches {
		if b.ID == "b" {
			all = append(all, b.ID+" "+string(b.Status))
		}
	}
	if page.HasMore {
		all = append(all, "and more")
	}
	return strings.Join(all, ", "), err
}

func listRequests(ctx context.Context, c *runpod.Client) (string, error) {
	page, err := c.BatchRequests(ctx, "ep", "b", 0, 10)
	var all []string
	for _, r := range page.Requests {
		all = append(all, r.ID+" "+string(r.Status)+" "+string(r.Output))
	}
	return strings.Join(all, ", "), err
}
