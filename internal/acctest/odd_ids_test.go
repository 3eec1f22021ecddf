package acctest_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
)

// oddAPI is an API whose jobs and batches all have the same id. It records the
// requests.
type oddAPI struct {
	id    string
	mu    sync.Mutex
	asked []string // the operations that were called
	other []string // paths without the id
}

func (a *oddAPI) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	defer a.mu.Unlock()
	segments := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), "/v2/demo/"), "/")
	op := segments[0]
	a.asked = append(a.asked, op)
	if len(segments) > 1 {
		if id, err := url.PathUnescape(segments[1]); err != nil || id != a.id {
			a.other = append(a.other, r.URL.EscapedPath())
		}
	}
	reply := map[string]any{"id": a.id, "status": "COMPLETED", "output": map[string]any{"a": 1}}
	switch {
	case op == "run":
		reply = map[string]any{"id": a.id, "status": "IN_QUEUE"}
	case op == "cancel":
		reply["status"] = "CANCELLED"
	case op == "stream" && !slices.Contains(a.asked[:len(a.asked)-1], op): // reading the stream drains it
		reply["stream"] = []any{map[string]any{"output": "chunk"}}
	case op == "batch" && len(segments) > 2:
		reply = map[string]any{"requests": []any{map[string]any{"id": "r", "status": "COMPLETED", "output": 1}}, "total": 1}
	case op == "batch":
		reply = map[string]any{"id": a.id, "status": "FINALIZED", "requestTotal": 1, "requestCompleted": 1}
	case op == "health":
		reply = map[string]any{"jobs": map[string]any{}, "workers": map[string]any{}}
	}
	_ = json.NewEncoder(w).Encode(reply)
}

// serverOf returns a provider that uses an API.
func serverOf(t *testing.T, api http.Handler) *acctest.ProtocolServer {
	t.Helper()
	server := httptest.NewServer(api)
	t.Cleanup(server.Close)
	p := acctest.NewUnconfiguredProtocolServer(t)
	p.Configure(t.Context(), acctest.Values{"api_key": "rpa_x", "base_url": server.URL + "/v2", "endpoint_id": "demo", "max_retries": 0}).RequireNoError(t)
	return p
}

// uses are all ways to pass an id to the provider.
var uses = map[string]func(t *testing.T, p *acctest.ProtocolServer, id string) acctest.Diagnostics{
	"data source": func(t *testing.T, p *acctest.ProtocolServer, id string) acctest.Diagnostics {
		return validated(t, p, "runpodserverless_job", id)
	},
	"stream": func(t *testing.T, p *acctest.ProtocolServer, id string) acctest.Diagnostics {
		return validated(t, p, "runpodserverless_job_stream", id)
	},
	"cancel": func(t *testing.T, p *acctest.ProtocolServer, id string) acctest.Diagnostics {
		return invoked(t, p, "runpodserverless_job_cancel", acctest.Values{"id": id})
	},
	"retry": func(t *testing.T, p *acctest.ProtocolServer, id string) acctest.Diagnostics {
		return invoked(t, p, "runpodserverless_job_retry", acctest.Values{"id": id, "wait_for_completion": false})
	},
	"import": func(t *testing.T, p *acctest.ProtocolServer, id string) acctest.Diagnostics {
		return imported(t, p, jobType, "demo/"+id, nil)
	},
	"identity": func(t *testing.T, p *acctest.ProtocolServer, id string) acctest.Diagnostics {
		return imported(t, p, jobType, "", acctest.Values{"endpoint_id": "demo", "id": id})
	},
	"import of a batch": func(t *testing.T, p *acctest.ProtocolServer, id string) acctest.Diagnostics {
		return imported(t, p, batchType, "demo/"+id, nil)
	},
	"identity of a batch": func(t *testing.T, p *acctest.ProtocolServer, id string) acctest.Diagnostics {
		return imported(t, p, batchType, "", acctest.Values{"endpoint_id": "demo", "id": id})
	},
}

