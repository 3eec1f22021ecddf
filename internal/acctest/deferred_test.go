package acctest_test

import (
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestDataSources_deferred: while the provider's configuration is not known, a
// data source is deferred where that is allowed, and an error elsewhere. It is
// deferred for no other reason: stable releases allow it while they apply, and
// refuse it then.
func TestDataSources_deferred(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]acctest.Values{
		"runpodserverless_endpoint_health":  {},
		"runpodserverless_endpoint_workers": {},
		"runpodserverless_job":              {"id": "job-1"},
		"runpodserverless_job_stream":       {"id": "job-1"},
		"runpodserverless_worker_logs":      {"worker_id": "worker-1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			endpoint := acctest.Values{"endpoint_id": simulator.DefaultEndpointID}
			unknown := acctest.NewProtocolServer(t, sim, endpoint, acctest.Values{"base_url": acctest.Unknown})
			if deferred, diags := unknown.DeferDataSource(t.Context(), name, config); !deferred || len(diags) > 0 {
				t.Errorf("deferred: %t\n%s", deferred, diags)
			}
			if _, diags := unknown.ReadDataSource(t.Context(), name, config); !strings.Contains(diags.String(), "Provider not configured yet") {
				t.Errorf("without deferral: %s", diags)
			}
			if n := len(sim.Journal()); n != 0 {
				t.Errorf("%d requests", n)
			}
			known := acctest.NewProtocolServer(t, sim, endpoint)
			if deferred, _ := known.DeferDataSource(t.Context(), name, config); deferred {
				t.Error("deferred with a known configuration")
			}
		})
	}
}
