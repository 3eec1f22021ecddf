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

// Version is the version of the provider under test.
const Version = "test"

// ProviderFactories returns the provider in process, under its own name.
func ProviderFactories() map[string]func() (tfprotov6.ProviderServer, error) {
	return map[string]func() (tfprotov6.ProviderServer, error){
		provider.TypeName: func() (tfprotov6.ProviderServer, error) { return newDifferential() },
	}
}

// Test runs the case. It does not need TF_ACC, because the case runs against the
// simulator. It skips the test if there is no CLI, where terraform-plugin-testing would
// exit. It adds the provider if the case has none. The caller must call t.Parallel
// before it.
func Test(t *testing.T, c resource.TestCase) {
	t.Helper()
	RequireCLI(t)
	if c.ProtoV6ProviderFactories == nil {
		c.ProtoV6ProviderFactories = ProviderFactories()
	}
	resource.UnitTest(t, c)
}

// ProviderConfig returns the provider block for the simulator, with additional lines
// such as `endpoint_id = "ep1"`.
func ProviderConfig(sim *simtest.Sim, extra ...string) string {
	lines := append([]string{
		fmt.Sprintf("api_key = %q", sim.APIKey),
		fmt.Sprintf("base_url = %q", sim.URL),
	}, extra...)
	return fmt.Sprintf("provider %q {\n  %s\n}\n", provider.TypeName, strings.Join(lines, "\n  "))
}

// ResourceConfig returns a configuration with one resource, "test", with these
// arguments, and a provider that uses the simulator's default endpoint with short retry
// delays.
func ResourceConfig(sim *simtest.Sim, typeName, arguments string) string {
	return RequiredProviders() +
		ProviderConfig(sim, fmt.Sprintf("endpoint_id = %q", simulator.DefaultEndpointID), `retry_min_wait = "10ms"`, `retry_max_wait = "20ms"`) +
		fmt.Sprintf("resource %q \"test\" {\n%s\n}\n", typeName, arguments)
}
