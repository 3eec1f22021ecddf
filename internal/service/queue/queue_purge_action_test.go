package queue_test

import (
	"context"
	"strings"
	"testing"
	"time"

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

// TestQueuePurgeAction_interrupted: a purge that took effect before an interrupt is in
// a warning with the count, because a message would not arrive any more.
func TestQueuePurgeAction_interrupted(t *testing.T) {
	t.Parallel()
	simtest.Bubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Throttled: 1}}}, func(t *testing.T, sim *simtest.Sim) {
		server := acctest.NewBubbleServer(t, sim.Server, acctest.Values{"endpoint_id": "demo"})
		for range 2 {
			_, diags := server.CreateResource(t.Context(), "runpodserverless_job", acctest.Values{"input": acctest.Values{"a": 1}, "wait_for_completion": false})
			diags.RequireNone(t)
		}
		sim.Inject(simulator.Fault{Op: "purge-queue", Kind: simulator.SlowAfter, Delay: 5 * time.Second})
		ctx, interrupt := context.WithCancel(t.Context())
		defer interrupt()
		time.AfterFunc(time.Second, interrupt)
		progress, diags := server.InvokeAction(ctx, purgeType, acctest.Values{})
		if len(diags) != 1 || diags.HasError() || len(progress) > 0 {
			t.Fatalf("%s\nmessages: %q", diags, progress)
		}
		for _, part := range []string{"Interrupted; the queue was purged", "Endpoint: demo", "Jobs removed: 2"} {
			if !strings.Contains(diags.String(), part) {
				t.Errorf("no %q in %s", part, diags)
			}
		}
	})
}

// TestQueuePurge_advice: the advice about a purge with an unknown outcome says how to
// purge again where it was made.
func TestQueuePurge_advice(t *testing.T) {
	t.Parallel()
	simtest.Bubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim) {
		server := acctest.NewBubbleServer(t, sim.Server, acctest.Values{"endpoint_id": "demo"})
		state, diags := server.CreateResource(t.Context(), purgeType, acctest.Values{"on_destroy": "purge"})
		diags.RequireNone(t)
		sim.Inject(simulator.Fault{Op: "purge-queue", Kind: simulator.CutAfter})
		_, created := server.CreateResource(t.Context(), purgeType, acctest.Values{})
		_, destroyed := server.DestroyResource(t.Context(), purgeType, state)
		_, invoked := server.InvokeAction(t.Context(), purgeType, acctest.Values{})
		for want, diags := range map[string]acctest.Diagnostics{
			"; apply again to purge": created, "; destroy again to purge": destroyed, "; invoke the action again to purge": invoked,
		} {
			if !strings.Contains(diags.String(), want) || !strings.Contains(diags.String(), "runpodserverless_endpoint_health") {
				t.Errorf("no %q in %s", want, diags)
			}
		}
	})
}
