package batch_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestBatchResource_refusedAtPlan: bad input is refused before anything is
// sent, at the attribute that is wrong.
func TestBatchResource_refusedAtPlan(t *testing.T) {
	t.Parallel()
	p, sim := newServer(t, simulator.Options{})
	t.Cleanup(func() {
		if n := len(sim.Journal()); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
	file := func(content string) string {
		path := filepath.Join(t.TempDir(), "requests.jsonl")
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good := acctest.Values{"mock_return": 1}
	requests, folder := file("{\"a\":1}\n"), t.TempDir()
	link := filepath.Join(folder, "link.jsonl")
	if err := os.Symlink(requests, link); err != nil {
		link = requests // as where links need a privilege
	}
	for name, tc := range map[string]struct {
		config acctest.Values
		path   string
		error  string
	}{
		"nothing":             {acctest.Values{}, "", "Exactly one"},
		"both":                {acctest.Values{"requests": []any{good}, "requests_file": file("{\"a\":1}\n")}, "", "Exactly one"},
		"no requests":         {acctest.Values{"requests": []any{}}, "requests", "at least one"},
		"an object":           {acctest.Values{"requests": acctest.Values{"a": good}}, "requests", "must be a list"},
		"a text":              {acctest.Values{"requests": "x"}, "requests", "must be a list"},
		"an empty request":    {acctest.Values{"requests": []any{good, acctest.Values{}}}, "requests", "empty object"},
		"a request of text":   {acctest.Values{"requests": []any{good, `{"a":1}`}}, "requests", "without jsonencode"},
		"a request of null":   {acctest.Values{"requests": []any{good, nil}}, "requests", "is null"},
		"too large":           {acctest.Values{"requests": []any{acctest.Values{"a": strings.Repeat("x", 10<<20)}}}, "requests", "at most 10 MiB"},
		"too many":            {acctest.Values{"requests": many(good, 5001)}, "requests", "more than 5000"},
		"no file":             {acctest.Values{"requests_file": filepath.Join(t.TempDir(), "none")}, "requests_file", "must exist"},
		"an empty file":       {acctest.Values{"requests_file": file("\n\n")}, "requests_file", "at least one"},
		"a bad line":          {acctest.Values{"requests_file": file("{\"a\":1}\n\n{\"a\":}\n")}, "requests_file", "line 3 is not JSON"},
		"an empty line":       {acctest.Values{"requests_file": file("{\"a\":1}\n{}\n")}, "requests_file", "line 2 is an empty object"},
		"a line too long":     {acctest.Values{"requests_file": file(`{"a":"` + strings.Repeat("x", 10<<20) + `"}`)}, "requests_file", "line 1 is longer"},
		"too many lines":      {acctest.Values{"requests_file": file(strings.Repeat("{\"a\":1}\n", 5001))}, "requests_file", "more than 5000"},
		"the same file":       {acctest.Values{"requests_file": "x", "results_file": "x"}, "results_file", "same file"},
		"spelled otherwise":   {acctest.Values{"requests_file": requests, "results_file": filepath.Dir(requests) + "/x/../" + filepath.Base(requests)}, "results_file", "same file"},
		"in other case":       {acctest.Values{"requests_file": "new/Requests.jsonl", "results_file": "new/requests.JSONL"}, "results_file", "same file"},
		"composed otherwise":  {acctest.Values{"requests_file": "new/\u00e9.jsonl", "results_file": "new/e\u0301.jsonl"}, "results_file", "same file"},
		"by another link":     {acctest.Values{"requests_file": requests, "results_file": link}, "results_file", "same file"},
		"results to a folder": {acctest.Values{"requests": []any{good}, "results_file": folder}, "results_file", "is a folder"},
		"results to a device": {acctest.Values{"requests": []any{good}, "results_file": os.DevNull}, "results_file", "not a regular file"},
		"results in a file":   {acctest.Values{"requests": []any{good}, "results_file": filepath.Join(requests, "b", "results.jsonl")}, "results_file", "is not a folder"},
		"a device":            {acctest.Values{"requests_file": os.DevNull}, "requests_file", "not a regular file"},
		"no time":             {acctest.Values{"requests": []any{good}, "timeouts": acctest.Values{"create": "0s"}}, "create", "greater than zero"},
		"an id with a slash":  {acctest.Values{"requests": []any{good}, "endpoint_id": "a/b"}, "endpoint_id", "letters, digits"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diags := p.ValidateResourceConfig(t.Context(), batchType, tc.config)
			if !diags.HasError() {
				diags = p.PlanResource(t.Context(), batchType, nil, tc.config).Diagnostics
			}
			found := false
			for _, d := range diags {
				at := ""
				if d.Attribute != nil {
					at = d.Attribute.String()
				}
				found = found || strings.Contains(at, tc.path) && strings.Contains(d.Summary+d.Detail, tc.error)
			}
			if !found {
				t.Errorf("no error at %s with %q: %s", tc.path, tc.error, diags)
			}
		})
	}
}

func many(one any, n int) []any {
	all := make([]any, n)
	for i := range all {
		all[i] = one
	}
	return all
}

// TestBatchResource_order: whatever the API answers to an append, and in whatever
// order it lists the requests, the results are in the order of the requests, or a
// warning says that they are not. With the race detector each answer and each order
// has two pages once, and one page otherwise.
func TestBatchResource_order(t *testing.T) {
	t.Parallel()
	for i, reply := range []simulator.BatchReply{simulator.BatchReplyObject, simulator.BatchReplyEmpty, simulator.BatchReplyText, simulator.BatchReplyIDs} {
		for j, order := range []simulator.BatchOrder{simulator.BatchOrderAdded, simulator.BatchOrderNewest, simulator.BatchOrderConsole, simulator.BatchOrderByID} {
			t.Run(string(reply)+"/"+string(order), func(t *testing.T) {
				t.Parallel()
				p, sim := newServer(t, simulator.Options{Choices: simulator.Choices{BatchReply: reply, BatchOrder: order, BatchListArray: true}})
				n := 210 // on two pages of 200, every seventh fails
				if acctest.RaceDetector && i != j {
					n = 21
				}
				var requests []any
				for i := range n {
					request := acctest.Values{"mock_return": i}
					if i%7 == 3 {
						request["mock_error"] = true
					}
					requests = append(requests, request)
				}
				state, diags := p.CreateResource(t.Context(), batchType, acctest.Values{"requests": requests, "on_failure": "warn"})
				diags.RequireNoError(t)
				known := order != simulator.BatchOrderByID || reply == simulator.BatchReplyIDs
				if got := state.Values["results_in_order"]; got != known {
					t.Errorf("in order: %v, want %v", got, known)
				}
				if got := strings.Contains(diags.String(), "not in the order"); got == known {
					t.Errorf("a warning about the order: %v: %s", got, diags)
				}
				results, _ := state.Values["results"].([]any)
				if len(results) != n {
					t.Fatalf("%d results", len(results))
				}
				ids := make(map[any]bool)
				for i, one := range results {
					result, _ := one.(acctest.Values)
					ids[result["id"]] = true
					switch {
					case !known && result["index"] != nil:
						t.Errorf("result %d has the index %v", i, result["index"])
					case known && (result["index"] != int64(i) || result["status"] == "COMPLETED" && result["output"] != int64(i) || (result["status"] == "FAILED") != (i%7 == 3)):
						t.Fatalf("result %d is %v", i, result)
					}
				}
				if len(ids) != n || len(sim.Batches("demo")) != 1 {
					t.Errorf("%d ids", len(ids))
				}
			})
		}
	}
}

// TestBatchResource_cancelledByOthers: a batch that another client cancels ends
// with an error that counts what is missing, and is run again only as usual.
func TestBatchResource_cancelledByOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p, sim := newBubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Workers: 1}}})
		finalized := simtest.When(t, func() bool { return sim.Journal().Accepted().Count("batch-finalize") > 0 })
		go func() {
			select {
			case <-t.Context().Done():
			case <-finalized:
				time.Sleep(time.Minute) // the second request runs
				sim.CancelBatch("demo", sim.Batches("demo")[0].ID)
			}
		}()
		state, diags := p.CreateResource(t.Context(), batchType, acctest.Values{"requests": []any{
			acctest.Values{"mock_return": 1}, acctest.Values{"mock_delay": 300}, acctest.Values{"mock_return": 3}, acctest.Values{"mock_return": 4},
		}})
		text := diags.String()
		if !strings.Contains(text, "Batch ended as CANCELLED") || !strings.Contains(text, "4 in all, 2 completed, 0 failed, 2 cancelled") {
			t.Error(text)
		}
		if state.Values["phase"] != "cancelled" || state.Values["completed"] != int64(2) {
			t.Errorf("%v", state.Values)
		}
		before := len(sim.Journal())
		if _, diags := p.DestroyResource(t.Context(), batchType, state); len(diags) > 0 || len(sim.Journal()) != before {
			t.Errorf("destroying sent %d requests: %s", len(sim.Journal())-before, diags)
		}
	})
}

