package acctest_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// everyType uses each type except actions, some of them in several ways.
const everyType = `
variable "job_id" {}

variable "release" {
  default = "1"
}

resource "runpodserverless_job" "async" {
  input    = { mock_return = "x" }
  triggers = { release = var.release }
}

resource "runpodserverless_job" "sync" {
  mode     = "sync"
  input    = { mock_return = "x" }
  input_wo = { token = try(ephemeral.runpodserverless_job.token.output, null) }
  triggers = { release = var.release }
}

resource "runpodserverless_job" "live" {
  input               = { mock_delay = 3600 }
  wait_for_completion = false
  triggers            = { release = var.release }
}

resource "runpodserverless_job" "failed" {
  input      = { sim_raise = "kaboom" }
  on_failure = "warn"
  retry      = { max_attempts = 2, min_backoff = "1ms", max_backoff = "1ms" }
  triggers   = { release = var.release }
}

resource "runpodserverless_job_set" "this" {
  inputs   = { a = { mock_return = "x" }, b = { mock_return = "y" } }
  triggers = { release = var.release }
}

resource "runpodserverless_batch" "this" {
  requests = [{ mock_return = "x" }, { mock_return = "y" }]
  triggers = { release = var.release }
}

resource "runpodserverless_queue_purge" "this" {
  on_destroy = "purge"
  triggers   = { release = var.release }
}

ephemeral "runpodserverless_job" "token" {
  run   = terraform.applying
  input = { mock_return = "t0k3n" }
}

data "runpodserverless_job" "this" {
  id                  = var.job_id
  wait_for_completion = true
}

data "runpodserverless_job_stream" "this" {
  id = var.job_id
}

data "runpodserverless_endpoint_health" "this" {
  wait_until = { workers_ready_min = 1 }
}

data "runpodserverless_endpoint_workers" "this" {
  wait_until = { stale_max = 0 }
}

data "runpodserverless_worker_logs" "this" {
  worker_id = data.runpodserverless_endpoint_workers.this.workers[0].id
}
`

// everyAction uses each action with a trigger.
const everyAction = `
action "runpodserverless_job_run" "this" {
  config {
    input = { mock_return = "x" }
  }
}

action "runpodserverless_job_cancel" "this" {
  config {
    id = var.job_id
  }
}

action "runpodserverless_job_retry" "this" {
  config {
    id = var.job_id
  }
}

action "runpodserverless_queue_purge" "this" {
  config {}
}

resource "terraform_data" "release" {
  input = var.release

  lifecycle {
    action_trigger {
      events = [before_create, before_update]
      actions = [
        action.runpodserverless_job_run.this,
        action.runpodserverless_job_cancel.this,
        action.runpodserverless_queue_purge.this,
      ]
    }
  }
}
`

// TestAccPlanSubmitsNothing: only an apply sends requests other than reads, whatever is
// configured, planned or refreshed.
func TestAccPlanSubmitsNothing(t *testing.T) {
	t.Parallel()
	acctest.RequireEphemeral(t)
	acctest.RequireWriteOnly(t)
	for name, actions := range map[string]string{"types": "", "actions": everyAction} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if actions != "" {
				acctest.RequireActions(t)
			}
			sim := simtest.Start(t, simulator.Options{})
			cli := acctest.NewCLI(t)
			cli.WriteFile("main.tf", acctest.RequiredProviders()+acctest.ProviderConfig(sim, endpointLine(), fmt.Sprintf("management_base_url = %q", sim.ManagementURL))+everyType+actions)
			cli.Setenv("TF_VAR_job_id", submitJob(t, sim, `{"sim_stream":["a"]}`))
			cli.KeepProvider()
			usesEveryType(t, cli, everyType+actions)
			asks := func(args ...string) {
				t.Helper()
				before := posts(sim)
				cli.MustRun(args...)
				if got := posts(sim) - before; got != 0 {
					t.Errorf("%s sent %d requests other than reads", strings.Join(args, " "), got)
				}
			}
			asks("validate")
			asks("plan")
			if actions != "" {
				for action := range acctest.NewUnconfiguredProtocolServer(t).Schema().ActionSchemas {
					asks("plan", "-invoke=action."+action+".this")
				}
			}
			cli.MustRun("apply", "-auto-approve")
			if posts(sim) < 7 {
				t.Errorf("the apply sent %d requests other than reads, too few for a meaningful test", posts(sim))
			}
			asks("plan")
			asks("plan", "-refresh-only")
			asks("plan", "-var=release=2")
			asks("plan", "-replace=runpodserverless_job.async")
			asks("plan", "-destroy")
			asks("refresh")
		})
	}
}

// posts counts the requests that are not GET, without the submission of the given job.
func posts(sim *simtest.Sim) int {
	n := -1
	for _, x := range sim.Journal() {
		if x.Method != "GET" {
			n++
		}
	}
	return n
}

// usesEveryType fails the test if the configuration lacks a type of the provider, so
// that a new type cannot be forgotten. It requires actions only if the configuration
// has one.
func usesEveryType(t *testing.T, cli *acctest.CLI, config string) {
	t.Helper()
	out := cli.MustRun("providers", "schema", "-json").Stdout
	var schemas struct {
		Providers map[string]struct {
			Resources   map[string]any `json:"resource_schemas"`
			DataSources map[string]any `json:"data_source_schemas"`
			Ephemerals  map[string]any `json:"ephemeral_resource_schemas"`
			Actions     map[string]any `json:"action_schemas"`
		} `json:"provider_schemas"`
	}
	if err := json.Unmarshal([]byte(out), &schemas); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for address, p := range schemas.Providers {
		if !strings.HasSuffix(address, acctest.SourceAddress) {
			continue
		}
		kinds := map[string]map[string]any{"resource": p.Resources, "data": p.DataSources, "ephemeral": p.Ephemerals}
		if strings.Contains(config, "\naction ") {
			kinds["action"] = p.Actions
		}
		for kind, types := range kinds {
			for typeName := range types {
				seen++
				if !strings.Contains(config, "\n"+kind+" \""+typeName+"\" ") {
					t.Errorf("the configuration has no %s %s", kind, typeName)
				}
			}
		}
	}
	if seen == 0 {
		t.Errorf("no schema of %s in %s", acctest.SourceAddress, out)
	}
}
