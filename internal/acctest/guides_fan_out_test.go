package acctest_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// startPictures returns a CLI that has applied a set of two keys, with the set's
// endpoint and another one.
func startPictures(t *testing.T) (*acctest.CLI, *simtest.Sim) {
	t.Helper()
	cli := acctest.NewCLI(t)
	sim := simtest.Start(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{simulator.DefaultEndpointID: {}, secondEndpointID: {}}})
	cli.Setenv("RUNPOD_API_KEY", sim.APIKey)
	cli.Setenv("RUNPOD_ENDPOINT_BASE_URL", sim.URL)
	cli.Setenv("RUNPOD_ENDPOINT_ID", simulator.DefaultEndpointID)
	cli.WriteFile("required_providers.tf", acctest.RequiredProviders())
	cli.WriteFile("main.tf", pictures("", ""))
	cli.MustRun("apply", "-auto-approve")
	countRuns(t, sim, 2)
	return cli, sim
}

// pictures returns the configuration of the set with additional inputs and arguments.
func pictures(inputs, arguments string) string {
	return `resource "runpodserverless_job_set" "pictures" {
  inputs = {
    cat = { mock_return = { file = "cat.png" } }
    dog = { mock_return = { file = "dog.png" } }
` + inputs + "  }\n" + arguments + "}\n"
}

func countRuns(t *testing.T, sim *simtest.Sim, want int) {
	t.Helper()
	if got := sim.Journal().Count("run"); got != want {
		t.Fatalf("%d jobs were submitted in all, want %d", got, want)
	}
}

// TestAccGuideFanOutRename: a renamed set keeps its jobs, and only added keys run on
// the new endpoint.
func TestAccGuideFanOutRename(t *testing.T) {
	t.Parallel()
	for guide, tc := range map[string]struct {
		runs int
		says string
	}{
		"rename":   {2, "has moved to"},
		"endpoint": {3, "1 added, 0 changed, 0 destroyed"},
	} {
		t.Run(guide, func(t *testing.T) {
			t.Parallel()
			cli, sim := startPictures(t)
			cli.KeepProvider()
			copyExample(t, cli, "guides/fan-out/"+guide)
			if out := cli.MustRun("apply", "-auto-approve").Output(); !strings.Contains(out, tc.says) || !strings.Contains(out, "0 changed, 0 destroyed") {
				t.Errorf("not %q, or more than that:\n%s", tc.says, out)
			}
			countRuns(t, sim, tc.runs)
			for _, x := range sim.Journal().Op("run")[2:] {
				if x.Endpoint != secondEndpointID {
					t.Errorf("%s was submitted to %s", x.Body, x.Endpoint)
				}
			}
		})
	}
}

// TestAccGuideFanOutEndpoint: a new endpoint runs all jobs again; ignore_changes keeps
// the results, and the old endpoint for added keys.
func TestAccGuideFanOutEndpoint(t *testing.T) {
	t.Parallel()
	cli, sim := startPictures(t)
	const ignoring = "lifecycle {\n  ignore_changes = [endpoint_id]\n}\n"
	cli.WriteFile("main.tf", pictures("", ignoring))
	for _, endpoint := range []string{"provider", "resource"} {
		if endpoint == "provider" { // the set has no endpoint_id
			cli.Setenv("RUNPOD_ENDPOINT_ID", secondEndpointID)
		} else {
			cli.WriteFile("main.tf", pictures("", ignoring+"endpoint_id = \""+secondEndpointID+"\"\n"))
		}
		if r := cli.Run("plan", "-detailed-exitcode"); r.ExitCode != 0 {
			t.Errorf("%s: exit code %d\n%s", endpoint, r.ExitCode, r.Output())
		}
	}
	cli.WriteFile("main.tf", pictures("owl = { mock_return = 1 }\n", ignoring))
	cli.MustRun("apply", "-auto-approve")
	countRuns(t, sim, 3)
	if x := sim.Journal().Op("run")[2]; x.Endpoint != simulator.DefaultEndpointID {
		t.Errorf("the new key was submitted to %s", x.Endpoint)
	}
	cli.WriteFile("main.tf", pictures("", ""))
	cli.MustRun("apply", "-auto-approve")
	countRuns(t, sim, 5)
}

// TestGuideFanOutPurge: how long an apply waits for a job that was purged by another
// pipeline, with and without having seen it in the queue.
func TestGuideFanOutPurge(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		purgeAt, noticed time.Duration
	}{
		"not seen yet": {10 * time.Second, 155 * time.Second},
		"seen":         {70 * time.Second, 75 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := simtest.NewInBubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{simulator.DefaultEndpointID: {Throttled: 3}}}).Server
				p := acctest.NewBubbleServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
				other := acctest.NewBubbleServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
				start := time.Now()
				done := make(chan acctest.Diagnostics, 1)
				go func() {
					_, diags := p.CreateResource(t.Context(), jobType, acctest.Values{"input": acctest.Values{"mock_return": 1}})
					done <- diags
				}()
				time.Sleep(tc.purgeAt)
				_, diags := other.CreateResource(t.Context(), purgeType, acctest.Values{})
				diags.RequireNone(t)
				if diags := <-done; !strings.Contains(diags.String(), "Job has expired") {
					t.Errorf("the purged job: %s", diags)
				}
				if took := time.Since(start); took > tc.noticed || took < tc.noticed-10*time.Second {
					t.Errorf("noticed after %s, want about %s", took, tc.noticed)
				}
			})
		})
	}
}