// TestBatchResource_draftCancelledByOthers: nothing of it ran, and the next
// apply runs a new one.
func TestBatchResource_draftCancelledByOthers(t *testing.T) {
	t.Parallel()
	for _, later := range []bool{false, true} {
		t.Run(fmt.Sprintf("between applies %v", later), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				p, sim := newBubble(t, simulator.Options{})
				config := acctest.Values{"requests": []any{acctest.Values{"mock_return": 1}, acctest.Values{"mock_return": 2}}}
				var restore func()
				if later {
					restore = sim.Inject(simulator.Fault{Op: "batch-append", Kind: simulator.CutBefore})
				} else {
					restore = sim.Inject(simulator.Fault{Op: "batch-append", Kind: simulator.SlowBefore, Delay: 300 * time.Millisecond})
					appending := sim.Reached(t, "batch-append", 1)
					go func() {
						select {
						case <-t.Context().Done():
						case <-appending:
							sim.CancelBatch("demo", sim.Batches("demo")[0].ID)
						}
					}()
				}
				state, diags := p.CreateResource(t.Context(), batchType, config)
				restore()
				if !later {
					if !diags.HasError() || state.Values["id"] == nil {
						t.Errorf("%v, %s", state.Values, diags)
					}
					requests(t, sim, "batch-finalize", 0)
					return
				}
				diags.RequireNoError(t)
				sim.CancelBatch("demo", fmt.Sprint(state.Values["id"]))
				state, diags = p.ReadResource(t.Context(), batchType, state)
				diags.RequireNoError(t)
				plan := p.PlanResource(t.Context(), batchType, state, config)
				if state.Values["phase"] != "cancelled" || len(plan.RequiresReplace) == 0 {
					t.Errorf("phase %v, replaced for %v", state.Values["phase"], plan.RequiresReplace)
				}
			})
		})
	}
}

