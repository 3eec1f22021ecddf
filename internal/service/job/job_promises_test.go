package job_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// jobsAtOnce is how many jobs the configurations with for_each have.
const jobsAtOnce = 30

// storedJob is a job in a state file.
type storedJob struct {
	Tainted    bool
	Attributes struct {
		ID, Status string
		Expired    bool
	}
}

// storedJobs reads the jobs of the CLI's state.
func storedJobs(t *testing.T, cli *acctest.CLI) []storedJob {
	t.Helper()
	var state struct {
		Resources []struct {
			Type      string
			Instances []struct {
				Status     string
				Attributes json.RawMessage
			}
		}
	}
	if err := json.Unmarshal([]byte(cli.ReadFile("terraform.tfstate")), &state); err != nil {
		t.Fatal(err)
	}
	var jobs []storedJob
	for _, r := range state.Resources {
		for _, instance := range r.Instances {
			if r.Type != jobType {
				continue
			}
			job := storedJob{Tainted: instance.Status == "tainted"}
			if err := json.Unmarshal(instance.Attributes, &job.Attributes); err != nil {
				t.Fatal(err)
			}
			jobs = append(jobs, job)
		}
	}
	return jobs
}

// waited returns a channel that is closed when a job was waited for.
func waited(t *testing.T, sim *simtest.Sim) <-chan struct{} {
	t.Helper()
	return sim.Reached(t, "status-sync", 1)
}

func newCLI(t *testing.T, configuration string) *acctest.CLI {
	t.Helper()
	cli := acctest.NewCLI(t)
	cli.WriteFile("main.tf", configuration)
	return cli
}

// manyJobs is a configuration of [jobsAtOnce] jobs.
func manyJobs(sim *simtest.Sim) string {
	return strings.Replace(config(sim, `for_each = toset([for n in range(`+fmt.Sprint(jobsAtOnce)+`) : tostring(n)])
		input = { mock_return = each.key, sim_delay_ms = 30 }`), `"test"`, `"many"`, 1)
}

// TestAccJobResource_everyThirdSubmissionCut: what is on the server is in the
// state or was reported, job for job, and nothing was sent a second time.
func TestAccJobResource_everyThirdSubmissionCut(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	sim.Inject(simulator.Fault{Op: "run", Kind: simulator.CutAfter, Every: 3})
	cli := newCLI(t, manyJobs(sim))
	r := cli.Run("apply", "-no-color", "-auto-approve", "-parallelism=20")
	if r.ExitCode != 1 {
		t.Errorf("exit code %d", r.ExitCode)
	}
	requests(t, sim, "run", jobsAtOnce)
	reported := strings.Count(r.Output(), "Error: Outcome of the submission unknown")
	var stored, cut []string
	for _, job := range storedJobs(t, cli) {
		stored = append(stored, job.Attributes.ID)
		if job.Tainted || job.Attributes.Status != "COMPLETED" {
			t.Errorf("job %s: %s, tainted %v", job.Attributes.ID, job.Attributes.Status, job.Tainted)
		}
	}
	for _, x := range sim.Journal().Op("run") {
		if x.Fault != "" {
			cut = append(cut, x.JobID)
		}
	}
	if len(cut) != jobsAtOnce/3 || reported != len(cut) {
		t.Errorf("%d submissions were cut, %d reported", len(cut), reported)
	}
	var served []string
	for _, job := range sim.Jobs("demo") {
		served = append(served, job.ID)
	}
	all := append(stored, cut...)
	slices.Sort(all)
	if !slices.Equal(all, served) {
		t.Errorf("%d jobs on the server, %d stored, %d cut", len(served), len(stored), len(cut))
	}
}

