package acctest_test

import (
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

func TestProtocolServer(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	ctx := t.Context()

	plan := server.PlanResource(ctx, "runpodserverless_job", nil, acctest.Values{
		"input": acctest.Values{"mock_return": acctest.Values{"big": int64(9007199254740993)}},
	})
	plan.Diagnostics.RequireNoError(t)
	if plan.Planned["id"] != acctest.Unknown {
		t.Errorf("planned id: got %v, want %v", plan.Planned["id"], acctest.Unknown)
	}
	state, diags := server.ApplyResource(ctx, plan)
	diags.RequireNoError(t)
	output, ok := state.Values["output"].(acctest.Values)
	if !ok || output["big"] != int64(9007199254740993) {
		t.Errorf("output: got %#v", state.Values["output"])
	}
	read, diags := server.ReadResource(ctx, "runpodserverless_job", state)
	diags.RequireNoError(t)
	if read.Values["id"] != state.Values["id"] {
		t.Errorf("read another job: got %v, want %v", read.Values["id"], state.Values["id"])
	}
	gone, diags := server.DestroyResource(ctx, "runpodserverless_job", read)
	diags.RequireNoError(t)
	if gone.Values != nil {
		t.Errorf("values after the destroy: %v", gone.Values)
	}

	health, diags := server.ReadDataSource(ctx, "runpodserverless_endpoint_health", acctest.Values{})
	diags.RequireNone(t)
	if health["endpoint_id"] != simulator.DefaultEndpointID {
		t.Errorf("health of %v", health["endpoint_id"])
	}
}

func TestProtocolServer_diagnostics(t *testing.T) {
	t.Parallel()
	diags := acctest.NewUnconfiguredProtocolServer(t).ValidateResourceConfig(t.Context(), "runpodserverless_job",
		acctest.Values{"input": acctest.Values{}})
	if !diags.HasError() || !strings.Contains(diags.String(), "input") {
		t.Errorf("an empty input: %s", diags)
	}
}
