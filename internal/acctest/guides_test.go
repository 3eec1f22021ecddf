package acctest_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestAccExamples applies the guides' configurations. The tests here verify what the
// guides say about them.

// startGuide returns a CLI with a guide's configuration, and its simulator.
func startGuide(t *testing.T, name string) (*acctest.CLI, *simtest.Sim) {
	t.Helper()
	cli := acctest.NewCLI(t)
	copyExample(t, cli, "guides/"+name)
	if !strings.Contains(cli.ReadFile("main.tf"), "required_providers") {
		cli.WriteFile("required_providers.tf", acctest.RequiredProviders())
	}
	sim := simtest.Start(t, simulator.Options{})
	cli.Setenv("RUNPOD_API_KEY", sim.APIKey)
	cli.Setenv("RUNPOD_ENDPOINT_BASE_URL", sim.URL)
	cli.Setenv("RUNPOD_MANAGEMENT_BASE_URL", sim.ManagementURL)
	cli.Setenv("RUNPOD_ENDPOINT_ID", simulator.DefaultEndpointID)
	return cli, sim
}

// TestAccGuideSmokeCheck: a wrong result fails each apply but is paid for once; a new
// image runs a new job.
func TestAccGuideSmokeCheck(t *testing.T) {
	t.Parallel()
	cli, sim := startGuide(t, "smoke-check")
	cli.KeepProvider()
	right := cli.ReadFile("main.tf")
	cli.WriteFile("main.tf", strings.Replace(right, `{ text = "pong" } #`, `{ text = "nonsense" } #`, 1))
	for range 2 {
		if r := cli.Run("apply", "-auto-approve", "-no-color"); r.ExitCode != 1 || !regexp.MustCompile(`and\W+returned:`).MatchString(r.Output()) {
			t.Errorf("a wrong result: exit code %d\n%s", r.ExitCode, r.Output())
		}
		if got := sim.Journal().Count("run"); got != 1 {
			t.Fatalf("%d jobs were submitted, want 1", got)
		}
	}
	if r := cli.Run("apply", "-auto-approve", "-replace=runpodserverless_job.smoke"); r.ExitCode != 1 || sim.Journal().Count("run") != 2 {
		t.Errorf("-replace: exit code %d, %d jobs in all, want 1 and 2\n%s", r.ExitCode, sim.Journal().Count("run"), r.Output())
	}
	cli.WriteFile("main.tf", right)
	for range 2 {
		cli.MustRun("apply", "-auto-approve")
		if got := sim.Journal().Count("run"); got != 3 {
			t.Errorf("%d jobs were submitted, want 3", got)
		}
	}
	cli.MustRun("apply", "-auto-approve", "-var=image=v2")
	if got := sim.Journal().Count("run"); got != 4 {
		t.Errorf("with a new image %d jobs were submitted, want 4", got)
	}
}

// flat returns the output of a CLI without line breaks, which depend on the width.
func flat(output string) string { return strings.Join(strings.Fields(output), " ") }

