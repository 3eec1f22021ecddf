package batch_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
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
	batchType = "runpodserverless_batch"
	address   = batchType + ".test"
)

// config returns a configuration with one batch that has the given arguments.
func config(sim *simtest.Sim, arguments string) string {
	return acctest.ResourceConfig(sim, batchType, arguments)
}

// requests fails the test unless an operation was used so often.
var requests = simtest.Requests

// lines writes a file with n requests, each of which returns its number.
func lines(t *testing.T, n int) string {
	t.Helper()
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "{\"mock_return\":%d}\n", i)
	}
	path := filepath.Join(t.TempDir(), "requests.jsonl")
	if err := os.WriteFile(path, []byte(b.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// resultLine is a line of a results file.
type resultLine struct {
	Index  *int
	ID     string
	Status string
	Output json.RawMessage
	Error  *struct{ Type, Message string }
}

func readResults(t *testing.T, path string) []resultLine {
	t.Helper()
	results, err := resultsOf(path)
	if err != nil {
		t.Fatal(err)
	}
	return results
}

func resultsOf(path string) ([]resultLine, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var results []resultLine
	for _, line := range strings.Split(strings.TrimSpace(string(content)), "\n") {
		var r resultLine
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			return nil, fmt.Errorf("%s: %w", line, err)
		}
		results = append(results, r)
	}
	return results, nil
}

func TestAccBatchResource_lifecycle(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	const arguments = `requests = [
			{ mock_return = { text = "héllo <&>", n = 9007199254740993 } },
			{ mock_return = "two", sim_delay_ms = 50 },
			{ mock_return = [3] },
		]
		triggers = { a = "1" }
		`
	acctest.Test(t, resource.TestCase{
		CheckDestroy: func(*terraform.State) error {
			requests(t, sim, "batch-create", 2)
			requests(t, sim, "batch-cancel", 0) // one that ended needs none
			return nil
		},
		Steps: []resource.TestStep{
			{
				Config: config(sim, arguments),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionCreate),
						plancheck.ExpectKnownValue(address, tfjsonpath.New("total"), knownvalue.Int64Exact(3)),
						plancheck.ExpectUnknownValue(address, tfjsonpath.New("results")),
					},
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("id"), knownvalue.StringRegexp(regexp.MustCompile("^batch_"))),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("status"), knownvalue.StringExact("FINALIZED")),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("phase"), knownvalue.StringExact("done")),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("completed"), knownvalue.Int64Exact(3)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("failed"), knownvalue.Int64Exact(0)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("results_in_order"), knownvalue.Bool(true)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("created_at"), knownvalue.NotNull()),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("results").AtSliceIndex(0).AtMapKey("output").AtMapKey("text"), knownvalue.StringExact("héllo <&>")),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("results").AtSliceIndex(1).AtMapKey("output"), knownvalue.StringExact("two")),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("results").AtSliceIndex(2).AtMapKey("index"), knownvalue.Int64Exact(2)),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("results").AtSliceIndex(2).AtMapKey("error"), knownvalue.Null()),
				},
			},
			{ // waiting arguments change in place, without a request
				Config: config(sim, arguments+`on_failure = "warn"
					timeouts = { create = "1h" }`),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)},
				},
			},
			{ // a trigger runs a new batch
				Config:    config(sim, strings.Replace(arguments, `a = "1"`, `a = "2"`, 1)),
				PreConfig: func() { requests(t, sim, "batch-create", 1) },
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{
						plancheck.ExpectResourceAction(address, plancheck.ResourceActionDestroyBeforeCreate),
						plancheck.ExpectUnknownValue(address, tfjsonpath.New("id")),
					},
				},
			},
		},
	})
	journal := sim.Journal()
	if got := string(journal.Op("batch-create")[0].Body); got != `[{"input":{"mock_return":{"n":9007199254740993,"text":"héllo <&>"}}}]` {
		t.Error(got)
	}
	for i, want := range []string{`{"requests":[{"input":{"mock_return":"two","sim_delay_ms":50}}]}`, `{"requests":[{"input":{"mock_return":[3]}}]}`} {
		if got := string(journal.Op("batch-append")[i].Body); got != want {
			t.Error(got)
		}
	}
}

