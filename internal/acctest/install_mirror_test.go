package acctest_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestInstallMirror follows the page: a mirror from a clone, then init and apply,
// with the smoke-check module, which dev_overrides could not serve.
func TestInstallMirror(t *testing.T) {
	t.Parallel()
	acctest.RequireCLI(t)
	mirror := filepath.Join(t.TempDir(), "mirror")
	cmd := exec.CommandContext(t.Context(), "../../scripts/install-mirror.sh")
	cmd.Env = append(cmd.Environ(), "MIRROR="+mirror)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	config := filepath.Join(mirror, "cli.tfrc")
	if !strings.Contains(string(out), "export TF_CLI_CONFIG_FILE="+config) {
		t.Errorf("it does not say how to use the mirror:\n%s", out)
	}
	cli := acctest.NewCLI(t)
	copyExample(t, cli, smokeCheck)
	sim := simtest.Start(t, simulator.Options{})
	for name, value := range map[string]string{
		"TF_CLI_CONFIG_FILE": config, "RUNPOD_API_KEY": sim.APIKey, "RUNPOD_ENDPOINT_BASE_URL": sim.URL,
		"RUNPOD_MANAGEMENT_BASE_URL": sim.ManagementURL, "RUNPOD_ENDPOINT_ID": simulator.DefaultEndpointID,
	} {
		cli.Setenv(name, value)
	}
	folder := "-chdir=" + filepath.Join("examples", "basic")
	cli.MustRun(folder, "init")
	cli.MustRun(folder, "apply", "-auto-approve")
	if n := sim.Journal().Count("run"); n != 1 {
		t.Errorf("%d submissions, want 1", n)
	}
}