// TestBatchResource_importDraft: the requests of a draft are not known.
func TestBatchResource_importDraft(t *testing.T) {
	t.Parallel()
	p, sim := newServer(t, simulator.Options{})
	sim.Inject(simulator.Fault{Op: "batch-append", Kind: simulator.CutBefore})
	state, _ := p.CreateResource(t.Context(), batchType, acctest.Values{"requests": []any{acctest.Values{"a": 1}, acctest.Values{"a": 2}}})
	imported, diags := p.ImportResource(t.Context(), batchType, "", acctest.Values{"endpoint_id": "demo", "id": state.Values["id"]})
	diags.RequireNone(t)
	if _, diags = p.ReadResource(t.Context(), batchType, imported); !strings.Contains(diags.String(), "A draft cannot be imported") {
		t.Error(diags)
	}
}

// TestBatchResource_importFailed: the apply after an import reads the results and
// reports that not every request completed and that the next apply keeps the batch,
// and the next plan does.
func TestBatchResource_importFailed(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]acctest.Values{
		"error":      {},
		"to a file":  {"results_file": filepath.Join(t.TempDir(), "results.jsonl")},
		"then warns": {"on_failure": "warn"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, sim := newServer(t, simulator.Options{})
			requests := []any{acctest.Values{"sim_raise": "kaboom"}, acctest.Values{"a": 2}}
			made, diags := p.CreateResource(t.Context(), batchType, acctest.Values{"requests": requests, "on_failure": "warn"})
			diags.RequireNoError(t)
			state, diags := p.ImportResource(t.Context(), batchType, fmt.Sprintf("demo/%s", made.Values["id"]), nil)
			diags.RequireNone(t)
			state, diags = p.ReadResource(t.Context(), batchType, state)
			diags.RequireNone(t)
			config := acctest.Values{"requests": requests}
			maps.Copy(config, more)
			for round := range 3 {
				plan := p.PlanResource(t.Context(), batchType, state, config)
				plan.Diagnostics.RequireNoError(t)
				if len(plan.RequiresReplace) > 0 || strings.Contains(plan.Diagnostics.String(), "new batch") {
					t.Fatalf("plan %d replaces for %v\n%s", round+1, plan.RequiresReplace, plan.Diagnostics)
				}
				if fmt.Sprint(plan.Planned) == fmt.Sprint(state.Values) {
					if round != 1 {
						t.Errorf("plan %d changes nothing", round+1)
					}
					break
				}
				state, diags = p.ApplyResource(t.Context(), plan)
				said := diags.String()
				if !strings.Contains(said, "1 of 2 requests did not complete") || strings.Contains(said, "runs a new batch") {
					t.Errorf("apply %d: %s", round+1, said)
				}
				if kept := strings.Contains(said, "the next apply keeps it as it is"); kept != (more["on_failure"] == nil) {
					t.Errorf("apply %d: %s", round+1, said)
				}
			}
			if got := sim.Journal().Count("batch-create"); got != 1 {
				t.Errorf("%d batches", got)
			}
		})
	}
}

