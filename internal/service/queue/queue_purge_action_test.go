package queue_test

import (
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

func TestQueuePurgeAction(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"idle": {Throttled: 1}}})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": "idle"})
	for range 3 {
		plan := server.PlanResource(t.Context(), "runpodserverless_job", nil, acctest.Values{"input": acctest.Values{"a": 1}, "wait_for_completion": false})
		_, diags := server.ApplyResource(t.Context(), plan)
		diags.RequireNoError(t)
	}
	server.PlanAction(t.Context(), "runpodserverless_queue_purge", acctest.Values{}).RequireNone(t)
	if sim.Journal().Count("purge-queue") != 0 {
		t.Fatal("a plan purged the queue")
	}
	progress, diags := server.InvokeAction(t.Context(), "runpodserverless_queue_purge", acctest.Values{})
	diags.RequireNone(t)
	if len(progress) != 1 || progress[0] != "Jobs removed from the queue of endpoint idle: 3" {
		t.Errorf("got %q", progress)
	}
	_, diags = server.InvokeAction(t.Context(), "runpodserverless_queue_purge", acctest.Values{"endpoint_id": "elsewhere"})
	if !strings.Contains(strings.Join(diags.Errors(), ""), "check endpoint_id") {
		t.Errorf("got %s", diags)
	}
}
