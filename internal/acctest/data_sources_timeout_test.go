package acctest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestDataSources_timeout checks that timeouts.read also limits data sources that wait for no
// condition, and that the error is about the timeout.
func TestDataSources_timeout(t *testing.T) {
	for typeName, config := range map[string]acctest.Values{
		"runpodserverless_endpoint_health":  {},
		"runpodserverless_endpoint_workers": {},
		"runpodserverless_job":              {"id": "job-1"},
	} {
		t.Run(typeName, func(t *testing.T) {
			simtest.Bubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim) {
				p := acctest.NewBubbleServer(t, sim.Server)
				sim.Inject(simulator.Fault{Kind: simulator.SlowBefore, Delay: time.Hour, Times: 10})
				config["endpoint_id"], config["timeouts"] = "demo", acctest.Values{"read": "5s"}
				started := time.Now()
				_, diags := p.ReadDataSource(t.Context(), typeName, config)
				if took := time.Since(started); took != 5*time.Second || len(diags.Errors()) != 1 {
					t.Errorf("it took %s: %s", took, diags)
				}
				for _, part := range []string{"the timeout of the operation passed", "raise the timeout of this operation in timeouts"} {
					if !strings.Contains(diags.String(), part) {
						t.Errorf("%q is not in %s", part, diags)
					}
				}
			})
		})
	}
}
