package simulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// list returns the endpoints of the entries in a response that is an array.
func (a *api) list(path string) []string {
	a.t.Helper()
	req, err := http.NewRequestWithContext(a.t.Context(), "GET", "http://sim"+path, http.NoBody)
	if err != nil {
		a.t.Fatal(err)
	}
	req.Header.Set("Authorization", a.key)
	resp, err := simtest.RoundTripper(a.Server).RoundTrip(req)
	if err != nil {
		a.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, _ := io.ReadAll(resp.Body)
	var entries []struct{ EndpointID string }
	if err := json.Unmarshal(raw, &entries); err != nil {
		a.t.Fatalf("%s: %v", raw, err)
	}
	ids := []string{}
	for _, one := range entries {
		ids = append(ids, one.EndpointID)
	}
	return ids
}

// TestAdminLists: without an endpoint, the entries of all endpoints are listed.
func TestAdminLists(t *testing.T) {
	bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {}, "other": {}}}, func(a *api) {
		a.run(`{"a":1}`)
		a.call(200, "POST", "other/run", `{"input":{"a":1}}`)
		a.call(200, "POST", "other/batch", "[]")
		for path, want := range map[string]string{
			"/_simulator/jobs": "demo other", "/_simulator/jobs?endpoint=other": "other", "/_simulator/jobs?endpoint=none": "",
			"/_simulator/batches": "other", "/_simulator/batches?endpoint=demo": "",
		} {
			if got := strings.Join(a.list(path), " "); got != want {
				t.Errorf("%s: %q, want %q", path, got, want)
			}
		}
	})
}

func TestAdminEndpoints(t *testing.T) {
	bubble(t, simulator.Options{}, func(a *api) {
		summary := func(patch string) map[string]any {
			code, reply, err := a.ask("POST", "/_simulator/endpoints?endpoint=demo", patch)
			if err != nil || code != 200 {
				t.Fatalf("%s: HTTP %d %v %v", patch, code, reply, err)
			}
			s, _ := reply["summary"].(map[string]any)
			return s
		}
		if s := summary(`{"workers":2}`); s["idle"] != 2.0 || s["total"] != 2.0 {
			t.Error(s)
		}
		if s := summary(`{"workers":0}`); s["total"] != 0.0 {
			t.Error(s)
		}
		if s := summary(`{"throttled":3,"unhealthy":1}`); s["throttled"] != 3.0 || s["unhealthy"] != 1.0 || s["total"] != 4.0 {
			t.Error(s)
		}
		if s := summary(`{"throttled":0,"unhealthy":0,"workers":1,"crash_loop":"No module named torch","log_every":"1s","log_bytes":5}`); s["throttled"] != 1.0 || s["total"] != 1.0 {
			t.Error(s)
		}
		if s := summary(`{"crash_loop":"","version":2,"rollout":"1m","cold_start":"3s"}`); s["total"] != 1.0 || s["initializing"] != 1.0 {
			t.Error(s)
		}
		time.Sleep(4 * time.Second)
		if w := a.workers()[0]; w["version"] != 2.0 || w["image"] != "example/worker:2" || w["status"] != "IDLE" {
			t.Error(w)
		}
		for _, patch := range []string{`{"worker":1}`, `{"rollout":"soon"}`, `{"rollout":"-1s"}`, `{"cold_start":"-1s"}`, `{"workers":-1}`, `{"throttled":-1}`, `{"version":-1}`, `{"log_bytes":-1}`, `no`} {
			if code, reply, _ := a.ask("POST", "/_simulator/endpoints?endpoint=demo", patch); code != 400 {
				t.Errorf("%s: HTTP %d %v", patch, code, reply)
			}
		}
		if code, _, _ := a.ask("POST", "/_simulator/endpoints?endpoint=none", "{}"); code != 404 {
			t.Errorf("unknown endpoint: HTTP %d", code)
		}
		if code, _, _ := a.ask("POST", "/_simulator/faults", `{"kind":"nonsense"}`); code != 400 {
			t.Errorf("unknown kind of fault: HTTP %d", code)
		}
	})
}
