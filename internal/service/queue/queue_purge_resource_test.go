package queue_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

const (
	purgeType = "runpodserverless_queue_purge"
	address   = purgeType + ".test"
)

func TestAccQueuePurgeResource(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	config := func(arguments string) string {
		return acctest.ProviderConfig(sim, `endpoint_id = "demo"`) + "resource \"" + purgeType + "\" \"test\" {\n" + arguments + "\n}\n"
	}
	count := func(want int) func() {
		return func() {
			if got := sim.Journal().Count("purge-queue"); got != want {
				t.Errorf("%d purges, want %d", got, want)
			}
		}
	}
	acctest.Test(t, resource.TestCase{
		CheckDestroy: func(*terraform.State) error { count(2)(); return nil },
		Steps: []resource.TestStep{
			{
				Config: config(`triggers = { a = "1" }`),
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringExact("demo")),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("removed"), knownvalue.Int64Exact(0)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("purged_at"), knownvalue.NotNull()),
				},
				ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
			{ // in place, without a request
				PreConfig: count(1),
				Config:    config("triggers = { a = \"1\" }\non_destroy = \"purge\""),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)},
				},
			},
			{ // in place again, so that the replacement below purges once
				Config: config(`triggers = { a = "1" }`),
			},
			{ // a trigger purges again
				PreConfig: count(1),
				Config:    config(`triggers = { a = "2" }`),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate),
						plancheck.ExpectUnknownValue(address, tfjsonpath.New("removed")),
						plancheck.ExpectUnknownValue(address, tfjsonpath.New("purged_at")),
						plancheck.ExpectKnownValue(address, tfjsonpath.New("endpoint_id"), knownvalue.StringExact("demo")),
					},
				},
			},
		},
	})
}

// TestQueuePurgeResource_removes: waiting jobs go, running ones stay.
func TestQueuePurgeResource_removes(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Workers: 1}}})
	p := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": "demo"})
	for range 4 {
		_, diags := p.CreateResource(t.Context(), "runpodserverless_job", acctest.Values{
			"input": acctest.Values{"mock_delay": 60}, "wait_for_completion": false,
		})
		diags.RequireNone(t)
	}
	state, diags := p.CreateResource(t.Context(), purgeType, acctest.Values{})
	diags.RequireNone(t)
	if got := fmt.Sprint(state.Values["removed"]); got != "3" {
		t.Errorf("removed %s", got)
	}
	if jobs := sim.Jobs("demo"); len(jobs) != 1 || jobs[0].Status != "IN_PROGRESS" {
		t.Errorf("left are %+v", jobs)
	}
}

// TestQueuePurgeResource_unknownOutcome: a purge is not sent a second time
// when its reply is lost.
func TestQueuePurgeResource_unknownOutcome(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	sim.Inject(simulator.Fault{Op: "purge-queue", Kind: simulator.CutAfter})
	p := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": "demo"})
	_, diags := p.CreateResource(t.Context(), purgeType, acctest.Values{})
	if len(diags.Errors()) != 1 || !strings.Contains(diags.String(), "may have been purged") || !strings.Contains(diags.String(), "Nothing was sent again") {
		t.Error(diags)
	}
	if got := sim.Journal().Count("purge-queue"); got != 1 {
		t.Errorf("%d purges", got)
	}
}

// TestQueuePurgeResource_destroy: purging on destroy is a choice, and an
// endpoint that is gone has no queue.
func TestQueuePurgeResource_destroy(t *testing.T) {
	t.Parallel()
	for onDestroy, purges := range map[string]int{"nothing": 1, "purge": 2} {
		t.Run(onDestroy, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			p := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": "demo"})
			state, diags := p.CreateResource(t.Context(), purgeType, acctest.Values{"on_destroy": onDestroy})
			diags.RequireNone(t)
			sim.Inject(simulator.Fault{Op: "purge-queue", Kind: simulator.StatusReply, Status: 404, Body: `{"status":404,"title":"Not Found","detail":"endpoint not found"}`})
			left, diags := p.DestroyResource(t.Context(), purgeType, state)
			diags.RequireNone(t)
			if left.Values != nil {
				t.Errorf("left is %v", left.Values)
			}
			if got := sim.Journal().Count("purge-queue"); got != purges {
				t.Errorf("%d purges, want %d", got, purges)
			}
		})
	}
}
