package acctest_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// smokeCheck is the module that the README and the guides recommend.
const smokeCheck = moduleFolder + "/endpoint-smoke-check"

// copyExample copies a folder of the examples, including its tests, to the CLI's
// directory.
func copyExample(t *testing.T, cli *acctest.CLI, folder string) {
	t.Helper()
	root := os.DirFS(filepath.Join(exampleRoot, filepath.FromSlash(folder)))
	err := fs.WalkDir(root, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := fs.ReadFile(root, path)
		if err != nil {
			return err
		}
		cli.WriteFile(path, string(content))
		return nil
	})
	if err != nil {
		t.Fatalf("copy %s: %v", folder, err)
	}
}

// TestAccSmokeCheckModule runs the module's own tests with "terraform test".
func TestAccSmokeCheckModule(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		file string
		runs int // number of run blocks in the file
		jobs int // number of jobs that they submit
	}{
		{"tests/mocked.tftest.hcl", 4, 0},
		{"tests/mocked_failure.tftest.hcl", 1, 0},
		{"tests/endpoint.tftest.hcl", 4, 3},
	} {
		t.Run(tc.file, func(t *testing.T) {
			t.Parallel()
			cli := acctest.NewCLI(t)
			copyExample(t, cli, smokeCheck)
			sim := simtest.Start(t, simulator.Options{})
			cli.Setenv("RUNPOD_API_KEY", sim.APIKey)
			cli.Setenv("RUNPOD_ENDPOINT_BASE_URL", sim.URL)
			cli.Setenv("RUNPOD_MANAGEMENT_BASE_URL", sim.ManagementURL)
			cli.Setenv("RUNPOD_ENDPOINT_ID", simulator.DefaultEndpointID)
			cli.KeepProvider()
			out := cli.MustRun("test", "-no-color", "-filter="+tc.file).Stdout
			if want := fmt.Sprintf("Success! %d passed, 0 failed.", tc.runs); !strings.Contains(out, want) {
				t.Errorf("want %q:\n%s", want, out)
			}
			if got := sim.Journal().Count("run"); got != tc.jobs {
				t.Errorf("%d jobs were submitted, want %d", got, tc.jobs)
			}
			if tc.jobs == 0 && len(sim.Journal()) != 0 {
				t.Errorf("a test with mocks sent requests: %v", sim.Journal())
			}
		})
	}
}

// TestAccSmokeCheckCaller applies the module's example, which asserts in the two ways
// that the guides recommend, twice.
func TestAccSmokeCheckCaller(t *testing.T) {
	t.Parallel()
	cli := acctest.NewCLI(t)
	copyExample(t, cli, smokeCheck)
	sim := simtest.Start(t, simulator.Options{})
	cli.Setenv("RUNPOD_API_KEY", sim.APIKey)
	cli.Setenv("RUNPOD_ENDPOINT_BASE_URL", sim.URL)
	cli.Setenv("RUNPOD_MANAGEMENT_BASE_URL", sim.ManagementURL)
	cli.Setenv("RUNPOD_ENDPOINT_ID", simulator.DefaultEndpointID)
	cli.KeepProvider()
	folder := "-chdir=" + filepath.Join("examples", "basic")
	cli.MustRun(folder, "get")
	for range 2 {
		if out := cli.MustRun(folder, "apply", "-auto-approve").Output(); strings.Contains(out, "Check block assertion failed") {
			t.Errorf("the check does not pass:\n%s", out)
		}
	}
	if got := strings.TrimSpace(cli.MustRun(folder, "output", "-raw", "endpoint_id").Stdout); got != simulator.DefaultEndpointID {
		t.Errorf("endpoint_id: got %q, want %q", got, simulator.DefaultEndpointID)
	}
	if got := sim.Journal().Count("run"); got != 1 {
		t.Errorf("two applies submitted %d jobs, want 1", got)
	}
}

// TestAccSmokeCheckRollout: a job that ran on a worker of the previous version does not
// pass; without the gate, the verdict does not claim to know the version.
func TestAccSmokeCheckRollout(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		gate    string
		rollout time.Duration
		verdict string
	}{
		{"true", time.Hour, `"current":false`},
		{"true", 300 * time.Millisecond, `"current":true`},
		{"false", time.Hour, `"current":null`},
	} {
		t.Run(tc.gate+" "+tc.rollout.String(), func(t *testing.T) {
			t.Parallel()
			cli := acctest.NewCLI(t)
			copyExample(t, cli, smokeCheck)
			sim := simtest.Start(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"demo": {Workers: 2, Version: 3}}})
			sim.SetEndpoint("demo", simulator.Endpoint{Workers: 2, Version: 4, Rollout: tc.rollout})
			cli.Setenv("RUNPOD_API_KEY", sim.APIKey)
			cli.Setenv("RUNPOD_ENDPOINT_BASE_URL", sim.URL)
			cli.Setenv("RUNPOD_MANAGEMENT_BASE_URL", sim.ManagementURL)
			cli.Setenv("RUNPOD_ENDPOINT_ID", "demo")
			cli.Setenv("TF_VAR_input", `{ mock_return = "pong" }`)
			cli.Setenv("TF_VAR_strict", "false")
			cli.Setenv("TF_VAR_rollout_gate", tc.gate)
			if tc.rollout == time.Hour {
				cli.Setenv("TF_VAR_rollout_timeout", "1s")
			}
			cli.KeepProvider()
			cli.MustRun("apply", "-auto-approve")
			verdict := cli.MustRun("output", "-json", "verdict").Stdout
			passed := strings.Contains(verdict, `"passed":true`)
			if !strings.Contains(verdict, tc.verdict) || passed == strings.Contains(tc.verdict, "false") {
				t.Errorf("the verdict is %s", verdict)
			}
		})
	}
}
