package simulator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// batch creates a batch with these inputs and returns its id.
func (a *api) batch(inputs ...string) string {
	a.t.Helper()
	reply := a.call(200, "POST", "demo/batch", "["+requestsOf(inputs)+"]")
	if len(reply) != 2 || reply["status"] != "DRAFT" {
		a.t.Errorf("created: %v", reply)
	}
	id, _ := reply["id"].(string)
	return id
}

func requestsOf(inputs []string) string {
	var all []string
	for _, input := range inputs {
		all = append(all, `{"input":`+input+`}`)
	}
	return strings.Join(all, ",")
}

func TestBatchLifeCycle(t *testing.T) {
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Workers: 2}}}, func(a *api) {
		id := a.batch()
		if b := a.call(200, "GET", "demo/batch/"+id, ""); b["status"] != "DRAFT" || b["requestTotal"] != 0.0 {
			t.Error(b)
		}
		a.call(200, "POST", "demo/batch/"+id+"/requests", `{"requests":[`+requestsOf([]string{`{"mock_delay":5,"mock_return":1}`, `{"mock_delay":5,"mock_error":true}`, `{"mock_return":9007199254740993}`})+`]}`)
		time.Sleep(time.Minute) // no request of a draft runs
		if got := a.Batches("demo")[0]; got.Runs != 0 || len(got.Inputs) != 3 {
			t.Errorf("%+v", got)
		}
		a.call(200, "POST", "demo/batch/"+id+"/finalize", "")
		time.Sleep(time.Second)
		b := a.call(200, "GET", "demo/batch/"+id, "")
		if b["status"] != "FINALIZED" || b["requestTotal"] != 3.0 || b["requestInProgress"] != 2.0 || b["requestCompleted"] != 0.0 || b["endpointId"] != "demo" {
			t.Error(b)
		}
		if at, ok := b["createdAt"].(float64); !ok || at < 9e11 {
			t.Errorf("createdAt %v is not in milliseconds", b["createdAt"])
		}
		time.Sleep(5 * time.Second)
		b = a.call(200, "GET", "demo/batch/"+id, "")
		if b["status"] != "FINALIZED" || b["requestCompleted"] != 2.0 || b["requestFailed"] != 1.0 || b["requestInProgress"] != 0.0 {
			t.Error(b)
		}
		page := a.call(200, "GET", "demo/batch/"+id+"/requests?offset=0&limit=2", "")
		list, _ := page["requests"].([]any)
		if len(list) != 2 || page["total"] != 3.0 || page["offset"] != 0.0 || page["limit"] != 2.0 || page["hasMore"] != true {
			t.Fatal(page)
		}
		first, _ := list[0].(map[string]any)
		started, err := time.Parse(time.RFC3339, fmt.Sprint(first["startedAt"]))
		if err != nil || started.IsZero() || first["status"] != "COMPLETED" || first["output"] != 1.0 || !strings.HasPrefix(fmt.Sprint(first["id"]), "req_") {
			t.Error(first)
		}
		if page := a.call(200, "GET", "demo/batch/"+id+"/requests?offset=2&limit=2", ""); page["hasMore"] != false {
			t.Error(page)
		}
		// The requests are not jobs of the endpoint and do not expire like jobs.
		time.Sleep(time.Hour)
		a.call(404, "GET", "demo/status/"+fmt.Sprint(first["id"]), "")
		a.call(200, "GET", "demo/batch/"+id, "")
	})
}

func TestBatch_errors(t *testing.T) {
	bubble(t, simulator.Options{Choices: simulator.Choices{BatchWrongState: 409, BatchLimitStatus: 429}}, func(a *api) {
		for _, body := range []string{`{"requests":[]}`, `{}`, `no`, `[{"input":[1]}]`, `[{}]`} {
			a.call(400, "POST", "demo/batch", body)
		}
		id := a.batch(`{"a":1}`)
		path := "demo/batch/" + id
		for _, body := range []string{`[{"input":{"a":1}}]`, `no`, `{"requests":[{"input":"x"}]}`} {
			a.call(400, "POST", path+"/requests", body)
		}
		large := `{"requests":[{"input":{"a":"` + strings.Repeat("x", 10<<20) + `"}}]}`
		if got := a.call(400, "POST", path+"/requests", large)["detail"]; got != "bad request: body: exceeded max body size of 10MiB" {
			t.Error(got)
		}
		full := make([]string, 5000)
		for i := range full {
			full[i] = `{"a":1}`
		}
		if got := a.call(400, "POST", path+"/requests", `{"requests":[`+requestsOf(full)+`]}`)["detail"]; !strings.Contains(fmt.Sprint(got), "at most 5000") {
			t.Error(got)
		}
		a.call(200, "PUT", path, `{"name":"nightly"}`)
		if got := a.Batches("demo")[0]; got.Name != "nightly" || len(got.Inputs) != 1 {
			t.Errorf("%+v", got)
		}
		a.call(404, "DELETE", path+"/requests/other", "")
		a.call(200, "DELETE", path+"/requests/"+a.Batches("demo")[0].RequestIDs[0], "")
		a.call(200, "POST", path+"/finalize", "")
		a.call(409, "POST", path+"/finalize", "")
		a.call(409, "POST", path+"/requests", `{"requests":[{"input":{"a":1}}]}`)
		a.call(409, "DELETE", path+"/requests/other", "")
		a.call(404, "GET", "demo/batch/other", "")
		a.call(404, "POST", "demo/batch/other/cancel", "")
		for range 10 {
			a.batch()
		}
		a.call(429, "POST", "demo/batch", "[]")
		if got := a.Journal().Op("batch-create").Accepted(); len(got) != 11 || got[0].JobID != id {
			t.Errorf("%d created, the first %s", len(got), got[0].JobID)
		}
	})
}

