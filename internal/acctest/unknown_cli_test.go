package acctest_test

import (
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// lateConfig has every resource with an argument that is unknown until apply whenever
// version changes, and then has the value of the variable value.
const lateConfig = `
variable "release" {}
variable "value" { default = "same" }

resource "terraform_data" "late" {
  input            = var.value
  triggers_replace = var.release
}

resource "runpodserverless_job" "one" {
  input    = { mock_return = "out" }
  triggers = { late = terraform_data.late.output }
}

resource "runpodserverless_job_set" "many" {
  inputs   = { a = { mock_return = 1 }, b = { mock_return = 2 } }
  triggers = { late = terraform_data.late.output }
}

resource "runpodserverless_batch" "batch" {
  requests = [{ mock_return = 1 }, { mock_return = 2 }]
  triggers = { late = terraform_data.late.output }
}

resource "runpodserverless_queue_purge" "purge" {
  triggers   = { late = terraform_data.late.output }
  depends_on = [runpodserverless_job.one, runpodserverless_job_set.many, runpodserverless_batch.batch]
}

output "output" { value = runpodserverless_job.one.output }
output "job" { value = runpodserverless_job.one.id }
`

// TestAccUnknownAtPlan: the CLI replaces resources because of unknown values, and
// nothing is submitted again if these turn out to be the same, neither in the same run
// nor from a saved plan.
func TestAccUnknownAtPlan(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := ledgerCLI(t, sim, lateConfig)
	submissions := func() [3]int {
		journal := sim.Journal()
		return [3]int{journal.Count("run"), journal.Count("batch-create"), journal.Count("purge-queue")}
	}
	cli.MustRun("apply", "-auto-approve", "-var=release=1")
	first := submissions()
	if first != [3]int{3, 1, 1} {
		t.Fatalf("%v submissions", first)
	}
	job := cli.MustRun("output", "-raw", "job").Stdout
	if out := cli.MustRun("apply", "-no-color", "-auto-approve", "-var=release=2").Output(); !strings.Contains(out, "must be replaced") || strings.Count(out, titleTaken) < 1 || !strings.Contains(out, "Queue not purged again") {
		t.Errorf("got:\n%s", out)
	}
	cli.MustRun("plan", "-var=release=3", "-out=late.tfplan")
	cli.MustRun("apply", "late.tfplan")
	if got := submissions(); got != first {
		t.Errorf("%v submissions, want %v", got, first)
	}
	if again := cli.MustRun("output", "-raw", "job").Stdout; again != job {
		t.Errorf("the job is %s, and was %s", again, job)
	}
	if out := cli.MustRun("plan", "-no-color", "-detailed-exitcode", "-var=release=3").Output(); !strings.Contains(out, "No changes") {
		t.Errorf("the next plan:\n%s", out)
	}
	cli.MustRun("apply", "-auto-approve", "-var=release=4", "-var=value=other")
	if got := submissions(); got != [3]int{6, 2, 2} {
		t.Errorf("%v submissions after a change", got)
	}
}