// TestAccGuideFailingJob: the guide's test of a failing job passes, and fails with the
// job's id and status if the job does not fail.
func TestAccGuideFailingJob(t *testing.T) {
	t.Parallel()
	cli, sim := startGuide(t, "failing-job")
	cli.KeepProvider()
	if out := cli.MustRun("test", "-no-color").Stdout; !strings.Contains(out, "Success! 2 passed, 0 failed.") {
		t.Error(out)
	}
	if got := sim.Journal().Count("run"); got != 2 {
		t.Errorf("%d jobs were submitted, want 2", got)
	}
	const file = "tests/failing_job.tftest.hcl"
	cli.WriteFile(file, strings.Replace(cli.ReadFile(file), "mock_error = true", `mock_return = "nothing wrong"`, 1))
	if r := cli.Run("test", "-no-color"); r.ExitCode != 1 || !strings.Contains(flat(r.Output()), `-u1 is COMPLETED, and returned: "nothing wrong"`) {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
}

// TestAccGuideTesting_interrupted: the second Ctrl-C during a test leaves a job
// running, or cancels it if the configuration says so, as the guide recommends.
func TestAccGuideTesting_interrupted(t *testing.T) {
	t.Parallel()
	for onInterrupt, want := range map[string]string{"detach": "IN_PROGRESS", "cancel": "CANCELLED"} {
		t.Run(onInterrupt, func(t *testing.T) {
			t.Parallel()
			cli := acctest.NewCLI(t)
			copyExample(t, cli, "guides/failing-job")
			cli.WriteFile("main.tf", strings.Replace(cli.ReadFile("main.tf"), `on_interrupt = "cancel"`, `on_interrupt = "`+onInterrupt+`"`, 1))
			sim, waiting := startWaited(t)
			cli.Setenv("RUNPOD_API_KEY", sim.APIKey)
			cli.Setenv("RUNPOD_ENDPOINT_BASE_URL", sim.URL)
			cli.Setenv("RUNPOD_ENDPOINT_ID", simulator.DefaultEndpointID)
			cli.WriteFile("tests/failing_job.tftest.hcl", "variables {\n  input = { mock_delay = 36000 }\n}\n\nrun \"waits\" {\n}\n")
			run := cli.Start("test")
			run.WaitFor(waiting)
			run.Interrupt()
			run.Terminate() // another signal, because two equal signals may be merged
			if r := run.Wait(); r.ExitCode == 0 {
				t.Errorf("exit code 0\n%s", r.Output())
			}
			if got := sim.Jobs(simulator.DefaultEndpointID)[0].Status; got != want {
				t.Errorf("the job is %s, want %s", got, want)
			}
		})
	}
}

// TestAccGuideSideBySide uses two providers. Each type belongs to the provider with its
// prefix, without any provider argument, and a variable of the official provider does
// not affect this one.
func TestAccGuideSideBySide(t *testing.T) {
	t.Parallel()
	cli, sim := startGuide(t, "side-by-side")
	cli.AddFakeVendor()
	cli.Setenv("RUNPOD_BASE_URL", "https://management.example.com")
	cli.Setenv("RUNPOD_ENDPOINT_ID", "")
	if config := cli.ReadFile("main.tf"); regexp.MustCompile(`(?m)^\s*provider(\s*=|\s+")`).MatchString(config) {
		t.Errorf("the configuration names a provider:\n%s", config)
	}
	for range 2 {
		cli.MustRun("apply", "-auto-approve")
		if got := sim.Journal().Count("run"); got != 1 {
			t.Errorf("%d jobs were submitted, want 1", got)
		}
	}
	var state struct {
		Resources []struct{ Type, Provider string }
	}
	if err := json.Unmarshal([]byte(cli.ReadFile("terraform.tfstate")), &state); err != nil {
		t.Fatal(err)
	}
	for _, resource := range state.Resources {
		want := acctest.SourceAddress
		if strings.HasPrefix(resource.Type, "runpod_") {
			want = acctest.VendorSourceAddress
		}
		if !strings.HasSuffix(resource.Provider, "/"+want+`"]`) {
			t.Errorf("%s belongs to %s, want %s", resource.Type, resource.Provider, want)
		}
	}
	if len(state.Resources) != 5 {
		t.Errorf("the state has %d resources, want 5: %+v", len(state.Resources), state.Resources)
	}
	cli.MustRun("apply", "-auto-approve", "-var=template_id=another")
	if got := sim.Journal().Count("run"); got != 2 {
		t.Errorf("with another template %d jobs were submitted, want 2", got)
	}
	cli.MustRun("destroy", "-auto-approve")
}

// TestAccGuideSecrets: the worker gets the secrets, but the state and the output do not
// contain them.
func TestAccGuideSecrets(t *testing.T) {
	t.Parallel()
	acctest.RequireEphemeral(t)
	acctest.RequireWriteOnly(t)
	cli, sim := startGuide(t, "secrets")
	out := cli.MustRun("apply", "-auto-approve").Output()
	state := cli.ReadFile("terraform.tfstate")
	var sent []byte
	for _, x := range sim.Journal().Op("run") {
		sent = append(sent, x.Body...)
	}
	for _, secret := range []string{"not-a-real-token", "not-a-real-secret"} {
		if !bytes.Contains(sent, []byte(secret)) {
			t.Errorf("the submission lacks %s", secret)
		}
		if strings.Contains(state, secret) || strings.Contains(out, secret) {
			t.Errorf("the state or the output contains %s", secret)
		}
	}
	if !bytes.Contains(sent, []byte(`"user":"ci"`)) {
		t.Errorf("input_wo has replaced a member of input instead of being merged into it: %s", sent)
	}
	if !strings.Contains(out, "Output too large to store") {
		t.Errorf("no warning that an output was not stored:\n%s", out)
	}
}

// TestGuideSimulatorScript: the script passes the address and the exit code on, and
// leaves no simulator running.
func TestGuideSimulatorScript(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil || runtime.GOOS == "windows" {
		t.Skip("The script needs bash.")
	}
	program := filepath.Join(t.TempDir(), "runpod-simulator")
	if out, err := exec.Command("go", "build", "-o", program, "../simulator/cmd/runpod-simulator").CombinedOutput(); err != nil {
		t.Fatalf("build the simulator: %v\n%s", err, out)
	}
	cmd := exec.Command(bash, filepath.Join(exampleRoot, "guides", "simulator", "with-simulator.sh"),
		"sh", "-c", `echo "$RUNPOD_ENDPOINT_BASE_URL $RUNPOD_API_KEY $RUNPOD_ENDPOINT_ID"; exit 3`)
	cmd.Env = append(os.Environ(), "SIMULATOR="+program, "SIMULATOR_FLAGS=-speed 60")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Fatalf("want exit code 3, got %v\n%s", err, stderr.String())
	}
	words := strings.Fields(string(out))
	if len(words) != 3 || words[1] != simulator.DefaultAPIKey || words[2] != simulator.DefaultEndpointID {
		t.Fatalf("the command saw %q", out)
	}
	address, err := url.Parse(words[0])
	if err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", address.Host); err == nil {
		_ = conn.Close()
		t.Error("the simulator outlives the script")
	}
}
