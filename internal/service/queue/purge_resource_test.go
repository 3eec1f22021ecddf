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
