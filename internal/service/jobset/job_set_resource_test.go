package jobset_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

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
	setType = "runpodserverless_job_set"
	address = setType + ".test"
)

// config returns a configuration with one set that has the given arguments.
func config(sim *simtest.Sim, arguments string) string {
	return acctest.RequiredProviders() + acctest.ProviderConfig(sim, `endpoint_id = "demo"`, `retry_min_wait = "10ms"`, `retry_max_wait = "20ms"`) +
		"resource \"" + setType + "\" \"test\" {\n" + arguments + "\n}\n"
}

// requests fails the test unless an operation was used so often.
func requests(t *testing.T, sim *simtest.Sim, op string, want int) {
	t.Helper()
	if got := sim.Journal().Count(op); got != want {
		t.Errorf("%d requests to /%s, want %d", got, op, want)
	}
}

func value(path tfjsonpath.Path, want knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, path, want)
}

func jobOf(key, attribute string) tfjsonpath.Path {
	return tfjsonpath.New("jobs").AtMapKey(key).AtMapKey(attribute)
}

func planned(checks ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: checks}
}

// TestAccJobSetResource_incremental: each change touches the keys that changed,
// and the plan says which.
func TestAccJobSetResource_incremental(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	sent := func(want int) func() { return func() { requests(t, sim, "run", want) } }
	noChange := resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
	unknown := func(key string) plancheck.PlanCheck {
		return plancheck.ExpectUnknownValue(address, tfjsonpath.New("jobs").AtMapKey(key))
	}
	known := func(key string) plancheck.PlanCheck {
		return plancheck.ExpectKnownValue(address, jobOf(key, "status"), knownvalue.StringExact("COMPLETED"))
	}
	const a, b, c = `a = { mock_return = { n = 9007199254740993, l = [1, null] } }
		`, `b = { mock_return = "two" }
		`, `c = { sim_no_output = true }
		`
	acctest.Test(t, resource.TestCase{
		CheckDestroy: func(*terraform.State) error {
			requests(t, sim, "cancel", 0) // final jobs need none
			requests(t, sim, "status", 0)
			return nil
		},
		Steps: []resource.TestStep{
			{
				Config: config(sim, `inputs = {`+a+b+`}
					webhook = "http://127.0.0.1:9/hook"
					policy = { execution_timeout = "10s" }`),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						unknown("a"), unknown("b"), plancheck.ExpectUnknownValue(address, tfjsonpath.New("outputs")), plancheck.ExpectUnknownValue(address, tfjsonpath.New("succeeded")),
						plancheck.ExpectKnownValue(address, tfjsonpath.New("endpoint_id"), knownvalue.StringExact("demo")),
						plancheck.ExpectKnownValue(address, tfjsonpath.New("sensitive_outputs"), knownvalue.Null()),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{
					value(tfjsonpath.New("succeeded"), knownvalue.Int64Exact(2)),
					value(tfjsonpath.New("failed"), knownvalue.Int64Exact(0)),
					value(tfjsonpath.New("outputs").AtMapKey("a").AtMapKey("n"), knownvalue.StringFunc(nil)),
				}[:2],
			},
			{ // the same in other words
				PreConfig: sent(2),
				Config: config(sim, `inputs = merge({`+b+`}, tomap({ a = jsondecode("{\"mock_return\":{\"l\":[1.0,null],\"n\":9007199254740993}}") }))
					webhook = "http://127.0.0.1:9/hook"
					policy = { execution_timeout = "10s" }`),
				ConfigPlanChecks: noChange,
			},
			{ // added
				PreConfig: sent(2),
				Config: config(sim, `inputs = {`+a+b+c+`}
					webhook = "http://127.0.0.1:9/hook"
					policy = { execution_timeout = "10s" }`),
				ConfigPlanChecks:  planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate), known("a"), known("b"), unknown("c")),
				ConfigStateChecks: []statecheck.StateCheck{value(tfjsonpath.New("outputs").AtMapKey("c"), knownvalue.Null()), value(tfjsonpath.New("outputs").AtMapKey("b"), knownvalue.StringExact("two"))},
			},
			{ // changed
				PreConfig: sent(3),
				Config: config(sim, `inputs = {`+a+strings.Replace(b, "two", "zwei", 1)+c+`}
					webhook = "http://127.0.0.1:9/hook"
					policy = { execution_timeout = "10s" }`),
				ConfigPlanChecks:  planned(known("a"), unknown("b"), known("c")),
				ConfigStateChecks: []statecheck.StateCheck{value(tfjsonpath.New("outputs").AtMapKey("b"), knownvalue.StringExact("zwei"))},
			},
			{ // removed: all of it is known
				PreConfig: sent(4),
				Config: config(sim, `inputs = {`+a+c+`}
					webhook = "http://127.0.0.1:9/hook"
					policy = { execution_timeout = "10s" }`),
				ConfigPlanChecks: planned(known("a"), known("c"), plancheck.ExpectKnownValue(address, tfjsonpath.New("succeeded"), knownvalue.Int64Exact(2)),
					plancheck.ExpectKnownValue(address, tfjsonpath.New("jobs"), knownvalue.MapSizeExact(2))),
				ConfigStateChecks: []statecheck.StateCheck{value(tfjsonpath.New("jobs"), knownvalue.MapSizeExact(2))},
			},
			{ // waiting arguments change in place, without a request
				PreConfig: sent(4),
				Config: config(sim, `inputs = {`+a+c+`}
					webhook = "http://127.0.0.1:9/hook"
					policy = { execution_timeout = "10s" }
					max_in_flight = 3
					on_failure = "warn"`),
				ConfigPlanChecks: planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate), known("a"), known("c")),
			},
			{ // what all jobs are made of replaces the set
				PreConfig: sent(4),
				Config: config(sim, `inputs = {`+a+c+`}
					policy = { execution_timeout = "20s" }`),
				ConfigPlanChecks: planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate), unknown("a"), unknown("c"), plancheck.ExpectUnknownValue(address, tfjsonpath.New("id"))),
			},
			{ // nothing is a set, too
				PreConfig: sent(6),
				Config: config(sim, `inputs = {}
					policy = { execution_timeout = "20s" }`),
				ConfigStateChecks: []statecheck.StateCheck{value(tfjsonpath.New("succeeded"), knownvalue.Int64Exact(0)), value(tfjsonpath.New("outputs"), knownvalue.ObjectExact(nil))},
			},
		},
	})
	requests(t, sim, "run", 6)
	requests(t, sim, "status-sync", 6)
	for _, x := range sim.Journal().Op("run")[:2] {
		if body := string(x.Body); !strings.Contains(body, `"webhook":"http://127.0.0.1:9/hook"`) || !strings.Contains(body, `"executionTimeout":10000`) {
			t.Error(body)
		}
	}
}

var _ = fmt.Sprint
var _ = regexp.MustCompile
var _ = time.Second