func TestBatchQueueLimit(t *testing.T) {
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Throttled: 1}}}, func(a *api) {
		full := strings.Repeat(`{"input":{"a":1}},`, 5000)
		for n := range 10 {
			id, _ := a.call(200, "POST", "demo/batch", "["+strings.TrimSuffix(full, ",")+"]")["id"].(string)
			a.call(200, "POST", "demo/batch/"+id+"/finalize", "")
			if n == 0 {
				a.run(`{"a":1}`)
				a.PurgeQueue("demo") // removes jobs, but not requests of batches
			}
		}
		a.run(`{"a":1}`)
		a.CancelBatch("demo", a.Batches("demo")[0].ID)
		id, _ := a.call(200, "POST", "demo/batch", "["+strings.TrimSuffix(full, ",")+"]")["id"].(string)
		a.call(400, "POST", "demo/batch/"+id+"/finalize", "")
	})
}

func TestBatchCancel(t *testing.T) {
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Workers: 1}}}, func(a *api) {
		id := a.batch(`{"mock_delay":60}`, `{"mock_return":1}`)
		a.call(200, "POST", "demo/batch/"+id+"/finalize", "")
		a.call(200, "POST", "demo/batch/"+id+"/cancel", "")
		// Queued requests are cancelled at once, running ones run to their end.
		if got := a.Batches("demo")[0]; got.Status != "FINALIZED" || got.States[0] != "IN_PROGRESS" || got.States[1] != "CANCELLED" {
			t.Errorf("%+v", got)
		}
		time.Sleep(61 * time.Second)
		if got := a.Batches("demo")[0]; got.Status != "CANCELLED" || got.States[0] != "COMPLETED" || got.Runs != 1 {
			t.Errorf("%+v", got)
		}
		a.call(400, "POST", "demo/batch/"+id+"/cancel", "")
		draft := a.batch(`{"a":1}`)
		a.call(200, "POST", "demo/batch/"+draft+"/cancel", "")
		if got := a.Batches("demo")[1]; got.Status != "CANCELLED" || got.States[0] != "CANCELLED" {
			t.Errorf("%+v", got)
		}
		health, _ := a.call(200, "GET", "demo/health", "")["jobs"].(map[string]any)
		if health["inQueue"] != 0.0 || health["inProgress"] != 0.0 {
			t.Error(health)
		}
	})
}

func TestBatchChoices(t *testing.T) {
	bubble(t, simulator.Options{Choices: simulator.Choices{BatchReply: simulator.BatchReplyIDs, BatchOrder: simulator.BatchOrderNewest, BatchListArray: true}}, func(a *api) {
		id := a.batch(`{"n":0}`)
		reply := a.call(200, "POST", "demo/batch/"+id+"/requests", `{"requests":[{"input":{"n":1}},{"input":{"n":2}}]}`)
		added, _ := json.Marshal(reply["requests"])
		ids := a.Batches("demo")[0].RequestIDs
		if want := fmt.Sprintf(`[{"id":%q,"status":"IN_QUEUE"},{"id":%q,"status":"IN_QUEUE"}]`, ids[1], ids[2]); string(added) != want {
			t.Errorf("%s, want %s", added, want)
		}
		page := a.call(200, "GET", "demo/batch/"+id+"/requests", "")
		list, _ := page["requests"].([]any)
		if first, _ := list[0].(map[string]any); first["id"] != ids[2] {
			t.Error(page)
		}
		if reply := a.call(200, "GET", "demo/batch", ""); len(reply) != 0 { // an array
			t.Error(reply)
		}
	})
	bubbleReply := func(reply simulator.BatchReply, code int) {
		t.Run(string(reply), func(t *testing.T) {
			bubble(t, simulator.Options{Choices: simulator.Choices{BatchReply: reply}}, func(a *api) {
				id := a.batch()
				for _, op := range []string{"requests", "finalize", "cancel"} {
					body := ""
					if op == "requests" {
						body = `{"requests":[{"input":{"mock_delay":9}}]}`
					}
					if reply := a.call(code, "POST", "demo/batch/"+id+"/"+op, body); len(reply) > 0 {
						t.Errorf("%s: %v", op, reply)
					}
				}
			})
		})
	}
	bubbleReply(simulator.BatchReplyEmpty, 204)
	bubbleReply(simulator.BatchReplyText, 200)
}

func TestBatchFaults(t *testing.T) {
	bubble(t, simulator.Options{}, func(a *api) {
		a.Inject(simulator.Fault{Op: "batch-create", Kind: simulator.CutAfter, Times: 1})
		if _, _, err := a.try("POST", "demo/batch", "[]"); err == nil || len(a.Batches("demo")) != 1 {
			t.Errorf("%v, %d batches", err, len(a.Batches("demo")))
		}
		id := a.Batches("demo")[0].ID
		a.Inject(simulator.Fault{Op: "batch-append", Kind: simulator.CutBefore, Times: 1})
		if _, _, err := a.try("POST", "demo/batch/"+id+"/requests", `{"requests":[{"input":{"a":1}}]}`); err == nil || len(a.Batches("demo")[0].Inputs) != 0 {
			t.Errorf("%v", err)
		}
		a.Inject(simulator.Fault{Op: "batch-finalize", Kind: simulator.EmptyBody, Times: 1})
		if reply := a.call(200, "POST", "demo/batch/"+id+"/finalize", ""); len(reply) > 0 || a.Batches("demo")[0].Status != "FINALIZED" {
			t.Error(reply)
		}
		if x := a.Journal().Op("batch-finalize")[0]; x.JobID != id || x.Endpoint != "demo" || !x.Accepted {
			t.Errorf("%+v", x)
		}
	})
}
