package job_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestJobResource_identity: a job is known by its endpoint and its id, from its
// creation on and through every reading and change.
func TestJobResource_identity(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	arguments := acctest.Values{"input": acctest.Values{"mock_delay": 3600}, "wait_for_completion": false}
	created, diags := server.CreateResource(t.Context(), jobType, arguments)
	diags.RequireNone(t)
	want := acctest.Values{"endpoint_id": simulator.DefaultEndpointID, "id": created.Values["id"]}
	if !equal(created.Identity, want) {
		t.Errorf("created: got %v, want %v", created.Identity, want)
	}
	read, diags := server.ReadResource(t.Context(), jobType, created)
	diags.RequireNone(t)
	if !equal(read.Identity, want) {
		t.Errorf("read: got %v", read.Identity)
	}
	arguments["on_destroy"] = "keep"
	updated, diags := server.ApplyResource(t.Context(), server.PlanResource(t.Context(), jobType, read, arguments))
	diags.RequireNone(t)
	if !equal(updated.Identity, want) || updated.Values["on_destroy"] != "keep" {
		t.Errorf("updated: got %v", updated)
	}
	for name, imported := range map[string]func() (*acctest.ResourceState, acctest.Diagnostics){
		"by identity": func() (*acctest.ResourceState, acctest.Diagnostics) {
			return server.ImportResource(t.Context(), jobType, "", want)
		},
		"by id": func() (*acctest.ResourceState, acctest.Diagnostics) {
			return server.ImportResource(t.Context(), jobType, fmt.Sprintf("demo/%s", created.Values["id"]), nil)
		},
	} {
		state, diags := imported()
		diags.RequireNone(t)
		if state, diags = server.ReadResource(t.Context(), jobType, state); diags.HasError() {
			t.Fatalf("%s: %s", name, diags)
		}
		if !equal(state.Identity, want) || state.Values["endpoint_id"] != "demo" || state.Values["id"] != want["id"] {
			t.Errorf("imported %s: got %v of %v", name, state.Identity, state.Values)
		}
	}
	requests(t, sim, "run", 1)
	requests(t, sim, "cancel", 0)

	unknown, diags := server.ImportResource(t.Context(), jobType, "demo/unknown-job", nil)
	diags.RequireNone(t)
	_, diags = server.ReadResource(t.Context(), jobType, unknown)
	contains(t, "error", diags.Errors(), "Unable to read the job")
}

// TestJobResource_identityRefused: an invalid identity is refused with the reason.
func TestJobResource_identityRefused(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim)
	for name, tc := range map[string]struct {
		id       string
		identity acctest.Values
		error    string
	}{
		"no slash":        {"nonsense", nil, "ENDPOINT_ID/JOB_ID"},
		"a path":          {"demo/../job", nil, "ENDPOINT_ID/JOB_ID"},
		"an odd endpoint": {"", acctest.Values{"endpoint_id": "a b", "id": "job"}, "letters, digits"},
		"half of it":      {"", acctest.Values{"endpoint_id": "demo"}, "id"},
		"empty parts":     {"/", nil, "ENDPOINT_ID/JOB_ID"},
		"nothing":         {"", nil, "ENDPOINT_ID/JOB_ID"},
		"no job":          {"demo/", nil, "ENDPOINT_ID/JOB_ID"},
		"no endpoint":     {"/job", nil, "ENDPOINT_ID/JOB_ID"},
		"two slashes":     {"demo/../purge-queue", nil, "ENDPOINT_ID/JOB_ID"},
		"dots":            {"demo/..", nil, "ENDPOINT_ID/JOB_ID"},
		"a query":         {"demo?x/job", nil, "ENDPOINT_ID/JOB_ID"},
		"too long":        {strings.Repeat("a", 129) + "/job", nil, "ENDPOINT_ID/JOB_ID"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, diags := server.ImportResource(t.Context(), jobType, tc.id, tc.identity)
			contains(t, "error", diags.Errors(), tc.error)
		})
	}
	t.Cleanup(func() {
		if n := len(sim.Journal()); n > 0 {
			t.Errorf("%d requests", n)
		}
	})
}
