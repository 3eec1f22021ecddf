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

// TestDurations: every argument that takes a duration reports an invalid one once, at
// the attribute's path, with the attribute's name and an example of a duration.
func TestDurations(t *testing.T) {
	t.Parallel()
	p := acctest.NewProtocolServer(t, simtest.Start(t, simulator.Options{}), acctest.Values{"endpoint_id": "demo"})
	job := acctest.Values{"input": acctest.Values{"a": 1}, "mode": "sync"}
	ephemeral := acctest.Values{"input": acctest.Values{"a": 1}, "run": true, "mode": "sync"}
	set := acctest.Values{"inputs": acctest.Values{"a": acctest.Values{"x": 1}}}
	submission := []string{"policy.execution_timeout", "policy.ttl", "queue_timeout", "retry.min_backoff", "retry.max_backoff"}
	stored := []string{"timeouts.create", "timeouts.read", "timeouts.update", "timeouts.delete"}
	all := func(lists ...[]string) (names []string) {
		for _, list := range lists {
			names = append(names, list...)
		}
		return names
	}
	onlyConfig := func(validate func(context.Context, acctest.Values) acctest.Diagnostics) func(context.Context, string, acctest.Values) acctest.Diagnostics {
		return func(ctx context.Context, _ string, config acctest.Values) acctest.Diagnostics {
			return validate(ctx, config)
		}
	}
	for name, tc := range map[string]struct {
		validate func(ctx context.Context, typeName string, config acctest.Values) acctest.Diagnostics
		typeName string
		config   acctest.Values
		names    []string
	}{
		"job":         {p.ValidateResourceConfig, "runpodserverless_job", job, all(submission, stored, []string{"sync_wait"})},
		"job set":     {p.ValidateResourceConfig, "runpodserverless_job_set", set, all(submission, stored)},
		"batch":       {p.ValidateResourceConfig, "runpodserverless_batch", acctest.Values{"requests": []any{acctest.Values{"x": 1}}}, stored},
		"ephemeral":   {p.ValidateEphemeralConfig, "runpodserverless_job", ephemeral, all(submission, []string{"sync_wait", "timeouts.open"})},
		"action":      {p.ValidateActionConfig, "runpodserverless_job_run", job, all(submission, []string{"sync_wait", "timeouts.invoke"})},
		"retry":       {p.ValidateActionConfig, "runpodserverless_job_retry", acctest.Values{"id": "x"}, []string{"timeouts.invoke"}},
		"health":      {p.ValidateDataSourceConfig, "runpodserverless_endpoint_health", acctest.Values{}, []string{"timeouts.read"}},
		"workers":     {p.ValidateDataSourceConfig, "runpodserverless_endpoint_workers", acctest.Values{}, []string{"timeouts.read"}},
		"data source": {p.ValidateDataSourceConfig, "runpodserverless_job", acctest.Values{"id": "x"}, []string{"timeouts.read"}},
		"stream":      {p.ValidateDataSourceConfig, "runpodserverless_job_stream", acctest.Values{"id": "x"}, []string{"timeouts.read"}},
		"provider":    {onlyConfig(p.ValidateProviderConfig), "", acctest.Values{"api_key": "k"}, []string{"request_timeout", "retry_min_wait", "retry_max_wait"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, argument := range tc.names {
				for value, says := range map[string]string{
					"1d": `"24h"`, "1w": `"168h"`, "1.5 days": `"36h"`, "1d12h": `"36h"`, "1D": `"24h"`, "1d 2h": `"26h"`, "2 Weeks": `"336h"`, "1 hour 30min": `"90m"`, "45 seconds": `"45s"`, "90": `"90s"`, " 90 ": `"90s"`, "soon": "must be a duration", "": "must be a duration", "-1s": "must be a duration",
				} {
					config := maps.Clone(tc.config)
					parent, member, nested := strings.Cut(argument, ".")
					if config[parent] = value; nested {
						config[parent] = acctest.Values{member: value}
						if parent == "retry" {
							config[parent] = acctest.Values{member: value, "max_attempts": 2}
						}
					}
					diags := tc.validate(t.Context(), tc.typeName, config)
					if len(diags) != 1 || diags[0].Summary != "Invalid duration" || !strings.Contains(diags[0].Detail, says) {
						t.Errorf("%s = %q: want one error with %s: %s", argument, value, says, diags)
						continue
					}
					if nested && !strings.HasPrefix(diags[0].Detail, argument+": ") {
						t.Errorf("%s = %q: the attribute is not named: %s", argument, value, diags)
					}
					if at := diags[0].Attribute; at == nil || !strings.Contains(at.String(), parent) || !strings.Contains(at.String(), member) {
						t.Errorf("%s = %q: the error is at %s", argument, value, at)
					}
				}
			}
		})
	}
}
