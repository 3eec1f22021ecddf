package job_test

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
			requests(t, sim, "status", 0)
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
				Config:    config(sim, strings.Replace(input, `a = "1"`, `a = "2"`, 1)),
				PreConfig: func() { requests(t, sim, "run", 1) },
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate),
						plancheck.ExpectUnknownValue(address, tfjsonpath.New("id")),
					},
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

func TestAccJobResource_sync(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: config(sim, `mode = "sync"
			sync_wait = "2s"
			input = { mock_return = "done" }`),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(address, tfjsonpath.New("output"), knownvalue.StringExact("done")),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringRegexp(regexp.MustCompile("^sync-"))),
		},
	}}})
	requests(t, sim, "runsync", 1)
	requests(t, sim, "status-sync", 0) // the reply had it all
	if got := sim.Journal().Op("runsync")[0].RawQuery; got != "wait=2000" {
		t.Error(got)
	}
}

// TestAccJobResource_syncUnfinished: the reply of /runsync may be unfinished,
// then the job is waited for like any other.
func TestAccJobResource_syncUnfinished(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{Speed: 20})
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: config(sim, `mode = "sync"
			sync_wait = "1s"
			input = { mock_return = "late", mock_delay = 10 }`),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(address, tfjsonpath.New("output"), knownvalue.StringExact("late")),
		},
	}}})
	requests(t, sim, "runsync", 1)
}

func TestAccJobResource_withoutStatusSync(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{NoStatusSync: true, NoStatusCode: 405})
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: config(sim, `input = { mock_return = "polled", sim_delay_ms = 300 }`),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(address, tfjsonpath.New("output"), knownvalue.StringExact("polled")),
		},
	}}})
}

// TestAccJobResource_noWait: without a wait the apply ends at once; a refresh
// takes the result, and destroying a live job cancels it.
func TestAccJobResource_noWait(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	acctest.Test(t, resource.TestCase{
		CheckDestroy: func(*terraform.State) error {
			requests(t, sim, "cancel", 1)
			if got := sim.Jobs("demo")[0].Status; got != "CANCELLED" {
				return fmt.Errorf("the job is %s", got)
			}
			return nil
		},
		Steps: []resource.TestStep{{
			Config: config(sim, `input = { mock_delay = 3600 }
				wait_for_completion = false`),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("output"), knownvalue.Null()),
			},
		}},
	})
	requests(t, sim, "status-sync", 0)
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

func TestAccJobResource_timeoutCancels(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Throttled: 3}}})
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: config(sim, `input = { mock_return = "never" }
			timeouts = { create = "1s" }`),
		ExpectError: regexp.MustCompile(`(?s)Job timed out and was cancelled.*Endpoint: demo.*3\s+throttled`),
	}}})
	requests(t, sim, "cancel", 1)
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

func TestAccJobResource_retry(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: config(sim, `input = { sim_fail_times = 2, mock_return = "third time" }
			retry = { max_attempts = 3, min_backoff = "10ms", max_backoff = "20ms" }`),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownValue(address, tfjsonpath.New("output"), knownvalue.StringExact("third time")),
			statecheck.ExpectKnownValue(address, tfjsonpath.New("attempts"), knownvalue.Int64Exact(3)),
		},
	}}})
	requests(t, sim, "run", 1)
	requests(t, sim, "retry", 2)
}

func TestAccJobResource_output(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config(sim, `input = { mock_return = { secret = "s3cr3t" } }
				output_sensitive = true`),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("output"), knownvalue.Null()),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("sensitive_output").AtMapKey("secret"), knownvalue.StringExact("s3cr3t")),
				statecheck.ExpectSensitiveValue(address, tfjsonpath.New("sensitive_output")),
			},
		},
		{ // larger than what is stored
			Config: config(sim, `input = { sim_output_bytes = 5000 }
				max_output_bytes = 1000`),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("output"), knownvalue.Null()),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("output_bytes"), knownvalue.Int64Exact(5000)),
			},
		},
		{ // and stored after all
			Config: config(sim, `input = { sim_output_bytes = 5000 }
				max_output_bytes = 10000`),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("output"), knownvalue.StringRegexp(regexp.MustCompile(`^x{998}x{1000}x{1000}x{1000}x{1000}$`))),
			},
		},
	}})
	requests(t, sim, "run", 2)
}

// TestAccJobResource_outputSelect: parts instead of the whole, changed in place
// while the API has the output, and taken from the state when it no longer has.
func TestAccJobResource_outputSelect(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	const input = `input = { mock_return = { images = [{ url = "a.png", seed = 9007199254740993 }, { url = "b.png", seed = 2 }], text = "` + "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" + `" } }
		`
	outputIs := func(at tfjsonpath.Path, want knownvalue.Check) []statecheck.StateCheck {
		return []statecheck.StateCheck{statecheck.ExpectKnownValue(address, at, want)}
	}
	output := tfjsonpath.New("output")
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:            config(sim, input+`output_select = { urls = "images[].url", missing = "nothing.here" }`),
			ConfigStateChecks: outputIs(output, knownvalue.ObjectExact(map[string]knownvalue.Check{"urls": knownvalue.TupleExact([]knownvalue.Check{knownvalue.StringExact("a.png"), knownvalue.StringExact("b.png")}), "missing": knownvalue.Null()})),
		},
		{ // the limit is that of the parts
			Config:            config(sim, input+`output_select = { seed = "images[0].seed" }`+"\nmax_output_bytes = 30"),
			ConfigPlanChecks:  resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)}},
			ConfigStateChecks: outputIs(output.AtMapKey("seed"), knownvalue.NumberExact(bigFloat("9007199254740993"))),
		},
		{ // an expression that does not fit is null, and no error
			Config:            config(sim, input+`output_select = { sum = "sum(text)", url = "images[1].url" }`),
			ConfigStateChecks: outputIs(output, knownvalue.ObjectExact(map[string]knownvalue.Check{"sum": knownvalue.Null(), "url": knownvalue.StringExact("b.png")})),
		},
		{ // the whole again
			Config:            config(sim, input),
			ConfigStateChecks: outputIs(output.AtMapKey("images").AtSliceIndex(1).AtMapKey("seed"), knownvalue.Int64Exact(2)),
		},
		{ // expired: what is stored is whole, so parts can be taken from it
			PreConfig:         func() { sim.Advance(time.Hour) },
			Config:            config(sim, input+`output_select = { url = "images[0].url" }`),
			ConfigStateChecks: outputIs(output, knownvalue.ObjectExact(map[string]knownvalue.Check{"url": knownvalue.StringExact("a.png")})),
		},
		{ // other parts are gone; what is stored stays
			Config:            config(sim, input+`output_select = { seed = "images[0].seed" }`),
			ConfigStateChecks: outputIs(output, knownvalue.ObjectExact(map[string]knownvalue.Check{"url": knownvalue.StringExact("a.png")})),
		},
	}})
	requests(t, sim, "run", 1)
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
		{Config: config(sim, arguments), ResourceName: address, ImportState: true, ImportStateId: "nonsense", ExpectError: regexp.MustCompile("ENDPOINT_ID/JOB_ID")},
		{Config: config(sim, arguments), ResourceName: address, ImportState: true, ImportStateId: "demo/unknown-job", ExpectError: regexp.MustCompile("Unable to read the job")},
	}})
	requests(t, sim, "run", 1)
}
