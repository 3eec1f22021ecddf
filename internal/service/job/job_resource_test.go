package job_test

import (
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

const address = "runpodserverless_job.test"

// config returns a configuration with one job that has the given arguments.
func config(sim *simtest.Sim, arguments string) string {
	return acctest.ResourceConfig(sim, "runpodserverless_job", arguments)
}

// requests fails the test unless an operation was used so often.
var requests = simtest.Requests

func TestAccJobResource_lifecycle(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	const input = `input = {
		mock_return = { text = "héllo <&>", n = 9007199254740993, f = 0.1, nested = [1, null, { deep = [true, null] }], none = null }
		sim_delay_ms = 20
	}
	policy = { execution_timeout = "10s", ttl = "1h", low_priority = true }
	webhook = "http://127.0.0.1:9/hook"
	triggers = { a = "1" }
	`
	acctest.Test(t, resource.TestCase{
		CheckDestroy: func(*terraform.State) error {
			requests(t, sim, "run", 2)
			requests(t, sim, "cancel", 0) // a final job needs none
			requests(t, sim, "status", 1) // of the last step
			return nil
		},
		Steps: []resource.TestStep{
			{
				Config: config(sim, input),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
						plancheck.ExpectUnknownValue(address, tfjsonpath.New("output")),
						plancheck.ExpectKnownValue(address, tfjsonpath.New("endpoint_id"), knownvalue.StringExact("demo")),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("status"), knownvalue.StringExact("COMPLETED")),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("output").AtMapKey("text"), knownvalue.StringExact("héllo <&>")),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("output").AtMapKey("n"), knownvalue.NumberExact(bigFloat("9007199254740993"))),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("output").AtMapKey("nested").AtSliceIndex(2).AtMapKey("deep").AtSliceIndex(0), knownvalue.Bool(true)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("error"), knownvalue.Null()),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("attempts"), knownvalue.Int64Exact(1)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("expired"), knownvalue.Bool(false)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("execution_time_ms"), knownvalue.NotNull()),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("output_sha256"), knownvalue.StringRegexp(regexp.MustCompile(`^[0-9a-f]{64}$`))),
					statecheck.ExpectSensitiveValue(address, tfjsonpath.New("webhook")),
				},
			},
			{ // the same in other words: a list for a tuple, 1.0 for 1
				Config: config(sim, strings.Replace(input, `f = 0.1`, `f = 0.10`, 1)),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
			},
			{ // waiting arguments change in place, without a request
				Config: config(sim, input+`on_failure = "warn"
					on_destroy = "keep"
					timeouts = { create = "1h" }`),
				PreConfig: func() { requests(t, sim, "run", 1) },
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)},
				},
			},
			{ // a trigger runs a new job
				Config: config(sim, strings.Replace(input, `a = "1"`, `a = "2"`, 1)+`output_sensitive = true`),
				PreConfig: func() {
					requests(t, sim, "run", 1)
					requests(t, sim, "status", 0)
				},
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate),
						plancheck.ExpectUnknownValue(address, tfjsonpath.New("id")),
					},
				},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("output"), knownvalue.Null()),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("sensitive_output").AtMapKey("text"), knownvalue.StringExact("héllo <&>")),
					statecheck.ExpectSensitiveValue(address, tfjsonpath.New("sensitive_output")),
				},
			},
			{ // what is kept of the output changes in place, and is known after the apply
				Config: config(sim, strings.Replace(input, `a = "1"`, `a = "2"`, 1)+`output_select = { n = "n", missing = "nothing.here" }`),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
						plancheck.ExpectUnknownValue(address, tfjsonpath.New("output")),
					},
				},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("output"), knownvalue.ObjectExact(map[string]knownvalue.Check{"n": knownvalue.NumberExact(bigFloat("9007199254740993")), "missing": knownvalue.Null()})),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("sensitive_output"), knownvalue.Null()),
				},
			},
		},
	})
	body := string(sim.Journal().Op("run")[0].Body)
	for _, part := range []string{`"n":9007199254740993`, `"f":0.1`, `"none":null`, `"text":"héllo <&>"`, `"policy":{"executionTimeout":10000,"ttl":3600000,"lowPriority":true}`, `"webhook":"http://127.0.0.1:9/hook"`} {
		if !strings.Contains(strings.ReplaceAll(strings.ReplaceAll(strings.ReplaceAll(body, `\u003c`, "<"), `\u0026`, "&"), `\u003e`, ">"), part) {
			t.Errorf("%s is not in %s", part, body)
		}
	}
}

// TestAccJobResource_resume: a wait that ran out resumes on the same job.
func TestAccJobResource_resume(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config(sim, `input = { mock_return = "slow", mock_delay = 300 }
				on_timeout = "detach"
				timeouts = { create = "1s" }`),
			ExpectNonEmptyPlan: true, // it resumes
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("status"), knownvalue.StringRegexp(regexp.MustCompile("^IN_(QUEUE|PROGRESS)$"))),
			},
		},
		{
			PreConfig: func() { sim.FastForward(t, 6*time.Minute) },
			Config: config(sim, `input = { mock_return = "slow", mock_delay = 300 }
				on_timeout = "detach"`),
			ConfigPlanChecks: resource.ConfigPlanChecks{
				PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)},
			},
		},
	}})
	requests(t, sim, "run", 1)
}

func TestAccJobResource_failure(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:      config(sim, `input = { sim_raise = "kaboom" }`),
			ExpectError: regexp.MustCompile(`(?s)Job ended as FAILED.*Endpoint: demo.*Error type: ValueError.*Error: kaboom.*ValueError: kaboom`),
		},
		{ // tainted: the next apply runs it again
			Config: config(sim, `input = { sim_raise = "kaboom" }
				on_failure = "warn"`),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("error").AtMapKey("type"), knownvalue.StringExact("ValueError")),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("error").AtMapKey("message"), knownvalue.StringExact("kaboom")),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("output"), knownvalue.Null()),
			},
			ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
		},
	}})
	requests(t, sim, "run", 2)
}

func TestAccJobResource_import(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	const arguments = `input = { mock_return = { x = 1 } }
		triggers = { a = "1" }`
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config(sim, arguments)},
		{
			Config: config(sim, arguments), ResourceName: address, ImportState: true, ImportStateVerify: true,
			ImportStateIdFunc: func(s *terraform.State) (string, error) {
				return "demo/" + s.RootModule().Resources[address].Primary.ID, nil
			},
			// What the job was made of cannot be read back.
			ImportStateVerifyIgnore: []string{"input", "triggers", "submitted_at", "completed_at"},
		},
	}})
	requests(t, sim, "run", 1)
}
