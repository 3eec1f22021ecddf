package validators_test

import (
	"context"
	"maps"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestTimeouts: every type with timeouts rejects a timeout of zero at the path of that
// timeout, and accepts the shortest.
func TestTimeouts(t *testing.T) {
	t.Parallel()
	p := acctest.NewProtocolServer(t, simtest.Start(t, simulator.Options{}), acctest.Values{"endpoint_id": "demo"})
	input := acctest.Values{"input": acctest.Values{"a": 1}}
	for name, tc := range map[string]struct {
		validate func(ctx context.Context, typeName string, config acctest.Values) acctest.Diagnostics
		typeName string
		config   acctest.Values
		limits   []string
	}{
		"job":        {p.ValidateResourceConfig, "runpodserverless_job", input, []string{"create", "read", "update", "delete"}},
		"job set":    {p.ValidateResourceConfig, "runpodserverless_job_set", acctest.Values{"inputs": acctest.Values{"a": acctest.Values{"x": 1}}}, []string{"create", "read", "update", "delete"}},
		"batch":      {p.ValidateResourceConfig, "runpodserverless_batch", acctest.Values{"requests": []any{acctest.Values{"x": 1}}}, []string{"create", "read", "update", "delete"}},
		"health":     {p.ValidateDataSourceConfig, "runpodserverless_endpoint_health", acctest.Values{}, []string{"read"}},
		"other job":  {p.ValidateDataSourceConfig, "runpodserverless_job", acctest.Values{"id": "x"}, []string{"read"}},
		"stream":     {p.ValidateDataSourceConfig, "runpodserverless_job_stream", acctest.Values{"id": "x"}, []string{"read"}},
		"ephemeral":  {p.ValidateEphemeralConfig, "runpodserverless_job", acctest.Values{"input": acctest.Values{"a": 1}, "run": true}, []string{"open"}},
		"run action": {p.ValidateActionConfig, "runpodserverless_job_run", input, []string{"invoke"}},
		"retry":      {p.ValidateActionConfig, "runpodserverless_job_retry", acctest.Values{"id": "x"}, []string{"invoke"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, limit := range tc.limits {
				for value, refused := range map[string]bool{"0s": true, "-5m": true, "1ns": false} {
					config := acctest.Values{"timeouts": acctest.Values{limit: value}}
					maps.Copy(config, tc.config)
					diags := tc.validate(t.Context(), tc.typeName, config)
					found := false
					for _, d := range diags {
						found = found || d.Attribute != nil && strings.Contains(d.Attribute.String(), limit) &&
							strings.Contains(d.Detail, "greater than zero")
					}
					if found != refused || diags.HasError() != refused {
						t.Errorf("%s = %q: rejected %t, want %t: %s", limit, value, found, refused, diags)
					}
				}
			}
		})
	}
}
