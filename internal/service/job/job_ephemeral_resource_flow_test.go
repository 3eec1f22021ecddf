package job_test

import (
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestAccJobEphemeral_secrets: secrets go in as input, as key of a bucket and as
// webhook, and come out as output into another job. None is stored or shown. A
// job that still runs at the end of the apply is cancelled.
func TestAccJobEphemeral_secrets(t *testing.T) {
	t.Parallel()
	acctest.RequireEphemeral(t)
	acctest.RequireWriteOnly(t)
	const secret = "s3cr3t-of-the-run"
	sim := simtest.Start(t, simulator.Options{})
	cli := acctest.NewCLI(t)
	cli.WriteFile("main.tf", config(sim, `input            = { a = 1 }
		input_wo         = { token = try(ephemeral.runpodserverless_job.token.output.token, null), beside = try(ephemeral.runpodserverless_job.beside.status, null) }
		input_wo_version = 1`)+`
variable "secret" {
  type      = string
  sensitive = true
  ephemeral = true
}

ephemeral "runpodserverless_job" "token" {
  run     = terraform.applying
  input   = { password = var.secret, mock_return = { token = "made-of-${var.secret}" } }
  webhook = "http://127.0.0.1:9/hook?token=${var.secret}"

  s3_config = {
    access_id     = "AKIDEXAMPLE"
    access_secret = var.secret
    bucket_name   = "results"
    endpoint_url  = "https://s3.example.com"
  }
}

ephemeral "runpodserverless_job" "beside" {
  run                 = terraform.applying
  wait_for_completion = false
  input               = { mock_delay = 3600 }
}
`)
	cli.Setenv("TF_VAR_secret", secret)
	cli.Trace()
	out := cli.MustRun("plan", "-out=plan.bin").Output()
	if n := len(sim.Journal()); n != 0 {
		t.Errorf("a plan sent %d requests", n)
	}
	out += cli.MustRun("apply", "-auto-approve").Output()
	requests(t, sim, "run", 3)
	requests(t, sim, "cancel", 1)
	var sent strings.Builder
	for _, x := range sim.Journal().Op("run") {
		sent.Write(x.Body)
	}
	for _, part := range []string{`"password":"` + secret + `"`, `"accessSecret":"` + secret + `"`, `?token=` + secret, `"a":1,"beside":"IN_QUEUE","token":"made-of-` + secret + `"`} {
		if !strings.Contains(sent.String(), part) {
			t.Errorf("%s was not sent: %s", part, sent.String())
		}
	}
	for where, text := range map[string]string{"screen": out, "state": cli.ReadFile("terraform.tfstate"), "plan": cli.ReadFile("plan.bin"), "log": cli.TraceLog()} {
		if strings.Contains(text, secret) {
			t.Errorf("the %s shows the secret", where)
		}
	}
	again := 3
	if cli.Product.Name == acctest.Terraform { // OpenTofu opens only what something needs
		again = 5
	}
	cli.MustRun("apply", "-auto-approve")
	requests(t, sim, "run", again)
}

// TestJobEphemeral_refusedAtPlan: a plan opens an ephemeral resource with run =
// false; what the API would refuse is refused there.
func TestJobEphemeral_refusedAtPlan(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim)
	for name, tc := range map[string]struct {
		config acctest.Values
		error  string
	}{
		"no endpoint": {acctest.Values{"input": acctest.Values{"a": 1}}, "Missing endpoint"},
		"no input":    {acctest.Values{"input": nil, "endpoint_id": "demo"}, "Missing input"},
		"empty input": {acctest.Values{"input": acctest.Values{}, "endpoint_id": "demo"}, "Empty input"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tc.config["run"] = false
			_, _, diags := server.OpenEphemeral(t.Context(), jobType, tc.config)
			contains(t, "error", diags.Errors(), tc.error)
		})
	}
	result, _, diags := server.OpenEphemeral(t.Context(), jobType, acctest.Values{"run": false, "endpoint_id": "demo", "input": acctest.Values{"a": 1}})
	diags.RequireNone(t)
	if result["endpoint_id"] != "demo" || result["id"] != nil {
		t.Errorf("got %v", result)
	}
	t.Cleanup(func() {
		if n := len(sim.Journal()); n != 0 {
			t.Errorf("%d requests", n)
		}
	})
}

// TestJobEphemeral_unknownEndpoint: in a plan the provider's endpoint may come from a
// resource that does not exist yet. The result must be known nevertheless.
func TestJobEphemeral_unknownEndpoint(t *testing.T) {
	t.Parallel()
	server := acctest.NewProtocolServer(t, simtest.Start(t, simulator.Options{}), acctest.Values{"endpoint_id": acctest.Unknown})
	result, _, diags := server.OpenEphemeral(t.Context(), jobType, acctest.Values{"run": false, "input": acctest.Values{"a": 1}})
	diags.RequireNone(t)
	if result["endpoint_id"] != nil {
		t.Errorf("got %v", result)
	}
}

// TestJobEphemeral_broken: when the job cannot be read, it is cancelled at
// once, because Terraform closes nothing whose opening failed.
func TestJobEphemeral_broken(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	sim.Inject(simulator.Fault{Op: "status-sync", Kind: simulator.StatusReply, Status: 403, Body: `{"detail":"forbidden"}`})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	_, _, diags := server.OpenEphemeral(t.Context(), jobType, acctest.Values{"run": true, "input": acctest.Values{"mock_delay": 3600}})
	contains(t, "error", diags.Errors(), "Unable to wait for the job", "Endpoint: demo", "Job: "+sim.Jobs("demo")[0].ID)
	requests(t, sim, "cancel", 1)
	if got := sim.Jobs("demo")[0].Status; got != "CANCELLED" {
		t.Errorf("the job is %s", got)
	}
}

// TestJobEphemeral_interruptDetaches: the run fails, and names the job that keeps running.
func TestJobEphemeral_interruptDetaches(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	server := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	_, _, diags := server.OpenEphemeral(whenWaiting(t, sim), jobType, acctest.Values{
		"run": true, "input": acctest.Values{"mock_delay": 3600}, "on_interrupt": "detach",
	})
	contains(t, "error", diags.Errors(), "the job keeps running", "note its id", "Job: "+sim.Jobs("demo")[0].ID)
	requests(t, sim, "cancel", 0)
}
