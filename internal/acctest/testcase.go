package acctest

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/provider"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// Version is what the provider under test calls its own version.
const Version = "test"

// ProviderFactories makes the provider in process, under its own name.
func ProviderFactories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		provider.TypeName: func() (tfprotov6.ProviderServer, error) { return newDifferential() },
	}
}

// Test runs the case. It needs no TF_ACC, because the case runs against the
// simulator; where there is no command-line interface it skips before
// terraform-plugin-testing can end the process. It adds the provider when the
// case names none. The caller calls t.Parallel, first of all.
func Test(t *testing.T, c resource.TestCase) {
	t.Helper()
	RequireCLI(t)
	if c.ProtoV6ProviderFactories == nil {
		c.ProtoV6ProviderFactories = ProviderFactories()
	}
	resource.UnitTest(t, c)
}

// ProviderConfig returns the provider block that uses the simulator, with
// further lines such as `endpoint_id = "ep1"` in it.
func ProviderConfig(sim *simtest.Sim, extra ...string) string {
	lines := append([]string{
		fmt.Sprintf("api_key = %q", sim.APIKey),
		fmt.Sprintf("base_url = %q", sim.URL),
	}, extra...)
	return fmt.Sprintf("provider %q {\n  %s\n}\n", provider.TypeName, strings.Join(lines, "\n  "))
}

// ResourceConfig returns a configuration with one resource, "test", that has the
// given arguments, and a provider that uses the simulator's default endpoint
// with quick retries.
func ResourceConfig(sim *simtest.Sim, typeName, arguments string) string {
	return RequiredProviders() +
		ProviderConfig(sim, fmt.Sprintf("endpoint_id = %q", simulator.DefaultEndpointID), `retry_min_wait = "10ms"`, `retry_max_wait = "20ms"`) +
		fmt.Sprintf("resource %q \"test\" {\n%s\n}\n", typeName, arguments)
}
