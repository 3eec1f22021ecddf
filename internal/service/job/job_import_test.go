package job_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// foreign submits a job from outside of Terraform and returns its id.
func foreign(t *testing.T, sim *simtest.Sim, config acctest.Values) string {
	t.Helper()
	outside := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": "demo"})
	state, diags := outside.CreateResource(t.Context(), jobType, config)
	diags.RequireNoError(t)
	id, _ := state.Values["id"].(string)
	return id
}

func importBlock(lines ...string) string {
	return "import {\n  to = runpodserverless_job.test\n  " + strings.Join(lines, "\n  ") + "\n}\n"
}

// TestAccJobResource_importBlock: what is imported is adopted by a configuration
// that says it, and by one that Terraform generates, and is never run again.
func TestAccJobResource_importBlock(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		job       acctest.Values
		arguments string // of the configuration; "" to generate it
		identity  bool
		changed   int // resources
	}{
		"by id": {
			job: acctest.Values{"input": acctest.Values{"mock_return": "x"}}, changed: 1,
			arguments: "input = { mock_return = \"x\" }\npolicy = { ttl = \"1h\" }\ntriggers = { a = \"1\" }\nwebhook = \"https://example.com/hook\"\noutput_sensitive = true",
		},
		"by identity": {
			job: acctest.Values{"input": acctest.Values{"mock_return": "x"}}, changed: 1, identity: true,
			arguments: `input = { mock_return = "x" }`,
		},
		"a failed job": {
			job: acctest.Values{"input": acctest.Values{"sim_raise": "no"}, "on_failure": "warn"}, changed: 1,
			arguments: `input = { sim_raise = "no" }`,
		},
		"generated":               {job: acctest.Values{"input": acctest.Values{"mock_return": "x"}}},
		"generated, by identity":  {job: acctest.Values{"input": acctest.Values{"mock_return": "x"}}, identity: true},
		"generated, a failed job": {job: acctest.Values{"input": acctest.Values{"sim_raise": "no"}, "on_failure": "warn"}},
		"generated, a sync job":   {job: acctest.Values{"input": acctest.Values{"mock_return": "x"}, "mode": "sync"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.identity {
				acctest.RequireImportByIdentity(t)
			}
			sim := simtest.Start(t, simulator.Options{})
			id := foreign(t, sim, tc.job)
			to := fmt.Sprintf("id = %q", "demo/"+id)
			if tc.identity {
				to = fmt.Sprintf("identity = { endpoint_id = \"demo\", id = %q }", id)
			}
			cli := newCLI(t, acctest.RequiredProviders()+acctest.ProviderConfig(sim))
			cli.KeepProvider()
			cli.WriteFile("import.tf", importBlock(to))
			if tc.arguments != "" {
				cli.WriteFile("job.tf", "resource \"runpodserverless_job\" \"test\" {\nendpoint_id = \"demo\"\n"+tc.arguments+"\n}\n")
			} else {
				// Without a resource block nothing else names the provider; with one,
				// Terraform does not take it here.
				cli.WriteFile("import.tf", importBlock(to, "provider = runpodserverless"))
				r := cli.MustRun("plan", "-no-color", "-generate-config-out=job.tf")
				if !strings.Contains(r.Output(), "1 to import, 0 to add, 0 to change, 0 to destroy") {
					t.Errorf("plan:\n%s\n%s", r.Output(), cli.ReadFile("job.tf"))
				}
				cli.WriteFile("import.tf", importBlock(to))
			}
			r := cli.MustRun("apply", "-no-color", "-auto-approve")
			if want := fmt.Sprintf("1 imported, 0 added, %d changed, 0 destroyed", tc.changed); !strings.Contains(r.Output(), want) {
				t.Errorf("apply:\n%s", r.Output())
			}
			if r := cli.Run("plan", "-no-color", "-detailed-exitcode"); r.ExitCode != 0 {
				t.Errorf("plan: exit code %d\n%s\n%s", r.ExitCode, r.Output(), cli.ReadFile("job.tf"))
			}
			if jobs := storedJobs(t, cli); len(jobs) != 1 || jobs[0].Attributes.ID != id {
				t.Errorf("state: %+v", jobs)
			}
			if n := sim.Journal().Count("run") + sim.Journal().Count("runsync"); n != 1 {
				t.Errorf("%d submissions", n)
			}
		})
	}
}

