package acctest_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/demoworker"
)

var (
	jobBlock = regexp.MustCompile(`(?m)^resource "runpodserverless_job" "\w+" \{$`)
	// jobNamed matches a failed condition that names its job.
	jobNamed = regexp.MustCompile(`Job [0-9a-f-]+-u1 is (COMPLETED|FAILED)|"job_id":"[0-9a-f-]+-u1".*"status":"(COMPLETED|FAILED)"`)
	// nullError matches the CLIs' errors about expressions that fail with null.
	nullError = regexp.MustCompile(`(?i)null value|Invalid template|Unsupported attribute|Invalid function|Invalid condition|argument must not be null|Unsuitable value`)
)

// TestAccExamples_conditions: if a job fails or returns nothing, the conditions of the
// examples name the job and add no errors of their own.
func TestAccExamples_conditions(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]demoworker.Handler{
		"returns nothing": func(context.Context, demoworker.Job, demoworker.Reporter) (any, error) { return nil, nil },
		"fails": func(context.Context, demoworker.Job, demoworker.Reporter) (any, error) {
			return nil, errors.New("out of memory")
		},
	} {
		for _, tc := range []struct {
			folder, file string // the file, if the folder has several examples
			command      []string
		}{
			{"guides/checks", "", []string{"apply", "-auto-approve"}},
			{"guides/smoke-check", "", []string{"apply", "-auto-approve"}},
			{"guides/side-by-side", "", []string{"apply", "-auto-approve"}},
			{"guides/test-your-worker", "", []string{"test"}},
			{"guides/failing-job", "", []string{"test"}},
			{"resources/runpodserverless_job", "resource_triggers.tf", []string{"apply", "-auto-approve"}},
			{smokeCheck, "", []string{"-chdir=" + filepath.Join("examples", "basic"), "apply", "-auto-approve"}},
			{smokeCheck, "", []string{"test", "-filter=tests/endpoint.tftest.hcl"}},
		} {
			t.Run(strings.Join([]string{tc.folder, tc.command[0], name}, " "), func(t *testing.T) {
				t.Parallel()
				cli := acctest.NewCLI(t)
				if tc.file == "" {
					copyExample(t, cli, tc.folder)
				} else {
					content, err := os.ReadFile(filepath.Join(exampleRoot, tc.folder, tc.file))
					if err != nil {
						t.Fatal(err)
					}
					cli.WriteFile("main.tf", string(content))
				}
				main := cli.ReadFile("main.tf")
				if !strings.Contains(main, "required_providers") && tc.folder != smokeCheck {
					cli.WriteFile("required_providers.tf", acctest.RequiredProviders())
				}
				if strings.Contains(main, acctest.VendorSourceAddress+`"`) {
					cli.AddFakeVendor()
					main = strings.ReplaceAll(main, "runpod_endpoint.llm.id", `"mine"`)
				}
				if !strings.Contains(main, "on_failure") {
					main = jobBlock.ReplaceAllString(main, "$0\n  on_failure = \"warn\"")
				}
				cli.WriteFile("main.tf", main)
				serveWorkers(t, cli, handler)
				cli.Setenv("TF_VAR_strict", "false")
				cli.KeepProvider()
				if folder, ok := strings.CutPrefix(tc.command[0], "-chdir="); ok {
					caller := filepath.Join(folder, "main.tf")
					cli.WriteFile(caller, strings.Replace(cli.ReadFile(caller), "  triggers", "  strict   = false\n  triggers", 1))
					cli.MustRun(tc.command[0], "get")
				}
				out := flat(cli.Run(append(tc.command, "-no-color")...).Output())
				if !jobNamed.MatchString(out) {
					t.Errorf("no condition names the job and its status:\n%s", out)
				}
				if got := nullError.FindString(out); got != "" {
					t.Errorf("a condition adds an error (%s):\n%s", got, out)
				}
			})
		}
	}
}