// TestBatchResource_destroy: a live batch is cancelled, unless it is to be kept
// or the API does not know it any more.
func TestBatchResource_destroy(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		onDestroy, reply string
		forget           bool
		want             string
		sent             int
	}{
		"cancel":        {"cancel", "", false, "FINALIZED", 1}, // what runs ends first
		"an odd reply":  {"cancel", "text", false, "FINALIZED", 1},
		"an empty one":  {"cancel", "empty", false, "FINALIZED", 1},
		"keep":          {"keep", "", false, "FINALIZED", 0},
		"gone meantime": {"cancel", "", true, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, sim := newServer(t, simulator.Options{
				Endpoints: map[string]simulator.Endpoint{"demo": {Workers: 1}}, Choices: simulator.Choices{BatchReply: simulator.BatchReply(tc.reply)},
			})
			state, diags := p.CreateResource(t.Context(), batchType, acctest.Values{
				"requests": []any{acctest.Values{"mock_delay": 60}, acctest.Values{"mock_delay": 60}}, "wait_for_completion": false, "on_destroy": tc.onDestroy,
			})
			diags.RequireNone(t)
			if tc.forget {
				sim.ForgetBatch("demo", fmt.Sprint(state.Values["id"]))
			}
			left, diags := p.DestroyResource(t.Context(), batchType, state)
			diags.RequireNone(t)
			if left.Values != nil {
				t.Errorf("left over: %v", left.Values)
			}
			requests(t, sim, "batch-cancel", tc.sent)
			if tc.want != "" {
				if b := sim.Batches("demo")[0]; b.Status != tc.want || (b.States[1] == "CANCELLED") != (tc.sent > 0) {
					t.Errorf("%s, %v", b.Status, b.States)
				}
			}
		})
	}
}

