package jobset_test

import (
	"math/big"
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
	return acctest.ResourceConfig(sim, setType, arguments)
}

// requests fails the test unless an operation was used so often.
var requests = simtest.Requests

func value(path tfjsonpath.Path, want knownvalue.Check) statecheck.StateCheck {
	return statecheck.ExpectKnownValue(address, path, want)
}

func jobOf(key, attribute string) tfjsonpath.Path {
	return tfjsonpath.New("jobs").AtMapKey(key).AtMapKey(attribute)
}

func bigFloat(s string) *big.Float {
	f, _, err := big.ParseFloat(s, 10, 512, big.ToNearestEven)
	if err != nil {
		panic(err)
	}
	return f
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
	beyond := bigFloat("9007199254740993")
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
					value(tfjsonpath.New("outputs").AtMapKey("a").AtMapKey("n"), knownvalue.NumberExact(beyond)),
					value(tfjsonpath.New("outputs").AtMapKey("a").AtMapKey("l").AtSliceIndex(1), knownvalue.Null()),
					value(jobOf("a", "attempts"), knownvalue.Int64Exact(1)),
					value(jobOf("a", "error"), knownvalue.Null()),
					value(jobOf("a", "expired"), knownvalue.Bool(false)),
					value(jobOf("a", "execution_time_ms"), knownvalue.NotNull()),
					value(jobOf("a", "output_sha256"), knownvalue.StringRegexp(regexp.MustCompile(`^[0-9a-f]{64}$`))),
					value(jobOf("a", "input_sha256"), knownvalue.StringRegexp(regexp.MustCompile(`^[0-9a-f]{64}$`))),
					statecheck.ExpectSensitiveValue(address, tfjsonpath.New("webhook")),
				},
			},
			{ // the same in other words
				PreConfig: sent(2),
				Config: config(sim, `inputs = merge({`+b+`}, tomap({ a = jsondecode("{\"mock_return\":{\"l\":[1.0,null],\"n\":9007199254740993}}") }))
					webhook = "http://127.0.0.1:9/hook"
					policy = { execution_timeout = "10s" }`),
				ConfigPlanChecks: noChange,
			},
			{ // one changed and one added, and an argument of the wait
				PreConfig: sent(2),
				Config: config(sim, `inputs = {`+a+strings.Replace(b, "two", "zwei", 1)+c+`}
					webhook = "http://127.0.0.1:9/hook"
					policy = { execution_timeout = "10s" }
					max_in_flight = 3`),
				ConfigPlanChecks:  planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate), known("a"), unknown("b"), unknown("c")),
				ConfigStateChecks: []statecheck.StateCheck{value(tfjsonpath.New("outputs").AtMapKey("c"), knownvalue.Null()), value(tfjsonpath.New("outputs").AtMapKey("b"), knownvalue.StringExact("zwei"))},
			},
			{ // what all jobs are made of replaces the set
				PreConfig: sent(4),
				Config: config(sim, `inputs = {`+a+c+`}
					policy = { execution_timeout = "20s" }
					output_sensitive = true`),
				ConfigPlanChecks: planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate), unknown("a"), unknown("c"), plancheck.ExpectUnknownValue(address, tfjsonpath.New("id"))),
				ConfigStateChecks: []statecheck.StateCheck{
					value(tfjsonpath.New("outputs"), knownvalue.Null()), value(tfjsonpath.New("sensitive_outputs").AtMapKey("a").AtMapKey("n"), knownvalue.NumberExact(beyond)),
					statecheck.ExpectSensitiveValue(address, tfjsonpath.New("sensitive_outputs")),
				},
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

// TestAccJobSetResource_failure: more failures than allowed fail the apply when
// all keys have ended; untainted, only the failed keys run again.
func TestAccJobSetResource_failure(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := acctest.NewCLI(t)
	apply := func(arguments string) acctest.Result {
		cli.WriteFile("main.tf", config(sim, arguments))
		return cli.Run("apply", "-auto-approve", "-no-color")
	}
	const bad = `inputs = {
		good  = { mock_return = "fine" }
		bad   = { sim_raise = "kaboom" }
		worse = { mock_error = true }
	}
	`
	r := apply(bad)
	words := regexp.MustCompile(`(?s)2 of 3 jobs failed.*Jobs: 3 in all, 1 completed, 2 failed.*bad \(job [-0-9a-z]+\): FAILED, kaboom.*worse.*takes over the jobs that are running or completed`)
	if r.ExitCode != 1 || !words.MatchString(unboxed(r.Output())) {
		t.Fatalf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	requests(t, sim, "run", 3)
	cli.MustRun("untaint", address)

	// The failed keys run again, and nothing else; an error of a change taints nothing.
	if r := apply(bad); r.ExitCode != 1 || !strings.Contains(unboxed(r.Output()), "Runs failed jobs again") {
		t.Fatalf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	requests(t, sim, "run", 5)
	if plan := cli.MustRun("plan", "-no-color").Stdout; !strings.Contains(plan, "0 to add, 1 to change, 0 to destroy") {
		t.Error(plan)
	}
}

// unboxed takes the frame and the line breaks out of the diagnostics of the
// command-line interface.
func unboxed(output string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("│", " ", "╷", " ", "╵", " ").Replace(output)), " ")
}

// TestAccJobSetResource_timeout: a wait that ran out resumes on the same jobs,
// and the remaining keys are submitted.
func TestAccJobSetResource_timeout(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	const arguments = `inputs = { for key in ["a", "b", "c"] : key => { mock_return = key, mock_delay = 300 } }
		max_in_flight = 2
		on_timeout = "detach"
		`
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:             config(sim, arguments+`timeouts = { create = "1s" }`),
			ExpectNonEmptyPlan: true, // it resumes
			ConfigStateChecks: []statecheck.StateCheck{
				value(jobOf("a", "status"), knownvalue.StringRegexp(regexp.MustCompile("^IN_(QUEUE|PROGRESS)$"))),
				value(jobOf("c", "id"), knownvalue.Null()),
				value(tfjsonpath.New("succeeded"), knownvalue.Int64Exact(0)),
			},
		},
		{
			PreConfig: func() {
				requests(t, sim, "run", 2)
				sim.FastForward(t, 6*time.Minute)
			},
			Config: config(sim, arguments),
			ConfigPlanChecks: planned(plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate),
				plancheck.ExpectUnknownValue(address, tfjsonpath.New("jobs").AtMapKey("a")), plancheck.ExpectUnknownValue(address, tfjsonpath.New("jobs").AtMapKey("c"))),
			ConfigStateChecks: []statecheck.StateCheck{
				value(tfjsonpath.New("succeeded"), knownvalue.Int64Exact(3)),
				value(tfjsonpath.New("outputs").AtMapKey("c"), knownvalue.StringExact("c")),
			},
		},
	}})
	requests(t, sim, "run", 3)
	requests(t, sim, "cancel", 0)
}