// TestJobResource_importLive: a live job that is imported is waited for, and once
// its end was seen here it is treated like any other.
func TestJobResource_importLive(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		input acctest.Values
		next  string
	}{
		"completes": {acctest.Values{"mock_delay": 60}, actionNone},
		"fails":     {acctest.Values{"mock_delay": 60, "mock_error": true}, actionReplace},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inWorkspace(t, simulator.Options{}, nil, acctest.Values{"input": tc.input, "endpoint_id": "demo"}, func(w *workspace) {
				created, _ := w.cli.CreateResource(w.t.Context(), jobType, acctest.Values{"input": tc.input, "wait_for_completion": false})
				id, _ := created.Values["id"].(string)
				state, diags := w.cli.ImportResource(w.t.Context(), jobType, "demo/"+id, nil)
				diags.RequireNone(t)
				w.state = state
				if r := w.apply(w.t.Context()); r.action != actionUpdate || w.text("id") != id {
					t.Errorf("%s: %s", r.action, r.diags)
				}
				if action, _ := w.plan(w.t.Context()); action != tc.next {
					t.Errorf("then: %s, want %s", action, tc.next)
				}
				if w.submissions() != 1 {
					t.Errorf("%d submissions", w.submissions())
				}
			})
		})
	}
}

// TestJobResource_importAdopted: after the first apply an imported job that is still
// unfinished is the resource's own, also if that apply does not wait for it.
func TestJobResource_importAdopted(t *testing.T) {
	t.Parallel()
	config := acctest.Values{"input": acctest.Values{"mock_delay": 60}, "endpoint_id": "demo", "wait_for_completion": false}
	inWorkspace(t, simulator.Options{}, nil, config, func(w *workspace) {
		created, _ := w.cli.CreateResource(w.t.Context(), jobType, config)
		id, _ := created.Values["id"].(string)
		imported, diags := w.cli.ImportResource(w.t.Context(), jobType, "demo/"+id, nil)
		diags.RequireNone(t)
		w.state = imported
		if r := w.apply(w.t.Context()); r.action != actionUpdate || len(r.diags) > 0 {
			t.Fatalf("%s: %s", r.action, r.diags)
		}
		w.ExpireJob("demo", id)
		w.config["wait_for_completion"] = true
		if r := w.apply(w.t.Context()); !strings.Contains(r.diags.String(), "Job has expired") || !r.diags.HasError() {
			t.Errorf("%s: %s", r.action, r.diags)
		}
		if action, plan := w.plan(w.t.Context()); action != actionReplace {
			t.Errorf("then: %s, %s", action, plan.Diagnostics)
		}
	})
}

// TestJobResource_importExpired: a live job that is imported and expires before the
// first apply is kept, also by a replacement that turns out to be for nothing.
func TestJobResource_importExpired(t *testing.T) {
	t.Parallel()
	config := acctest.Values{"input": acctest.Values{"mock_delay": 60}, "endpoint_id": "demo"}
	inWorkspace(t, simulator.Options{}, nil, config, func(w *workspace) {
		created, _ := w.cli.CreateResource(w.t.Context(), jobType, acctest.Values{"input": config["input"], "wait_for_completion": false})
		id, _ := created.Values["id"].(string)
		imported, diags := w.cli.ImportResource(w.t.Context(), jobType, "demo/"+id, nil)
		diags.RequireNone(t)
		w.state = imported
		if diags, _ := w.refresh(w.t.Context()); len(diags) > 0 || w.text("status") == "" {
			t.Fatalf("%s: %s", w.text("status"), diags)
		}
		w.ExpireJob("demo", id)
		r := w.apply(w.t.Context())
		if r.action != actionUpdate || !strings.Contains(r.diags.String(), "no new job is planned") || len(r.diags) != 1 || w.text("id") != id || w.value("expired") != true {
			t.Errorf("%s: %s", r.action, r.diags)
		}
		if action, plan := w.plan(w.t.Context()); action != actionNone {
			t.Errorf("then: %s, %s", action, plan.Diagnostics)
		}
		w.state, diags = w.cli.ReplaceForUnknownTriggers(w.t.Context(), jobType, w.state, w.config)
		if diags.HasError() || w.text("id") != id {
			t.Errorf("replaced: %s", diags)
		}
		w.settled()
		w.config["wait_for_completion"] = false
		w.apply(w.t.Context()).diags.RequireNone(t)
		w.config["wait_for_completion"] = true
		w.apply(w.t.Context()).diags.RequireNone(t)
		w.settled()
		if w.submissions() != 1 {
			t.Errorf("%d submissions", w.submissions())
		}
	})
}