// listsInOrder returns an error unless a results file has the outputs of n lines in
// their order, and nothing is left over beside it.
func listsInOrder(path string, n int) error {
	results, err := resultsOf(path)
	if err != nil {
		return err
	}
	if len(results) != n {
		return fmt.Errorf("%d results, want %d", len(results), n)
	}
	for i, r := range results {
		if r.Index == nil || *r.Index != i || string(r.Output) != fmt.Sprint(i) || r.Status != "COMPLETED" {
			return fmt.Errorf("line %d is %+v", i, r)
		}
	}
	rest, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".*"))
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("left over: %v", rest)
	}
	return err
}

func TestAccBatchResource_failure(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	const arguments = `requests = [{ mock_return = 1 }, { sim_raise = "kaboom" }, { mock_return = 3 }]
		`
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:      config(sim, arguments),
			ExpectError: regexp.MustCompile(`(?s)1 of 3 requests did not complete.*Endpoint: demo.*Batch: batch_.*3 in all, 2 completed, 1 failed.*kaboom`),
		},
		{ // tainted: the next apply runs it again
			Config: config(sim, arguments+`on_failure = "warn"`),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("failed"), knownvalue.Int64Exact(1)),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("results").AtSliceIndex(1).AtMapKey("error").AtMapKey("type"), knownvalue.StringExact("ValueError")),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("results").AtSliceIndex(2).AtMapKey("output"), knownvalue.Int64Exact(3)),
			},
			ConfigPlanChecks: resource.ConfigPlanChecks{PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
		},
	}})
	requests(t, sim, "batch-create", 2)
}

// TestAccBatchResource_resume: a wait that ran out resumes on the same batch,
// and destroying a live one cancels it.
func TestAccBatchResource_resume(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	const arguments = `requests = [{ mock_delay = 300 }, { mock_delay = 301 }]
		on_timeout = "detach"
		`
	acctest.Test(t, resource.TestCase{
		CheckDestroy: func(*terraform.State) error {
			if got := sim.Batches("demo")[0].Status; got != "FINALIZED" {
				return fmt.Errorf("the batch is %s", got)
			}
			requests(t, sim, "batch-cancel", 1)
			return nil
		},
		Steps: []resource.TestStep{
			{Config: config(sim, arguments+`timeouts = { create = "1s" }`), ExpectNonEmptyPlan: true},
			{
				Config: config(sim, arguments+`timeouts = { create = "1s", update = "1s" }`), ExpectNonEmptyPlan: true,
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, plancheck.ResourceActionUpdate)},
				},
				ConfigStateChecks: []statecheck.StateCheck{
					statecheck.ExpectKnownValue(address, tfjsonpath.New("phase"), knownvalue.StringExact("running")),
					statecheck.ExpectKnownValue(address, tfjsonpath.New("in_progress"), knownvalue.Int64Exact(2)),
				},
			},
		},
	})
	requests(t, sim, "batch-create", 1)
	requests(t, sim, "batch-append", 1)
}

func TestAccBatchResource_import(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	const arguments = `requests = [{ mock_return = 1 }, { mock_return = 2 }]`
	acctest.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config(sim, arguments)},
		{
			Config: config(sim, arguments), ResourceName: address, ImportState: true, ImportStateVerify: true,
			ImportStateIdFunc: func(s *terraform.State) (string, error) {
				return "demo/" + s.RootModule().Resources[address].Primary.ID, nil
			},
			// What the batch was made of cannot be read back; its results are read by the next apply.
			ImportStateVerifyIgnore: []string{"requests", "requests_sha256", "phase", "results", "results_bytes", "results_sha256", "results_in_order"},
		},
	}})
	requests(t, sim, "batch-create", 1)
}