func validated(t *testing.T, p *acctest.ProtocolServer, typeName, id string) acctest.Diagnostics {
	t.Helper()
	config := acctest.Values{"id": id}
	if diags := p.ValidateDataSourceConfig(t.Context(), typeName, config); diags.HasError() {
		return diags
	}
	values, diags := p.ReadDataSource(t.Context(), typeName, config)
	if !diags.HasError() && values["id"] != id {
		t.Errorf("the id is %q, want %q", values["id"], id)
	}
	return diags
}

func invoked(t *testing.T, p *acctest.ProtocolServer, typeName string, config acctest.Values) acctest.Diagnostics {
	t.Helper()
	if diags := p.ValidateActionConfig(t.Context(), typeName, config); diags.HasError() {
		return diags
	}
	_, diags := p.InvokeAction(t.Context(), typeName, config)
	return diags
}

func imported(t *testing.T, p *acctest.ProtocolServer, typeName, id string, identity acctest.Values) acctest.Diagnostics {
	t.Helper()
	state, diags := p.ImportResource(t.Context(), typeName, id, identity)
	if diags.HasError() {
		return diags
	}
	_, more := p.ReadResource(t.Context(), typeName, state)
	return append(diags, more...)
}

// TestIDs_unusual: the API defines the format of its ids, so the provider sends back
// any id that the API has returned.
func TestIDs_unusual(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"a.b", "a b", "ä-日本", strings.Repeat("x", 600), "a/b", "..a", "a%2F..%2Fb", "a?b#c", "7", "a\\b", "sync:1+2"} {
		t.Run(id[:min(len(id), 20)], func(t *testing.T) {
			t.Parallel()
			for name, use := range uses {
				api := &oddAPI{id: id}
				if diags := use(t, serverOf(t, api), id); diags.HasError() || len(api.other) > 0 || len(api.asked) == 0 {
					t.Errorf("%s: requests %v, other paths %v: %s", name, api.asked, api.other, diags)
				}
			}
			api := &oddAPI{id: id}
			p := serverOf(t, api)
			state, diags := p.CreateResource(t.Context(), jobType, jobWith(quick, nil))
			diags.RequireNone(t)
			if state.Values["id"] != id || state.Identity["id"] != id || state.Values["status"] != "COMPLETED" || len(api.other) > 0 {
				t.Errorf("asked for %v: %v", api.other, state.Values)
			}
			state, diags = p.CreateResource(t.Context(), jobType, jobWith(quick, acctest.Values{"wait_for_completion": false}))
			diags.RequireNone(t)
			_, diags = p.DestroyResource(t.Context(), jobType, state)
			diags.RequireNone(t)
			if !slices.Contains(api.asked, "cancel") || len(api.other) > 0 {
				t.Errorf("requests %v, other paths %v", api.asked, api.other)
			}
		})
	}
}

// TestIDs_pathTraversal: no id makes the provider send a request about anything else.
// An id from the API is stored and shown.
func TestIDs_pathTraversal(t *testing.T) {
	t.Parallel()
	for _, id := range []string{".", "..", "../purge-queue", "a/../../purge-queue", `..\purge-queue`, "./x"} {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			for name, use := range uses {
				api := &oddAPI{id: id}
				if diags := use(t, serverOf(t, api), id); !diags.HasError() || len(api.asked) > 0 {
					t.Errorf("%s: requests %v: %s", name, api.asked, diags)
				}
			}
			api := &oddAPI{id: id}
			p := serverOf(t, api)
			state, diags := p.CreateResource(t.Context(), jobType, jobWith(quick, nil))
			if state.Values["id"] != id || !strings.Contains(diags.String(), "Job: "+id) || slices.ContainsFunc(api.asked, func(op string) bool { return op != "run" && op != "health" }) {
				t.Errorf("requests %v, the id is %q: %s", api.asked, state.Values["id"], diags)
			}
		})
	}
}
