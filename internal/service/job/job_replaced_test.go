package job_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// TestJobResource_replacedUnread: if the kept output cannot be read again for changed
// output arguments, the next apply does that.
func TestJobResource_replacedUnread(t *testing.T) {
	t.Parallel()
	config := acctest.Values{
		"input": acctest.Values{"mock_return": "fine"}, "triggers": acctest.Values{"a": "1"}, "output_select": acctest.Values{"some": "@"},
	}
	inWorkspace(t, simulator.Options{}, nil, config, func(w *workspace) {
		w.apply(w.t.Context()).diags.RequireNone(w.t)
		w.config["output_select"] = acctest.Values{"all": "@"}
		heal := w.Inject(simulator.Fault{Op: "status", Kind: simulator.StatusReply, Status: 401, Body: `{"detail":"no"}`})
		state, diags := w.cli.ReplaceForUnknownTriggers(w.t.Context(), jobType, w.state, w.config)
		heal()
		if !strings.Contains(diags.String(), "ERROR: Unable to read the output again") {
			t.Error(diags)
		}
		w.state, diags = w.cli.ReplaceResource(w.t.Context(), w.cli.PlanResource(w.t.Context(), jobType, state, w.config), w.config)
		diags.RequireNoError(w.t)
		if got := fmt.Sprint(w.value("output")); got != "map[all:fine]" || w.submissions() != 1 {
			t.Errorf("%s of %d jobs", got, w.submissions())
		}
		if action, plan := w.plan(w.t.Context()); action != actionNone {
			t.Errorf("%s: %s", action, plan.Diagnostics)
		}
	})
}
