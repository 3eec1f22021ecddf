package job_test

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/service/job"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestJobKinds_reportTheSame: the data source and the ephemeral resource report
// everything about a job that the resource does. What an ephemeral resource reports
// is hidden as it is, so it needs no sensitive_output.
func TestJobKinds_reportTheSame(t *testing.T) {
	t.Parallel()
	var r resource.SchemaResponse
	job.NewResource().Schema(t.Context(), resource.SchemaRequest{}, &r)
	var d datasource.SchemaResponse
	job.NewDataSource().Schema(t.Context(), datasource.SchemaRequest{}, &d)
	var e ephemeral.SchemaResponse
	job.NewEphemeralResource().Schema(t.Context(), ephemeral.SchemaRequest{}, &e)

	want := map[string]bool{}
	for name, a := range r.Schema.GetAttributes() {
		if a.IsComputed() && !a.IsOptional() && name != "creation_failed" && name != "files" { // which are about the resource, not the job
			want[name] = a.IsSensitive()
		}
	}
	for name, a := range d.Schema.GetAttributes() {
		if sensitive, ok := want[name]; ok && (!a.IsComputed() && name != "id" || a.IsSensitive() != sensitive) {
			t.Errorf("%s of the data source is not what it is of the resource", name)
		}
	}
	for name := range want {
		if _, ok := d.Schema.Attributes[name]; !ok {
			t.Errorf("the data source has no %s", name)
		}
		if _, ok := e.Schema.Attributes[name]; !ok && name != "sensitive_output" {
			t.Errorf("the ephemeral resource has no %s", name)
		}
	}
	if len(want) < 14 {
		t.Errorf("the resource reports only %v", slices.Sorted(maps.Keys(want)))
	}
}

// TestJobKinds_limits: queue_timeout, retry.error_matches and on_expired of the kinds
// that store nothing.
func TestJobKinds_limits(t *testing.T) {
	t.Parallel()
	throttled := map[string]simulator.Endpoint{simulator.DefaultEndpointID: {Throttled: 1}}
	failing := func(message, pattern string) acctest.Values {
		return acctest.Values{"input": acctest.Values{"sim_raise": message}, "retry": acctest.Values{"max_attempts": 3, "error_matches": []any{pattern}}}
	}
	const message = "CUDA out of memory"
	for kind, open := range map[string]func(t *testing.T, server *acctest.ProtocolServer, config acctest.Values) acctest.Diagnostics{
		"ephemeral": func(t *testing.T, server *acctest.ProtocolServer, config acctest.Values) acctest.Diagnostics {
			t.Helper()
			config["run"] = true
			_, _, diags := server.OpenEphemeral(t.Context(), jobType, config)
			return diags
		},
		"action": func(t *testing.T, server *acctest.ProtocolServer, config acctest.Values) acctest.Diagnostics {
			t.Helper()
			server.PlanAction(t.Context(), runAction, config).RequireNone(t)
			_, diags := server.InvokeAction(t.Context(), runAction, config)
			return diags
		},
	} {
		for name, tc := range map[string]struct {
			endpoints      map[string]simulator.Endpoint
			config         acctest.Values
			error, warning string
			retries        int
			cancels        int
		}{
			"queue_timeout":           {throttled, acctest.Values{"queue_timeout": "5m"}, "no worker ever took it", "", 0, 1},
			"queue_timeout, detach":   {throttled, acctest.Values{"queue_timeout": "5m", "on_timeout": "detach"}, "", "no worker ever took it", 0, 0},
			"queue_timeout, sync":     {throttled, acctest.Values{"queue_timeout": "5m", "mode": "sync"}, "no worker ever took it", "", 0, 1},
			"queue_timeout, taken":    {nil, acctest.Values{"queue_timeout": "5m"}, "", "", 0, 0},
			"error_matches, type":     {nil, failing(message, "ValueError"), "out of memory", "", 2, 0},
			"error_matches, message":  {nil, failing(message, "memory$"), "out of memory", "", 2, 0},
			"error_matches, neither":  {nil, failing(message, "network"), "out of memory", "", 0, 0},
			"error_matches, anchored": {nil, failing(message, "^memory"), "out of memory", "", 0, 0},
			"error_matches, marks":    {nil, failing("cafe\u0301 is closed", "^caf\u00e9 is"), "is closed", "", 2, 0},
			"on_expired":              {nil, acctest.Values{"policy": acctest.Values{"ttl": "1m"}}, "its end was not seen", "", 0, 0},
			"on_expired, warn":        {nil, acctest.Values{"policy": acctest.Values{"ttl": "1m"}, "on_expired": "warn"}, "", "its end was not seen", 0, 0},
		} {
			t.Run(kind+", "+name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					sim := simtest.NewInBubble(t, simulator.Options{Endpoints: tc.endpoints})
					server := acctest.NewBubbleServer(t, sim.Server, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
					config := acctest.Values{"input": acctest.Values{"sim_delay_ms": (8 * time.Minute).Milliseconds()}}
					maps.Copy(config, tc.config)
					if kind == "ephemeral" && tc.config["on_timeout"] == "detach" { // an ephemeral resource without a result is an error
						tc.error, tc.warning = tc.warning, ""
					}
					started := time.Now()
					diags := open(t, server, config)
					contains(t, "error", diags.Errors(), tc.error)
					contains(t, "warning", diags.Warnings(), tc.warning)
					requests(t, sim, "retry", tc.retries)
					requests(t, sim, "cancel", tc.cancels)
					if took := time.Since(started); tc.endpoints != nil && (took < 5*time.Minute || took > 5*time.Minute+15*time.Second || !strings.Contains(diags.String(), "1 throttled")) {
						t.Errorf("it took %s: %s", took, diags)
					}
				})
			})
		}
	}
}
