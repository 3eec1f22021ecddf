package job_test

import (
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestJobRunAction_streamBlocked: while a gateway answers for the stream, the action
// knows the job's status, notices that the job is gone, and reports a timeout as such.
func TestJobRunAction_streamBlocked(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		expires time.Duration // when the job is deleted; 0 for never
		invoke  string
		within  time.Duration
		want    []string
	}{
		"the job expires": {time.Minute, "10h", 2 * time.Minute, []string{"Job has expired"}},
		"a timeout":       {0, "5m", 6 * time.Minute, []string{"Job timed out and was cancelled", "Waited for: 5m0s", "Last error: HTTP 403", "IN_PROGRESS"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simtest.Bubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim) {
				server := acctest.NewBubbleServer(t, sim.Server, acctest.Values{"endpoint_id": "demo"}, nil)
				sim.Inject(simulator.Fault{Op: "stream", Kind: simulator.StatusReply, Status: 403, Body: "<html><title>Just a moment...</title></html>"})
				if tc.expires > 0 {
					time.AfterFunc(tc.expires, func() { sim.ExpireJob("demo", sim.Jobs("demo")[0].ID) })
				}
				started := time.Now()
				progress, diags := server.InvokeAction(t.Context(), runAction, acctest.Values{
					"input": acctest.Values{"sim_delay_ms": 36_000_000}, "policy": acctest.Values{"execution_timeout": "12h"},
					"stream": true, "timeouts": acctest.Values{"invoke": tc.invoke},
				})
				contains(t, "error", diags.Errors(), tc.want...)
				if took := time.Since(started); took > tc.within {
					t.Errorf("after %s", took)
				}
				for _, message := range progress {
					if strings.Contains(message, "still IN_QUEUE") {
						t.Errorf("the status is wrong: %s", message)
					}
				}
			})
		})
	}
}