// TestBatchResource_changedFile: a file that changes between plan and apply is
// noticed before anything is sent.
func TestBatchResource_changedFile(t *testing.T) {
	t.Parallel()
	p, sim := newServer(t, simulator.Options{})
	path := lines(t, 3)
	plan := p.PlanResource(t.Context(), batchType, nil, acctest.Values{"requests_file": path})
	if err := os.WriteFile(path, []byte("{\"a\":1}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, diags := p.ApplyResource(t.Context(), plan)
	if !strings.Contains(diags.String(), "Requests file changed") || len(sim.Journal()) > 0 {
		t.Errorf("%d requests: %s", len(sim.Journal()), diags)
	}
}

// TestBatchResource_unknownFile: a path that is known only after apply is read then.
func TestBatchResource_unknownFile(t *testing.T) {
	t.Parallel()
	p, sim := newServer(t, simulator.Options{})
	plan := p.PlanResource(t.Context(), batchType, nil, acctest.Values{"requests_file": acctest.Unknown})
	plan.Diagnostics.RequireNone(t)
	if plan.Planned["requests_sha256"] != acctest.Unknown || plan.Planned["total"] != acctest.Unknown {
		t.Errorf("%v", plan.Planned)
	}
	if n := len(sim.Journal()); n > 0 {
		t.Errorf("%d requests", n)
	}
}

// TestBatchResource_draftsThatDoNotAddUp: a draft with more or fewer requests
// than were sent is never finalized.
func TestBatchResource_draftsThatDoNotAddUp(t *testing.T) {
	t.Parallel()
	p, sim := newServer(t, simulator.Options{})
	sim.Inject(simulator.Fault{Op: "batch-append", Kind: simulator.StatusReply, Status: 200, Body: "OK"}) // and nothing is added
	_, diags := p.CreateResource(t.Context(), batchType, acctest.Values{"requests": []any{acctest.Values{"a": 1}, acctest.Values{"a": 2}}})
	if !strings.Contains(diags.String(), "has 1 requests where 2 were expected") {
		t.Error(diags)
	}
	requests(t, sim, "batch-finalize", 0)
}

// TestBatchResource_creationErrors: an error of the API is reported once, with its
// message and without the key.
func TestBatchResource_creationErrors(t *testing.T) {
	t.Parallel()
	p, sim := newServer(t, simulator.Options{})
	one := acctest.Values{"requests": []any{acctest.Values{"mock_delay": 60}}, "wait_for_completion": false}
	for range 10 {
		_, diags := p.CreateResource(t.Context(), batchType, one)
		diags.RequireNone(t)
	}
	_, diags := p.CreateResource(t.Context(), batchType, one)
	if !strings.Contains(diags.String(), "at most 10 active batches") || len(diags) != 1 || strings.Contains(diags.String(), sim.APIKey) {
		t.Error(diags)
	}
	requests(t, sim, "batch-create", 11)
}

// TestBatchResource_maxOutputBytes: results above the limit are not stored, and are
// read again when the limit is raised.
func TestBatchResource_maxOutputBytes(t *testing.T) {
	t.Parallel()
	p, sim := newServer(t, simulator.Options{})
	config := acctest.Values{"requests": []any{acctest.Values{"sim_output_bytes": 3000}, acctest.Values{"sim_output_bytes": 3000}}, "max_output_bytes": 1000}
	state, diags := p.CreateResource(t.Context(), batchType, config)
	diags.RequireNoError(t)
	if state.Values["results"] != nil || state.Values["phase"] != "done" || !strings.Contains(diags.String(), "Results too large") {
		t.Errorf("%v, %s", state.Values["phase"], diags)
	}
	config["max_output_bytes"] = 100000
	state = nextApply(t, p, state, false, config)
	if results, _ := state.Values["results"].([]any); len(results) != 2 || state.Values["results_in_order"] != true {
		t.Errorf("%d results", len(results))
	}
	requests(t, sim, "batch-create", 1)
}

// list queries the list resource.
func list(t *testing.T, p *acctest.ProtocolServer, includeResource bool, limit int64) []acctest.ListResult {
	t.Helper()
	return p.List(t.Context(), batchType, acctest.Values{}, includeResource, limit)
}

// fillEndpoint makes batches of one request as anybody else would.
func fillEndpoint(t *testing.T, sim *simtest.Sim, n int) {
	t.Helper()
	client := sim.Client(t)
	for range n {
		var chunk runpod.BatchChunk
		chunk.Add([]byte(`{"mock_return":1}`))
		batch, err := client.CreateBatch(t.Context(), "demo", &chunk)
		if err == nil {
			err = client.FinalizeBatch(t.Context(), "demo", batch.ID)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := len(sim.Batches("demo")); got != n {
		t.Fatalf("%d batches", got)
	}
}

// TestBatchList: newest first, in pages that are asked for only when needed,
// never more than the limit.
func TestBatchList(t *testing.T) {
	t.Parallel()
	for _, array := range []bool{false, true} {
		t.Run(fmt.Sprintf("array %v", array), func(t *testing.T) {
			t.Parallel()
			p, sim := newServer(t, simulator.Options{Choices: simulator.Choices{BatchListArray: array}})
			const n = 70
			fillEndpoint(t, sim, n)
			pages := func() int { return sim.Journal().Count("batch-list") }
			if got := list(t, p, false, 20); len(got) != 20 || pages() != 1 {
				t.Errorf("%d results in %d pages", len(got), pages())
			}
			results := list(t, p, true, 1000)
			if len(results) != n {
				t.Fatalf("%d results", len(results))
			}
			batches := sim.Batches("demo")
			for i, r := range results {
				want := batches[n-1-i].ID
				if len(r.Diagnostics) > 0 || r.Identity["id"] != want || r.Identity["endpoint_id"] != "demo" || r.Resource["id"] != want || !strings.HasPrefix(r.DisplayName, want) {
					t.Fatalf("result %d: %+v", i, r)
				}
			}
			if r := results[0].Resource; r["phase"] != "ended" || r["total"] != int64(1) || r["on_destroy"] != "cancel" {
				t.Errorf("%v", r)
			}
		})
	}
}

// TestBatchList_errors: an error is a result after those before it; the list is never
// truncated silently.
func TestBatchList_errors(t *testing.T) {
	t.Parallel()
	p, sim := newServer(t, simulator.Options{})
	fillEndpoint(t, sim, 60)
	sim.Inject(simulator.Fault{Op: "batch-list", Kind: simulator.InternalError, Skip: 1})
	results := list(t, p, false, 1000)
	if len(results) != 51 || !results[50].Diagnostics.HasError() || !strings.Contains(results[50].Diagnostics.String(), "Unable to list the batches") {
		t.Errorf("%d results", len(results))
	}
	bare := acctest.NewProtocolServer(t, sim)
	if results := list(t, bare, false, 10); len(results) != 1 || !strings.Contains(results[0].Diagnostics.String(), "RUNPOD_ENDPOINT_ID") {
		t.Errorf("%+v", results)
	}
}