// TestAccJobResource_everyThirdReadFails: failed reads delay nothing but themselves.
func TestAccJobResource_everyThirdReadFails(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	sim.Inject(simulator.Fault{Op: "GET", Every: 3, Kinds: []simulator.FaultKind{
		simulator.TooManyRequests, simulator.Unavailable, simulator.BadGatewayHTML, simulator.CutBody, simulator.CutAfter,
	}})
	cli := newCLI(t, manyJobs(sim))
	cli.MustRun("apply", "-no-color", "-auto-approve", "-parallelism=20")
	requests(t, sim, "run", jobsAtOnce)
	completed := 0
	for _, job := range storedJobs(t, cli) {
		if job.Attributes.Status == "COMPLETED" {
			completed++
		}
	}
	if completed != jobsAtOnce {
		t.Errorf("%d jobs completed", completed)
	}
	if got := cli.Run("plan", "-no-color", "-detailed-exitcode").ExitCode; got != 0 {
		t.Errorf("plan: exit code %d", got)
	}
}

// TestAccJobResource_interrupt: Ctrl-C leaves the job in the state, not tainted,
// and the next apply waits for it.
func TestAccJobResource_interrupt(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := newCLI(t, config(sim, `input = { mock_return = "done", mock_delay = 300 }`)+
		"resource \"terraform_data\" \"dependent\" {\n  input = runpodserverless_job.test.output\n}\n")
	run := cli.Start("apply", "-no-color", "-auto-approve")
	run.WaitFor(waited(t, sim))
	run.Interrupt()
	if r := run.Wait(); r.ExitCode == 0 || !strings.Contains(r.Output(), "Interrupted; the job keeps running") || strings.Contains(r.Output(), "terraform_data.dependent: Creation complete") {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	jobs := storedJobs(t, cli)
	if len(jobs) != 1 || jobs[0].Tainted || jobs[0].Attributes.ID != sim.Jobs("demo")[0].ID {
		t.Fatalf("state: %+v", jobs)
	}
	if plan := cli.Run("plan", "-no-color", "-detailed-exitcode"); plan.ExitCode != 2 || !strings.Contains(plan.Output(), "will be updated in-place") || !strings.Contains(plan.Output(), "Resumes waiting for a job") {
		t.Errorf("plan: exit code %d\n%s", plan.ExitCode, plan.Output())
	}
	sim.Advance(5 * time.Minute)
	// It has ended meanwhile: a plan without a refresh resumes, and finds it so.
	cli.MustRun("apply", "-no-color", "-auto-approve", "-refresh=false")
	requests(t, sim, "run", 1)
	if job := storedJobs(t, cli)[0]; job.Attributes.Status != "COMPLETED" || job.Attributes.ID != jobs[0].Attributes.ID {
		t.Errorf("state: %+v", job)
	}
	if got := cli.Run("plan", "-no-color", "-detailed-exitcode").ExitCode; got != 0 {
		t.Errorf("plan: exit code %d", got)
	}
}

// TestAccJobResource_terminate: a termination of the whole process group, as by
// systemd, loses no job either: the provider leaves it to Terraform to end it.
func TestAccJobResource_terminate(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := newCLI(t, config(sim, "count = 5\ninput = { mock_delay = 300 }"))
	run := cli.Start("apply", "-no-color", "-auto-approve")
	run.WaitFor(waited(t, sim))
	run.Terminate()
	if r := run.Wait(); r.ExitCode == 0 || !strings.Contains(r.Output(), "Interrupted; the job keeps running") {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
	if jobs := storedJobs(t, cli); len(jobs) != len(sim.Jobs("demo")) || len(jobs) == 0 {
		t.Errorf("%d jobs were submitted; state: %+v", len(sim.Jobs("demo")), jobs)
	}
}

// TestAccJobResource_interruptCancels: on_interrupt = "cancel" is as quick.
func TestAccJobResource_interruptCancels(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := newCLI(t, config(sim, "input = { mock_delay = 300 }\non_interrupt = \"cancel\""))
	run := cli.Start("apply", "-no-color", "-auto-approve")
	run.WaitFor(waited(t, sim))
	started := time.Now()
	run.Interrupt()
	r := run.Wait()
	if took := time.Since(started); r.ExitCode == 0 || took > 10*time.Second || !strings.Contains(r.Output(), "Interrupted; the job was cancelled") {
		t.Errorf("exit code %d after %s\n%s", r.ExitCode, took, r.Output())
	}
	if job := sim.Jobs("demo")[0]; job.Status != "CANCELLED" || storedJobs(t, cli)[0].Attributes.ID != job.ID {
		t.Errorf("the job is %s; the state: %+v", job.Status, storedJobs(t, cli))
	}
}

// TestAccJobResource_expired: a job that the API no longer knows changes nothing
// and is not run again.
func TestAccJobResource_expired(t *testing.T) {
	t.Parallel()
	const warning = "Warning: Job has expired"
	plan := func(t *testing.T, cli *acctest.CLI, sim *simtest.Sim, warnings, atMost int) {
		t.Helper()
		before := len(sim.Journal())
		r := cli.Run("plan", "-no-color", "-detailed-exitcode")
		if got := strings.Count(r.Output(), warning); r.ExitCode != 0 || got != warnings || strings.Contains(r.Output(), "must be replaced") {
			t.Errorf("plan: exit code %d, %d warnings\n%s", r.ExitCode, got, r.Output())
		}
		if n := len(sim.Journal()) - before; n > atMost {
			t.Errorf("%d requests", n)
		}
	}
	t.Run("after success", func(t *testing.T) {
		t.Parallel()
		sim := simtest.Start(t, simulator.Options{})
		cli := newCLI(t, config(sim, `input = { mock_return = "done" }`))
		cli.MustRun("apply", "-no-color", "-auto-approve")
		sim.Advance(31 * time.Minute)
		if n := len(sim.Jobs("demo")); n != 0 {
			t.Fatalf("%d jobs are left", n)
		}
		plan(t, cli, sim, 0, 0)
		cli.MustRun("destroy", "-no-color", "-auto-approve")
		requests(t, sim, "cancel", 0)
	})
	t.Run("while live", func(t *testing.T) {
		t.Parallel()
		sim := simtest.Start(t, simulator.Options{})
		cli := newCLI(t, config(sim, "input = { mock_delay = 3600 }\npolicy = { execution_timeout = \"24h\" }\nwait_for_completion = false"))
		cli.MustRun("apply", "-no-color", "-auto-approve")
		sim.ExpireJob("demo", sim.Jobs("demo")[0].ID)
		makeOld(t, cli)
		plan(t, cli, sim, 1, 2)
		if r := cli.MustRun("apply", "-no-color", "-auto-approve"); strings.Count(r.Output(), warning) != 1 {
			t.Errorf("apply: %s", r.Output())
		}
		plan(t, cli, sim, 0, 0)
		if job := storedJobs(t, cli)[0]; !job.Attributes.Expired || job.Tainted {
			t.Errorf("state: %+v", job)
		}
		requests(t, sim, "run", 1)
	})
}

// makeOld moves the submission of the stored job back by an hour: just after it
// the API may not show a job that is there.
func makeOld(t *testing.T, cli *acctest.CLI) {
	t.Helper()
	state := submittedAt.ReplaceAllString(cli.ReadFile("terraform.tfstate"), "${1}"+time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)+"${2}")
	cli.WriteFile("terraform.tfstate", state)
}

var submittedAt = regexp.MustCompile(`("submitted_at": ")[^"]+(")`)

// TestJobResource_refusedKeyInAWait: the wait stops at once, and the id stays.
func TestJobResource_refusedKeyInAWait(t *testing.T) {
	t.Parallel()
	for name, options := range map[string]simulator.Options{"held": {}, "polled": {NoStatusSync: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorkspace(t, options, nil, jobLasting(time.Hour), func(w *workspace) {
				time.AfterFunc(5*time.Minute+time.Second/2, func() {
					w.Inject(simulator.Fault{Op: "GET", Kind: simulator.StatusReply, Status: 401, Body: `{"status":401,"detail":"invalid api key"}`})
				})
				started := time.Now()
				r := w.apply(w.t.Context())
				if w.only(r) != "error: Unable to wait for the job" || !strings.Contains(r.diags.String(), "check the API key") || w.text("id") != w.Jobs("demo")[0].ID {
					t.Errorf("the state has %q\n%s", w.text("id"), r.diags)
				}
				refused := 0
				for _, x := range w.Journal() {
					if x.Status == 401 {
						refused++
					}
				}
				if took := time.Since(started); refused != 1 || took > 6*time.Minute+time.Second {
					t.Errorf("%d refused requests, ended after %s", refused, took)
				}
			})
		})
	}
}
