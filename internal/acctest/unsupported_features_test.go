package acctest_test

import (
	"strings"
	"testing"

	"github.com/hashicorp/go-version"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
)

// TestAccUnsupportedFeatures: the guide "OpenTofu and older Terraform" quotes the
// errors of products that lack a feature. These are the product's errors, not the
// provider's.
func TestAccUnsupportedFeatures(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		config, title, names string
		terraform, openTofu  string // the first version with the feature; "" for none
	}{
		"action": {"action \"runpodserverless_queue_purge\" \"now\" {\n}\n", "Unsupported block type", `"action"`, "1.14.0", ""},
		"action_trigger": {
			"resource \"runpodserverless_queue_purge\" \"now\" {\n  lifecycle {\n    action_trigger {\n      events = [after_create]\n    }\n  }\n}\n",
			"Unsupported block type", `"action_trigger"`, "1.14.0", "",
		},
		"import by identity": {
			"import {\n  to = runpodserverless_job.a\n  identity = {\n    endpoint_id = \"demo\"\n    id = \"a\"\n  }\n}\nresource \"runpodserverless_job\" \"a\" {\n  input = { a = 1 }\n}\n",
			"Unsupported argument", `"identity"`, "1.12.0", "1.12.0",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cli := acctest.NewCLI(t)
			first := tc.terraform
			if cli.Product.Name == acctest.OpenTofu {
				first = tc.openTofu
			}
			if first != "" && cli.Product.Version.Core().GreaterThanOrEqual(version.Must(version.NewVersion(first))) {
				t.Skipf("%s knows it.", cli.Product)
			}
			cli.WriteFile("main.tf", acctest.RequiredProviders()+tc.config)
			r := cli.Run("validate", "-no-color")
			out := r.Output()
			if r.ExitCode == 0 || !strings.Contains(out, tc.title) || !strings.Contains(out, tc.names) {
				t.Errorf("want the error %q about %s, got exit code %d:\n%s", tc.title, tc.names, r.ExitCode, out)
			}
		})
	}
}
