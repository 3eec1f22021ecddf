package main

import (
	"context"
	"fmt"
	"os/exec"
	"slices"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	implementation "github.com/runpodserverless/terraform-provider-runpodserverless/internal/provider"
)

// The commands of the CLI that are measured.
var (
	apply   = []string{"apply", "-auto-approve", "-input=false", "-no-color"}
	refresh = []string{"plan", "-refresh-only", "-input=false", "-no-color"}
	plan    = []string{"plan", "-input=false", "-no-color"}
	destroy = []string{"destroy", "-auto-approve", "-input=false", "-no-color"}
)

// parallelism is the CLI's default for the number of concurrent operations.
const parallelism = 10

// subject is one way to do a workload.
type subject struct {
	label     string
	provider  string // "" for a built-in provider of the CLI
	body      string // the body of the configuration
	files     map[string]func() []byte
	changed   func(round int) (name string, content []byte) // the file that applyChange changes
	simulator []string                                      // its flags
	jobs      int                                           // number of jobs
	runs      time.Duration                                 // run time of each job
	inFlight  int                                           // number of concurrent jobs; default parallelism
	refresh   bool                                          // measure a refresh
	step      step                                          // the measured step; default applyAll
	slow      bool                                          // a run takes a minute or more
	images    string                                        // folder of output files, decoded from base64
	needs     string                                        // a type that the provider must have, or a program that must be installed
}

// step is the measured step. All but applyAll need an earlier apply.
type step int

const (
	applyAll    step = iota // apply without a prior state
	planNothing             // plan without changes
	applyChange             // apply of the changes that changed returns
	destroyAll              // destroy
)

// command returns the command line of the CLI.
func (s subject) command() []string {
	switch {
	case s.refresh:
		return refresh
	case s.step == planNothing:
		return plan
	case s.step == destroyAll:
		return destroy
	default:
		return apply
	}
}

// at returns the subject with another step.
func (s subject) at(measured step) subject {
	s.step = measured
	return s
}

func (s subject) configuration() string {
	if s.provider == "" {
		return s.body
	}
	return fmt.Sprintf("terraform {\n  required_providers {\n    %[1]s = {\n      source = \"runpodserverless/%[1]s\"\n    }\n  }\n}\n\n%[2]s", s.provider, s.body)
}

// concurrency returns the maximum number of concurrent requests.
func (s subject) concurrency() int {
	if s.inFlight > 0 {
		return s.inFlight
	}
	return min(parallelism, s.jobs)
}

// missing returns why the subject cannot be measured; "" if it can.
func (s subject) missing(ctx context.Context) string {
	switch {
	case s.needs == "":
		return ""
	case s.provider == "":
		if _, err := exec.LookPath(s.needs); err != nil {
			return "there is no " + s.needs
		}
	case !slices.Contains(types(ctx), s.needs):
		return "the provider has no " + s.needs
	}
	return ""
}

// types returns the type names of the provider's resources.
func types(ctx context.Context) []string {
	var all []string
	for _, newResource := range implementation.New("bench")().Resources(ctx) {
		var resp resource.MetadataResponse
		newResource().Metadata(ctx, resource.MetadataRequest{ProviderTypeName: implementation.TypeName}, &resp)
		all = append(all, resp.TypeName)
	}
	return all
}

// Flags of the simulators.
var (
	polled = []string{"-no-status-sync"}
	far    = []string{"-latency", "50ms"}
	strict = []string{"-enforce-limits"}
)

// jobs returns a subject with n jobs. input is the body of their input in HCL.
func jobs(n int, runs time.Duration, input string) subject {
	return subject{
		label: "job", provider: provider, jobs: n, runs: runs,
		body: fmt.Sprintf("resource \"runpodserverless_job\" \"test\" {\n  count = %d\n  input = { %s }\n}\n", n, input),
	}
}

// delayed returns a subject with n jobs with this run time.
func delayed(n int, runs time.Duration) subject {
	return jobs(n, runs, fmt.Sprintf("sim_delay_ms = %d, mock_return = count.index", runs.Milliseconds()))
}

// on returns the subject with another simulator.
func (s subject) on(label string, flags []string) subject {
	s.label, s.simulator = s.label+", "+label, flags
	return s
}

func (s subject) slowly() subject {
	s.slow = true
	return s
}

func (s subject) refreshed() subject {
	s.refresh = true
	return s
}

// nothing returns the floor: n resources that do nothing.
func nothing(n int) subject {
	return subject{
		label: "resource that does nothing", provider: floor,
		body: fmt.Sprintf("resource \"floor_nothing\" \"test\" {\n  count = %d\n  name  = count.index\n}\n", n),
	}
}

// wide returns n resources that do nothing and have the attributes of a job,
// implemented with the framework.
func wide(n int) subject { return sized("the same with a job's attributes", "floor_job", n) }

// bare returns the same without the framework.
func bare(n int) subject { return sized("that without the framework", "floor_bare", n) }

func sized(label, typeName string, n int) subject {
	return subject{
		label: label, provider: floor,
		body: fmt.Sprintf("resource %q \"test\" {\n  count = %d\n  input = { mock_return = count.index }\n}\n", typeName, n),
	}
}

// curl returns a subject without a provider: a script that polls once a second.
func curl(n int, runs time.Duration) subject {
	const ask = `curl -sSf -H "Authorization: $RUNPOD_API_KEY"`
	return subject{
		label: "local-exec with curl and sleep 1", jobs: n, runs: runs, needs: "curl",
		body: fmt.Sprintf(`resource "terraform_data" "test" {
  count = %d

  provisioner "local-exec" {
    command = <<-SH
      set -e
      api="$RUNPOD_ENDPOINT_BASE_URL/$RUNPOD_ENDPOINT_ID"
      id=$(%[2]s -d '{"input":{"sim_delay_ms":%[3]d}}' "$api/run" | sed 's/.*"id":"\([^"]*\)".*/\1/')
      until %[2]s "$api/status/$id" | grep -q '"status":"COMPLETED"'; do sleep 1; done
    SH
  }
}
`, n, ask, runs.Milliseconds()),
	}
}
