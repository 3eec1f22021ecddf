package acctest_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestAccRequestLog: a request is one line of the log at each log level, whichever of
// Terraform's variables sets it.
func TestAccRequestLog(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, variable, level string
		lines                 int
	}{
		{"of providers", "TF_LOG_PROVIDER", "DEBUG", 1},
		{"of everything", "TF_LOG", "debug", 1},
		{"as JSON", "TF_LOG", "JSON", 1},
		{"without requests", "TF_LOG_PROVIDER", "WARN", 0},
		{"of the CLI only", "TF_LOG_CORE", "WARN", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			cli := acctest.NewCLI(t)
			cli.WriteFile("main.tf", acctest.RequiredProviders()+healthConfig)
			cli.Setenv("RUNPOD_API_KEY", sim.APIKey)
			cli.Setenv("RUNPOD_ENDPOINT_BASE_URL", sim.URL)
			cli.Setenv("RUNPOD_ENDPOINT_ID", simulator.DefaultEndpointID)
			cli.Setenv(tc.variable, tc.level)
			cli.Setenv("TF_LOG_PATH", filepath.Join(cli.Dir, "log"))
			cli.MustRun("plan")
			if got := strings.Count(cli.ReadFile("log"), "Request to the API"); got != tc.lines {
				t.Errorf("%d lines, want %d", got, tc.lines)
			}
		})
	}
}
