package job_test

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// invokeInBubble invokes job_run in fake time and returns its messages without the
// prefix up to the colon and without the job's id.
func invokeInBubble(t *testing.T, sim *simulator.Server, config acctest.Values) (messages []string, diags acctest.Diagnostics) {
	t.Helper()
	server := acctest.NewBubbleServer(t, sim, acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	all, diags := server.InvokeAction(t.Context(), runAction, config)
	jobID := sim.Jobs(simulator.DefaultEndpointID)[0].ID
	for _, m := range all {
		message, ok := strings.CutPrefix(m, "Job "+jobID+" on endpoint demo: ")
		if !ok {
			t.Errorf("a message without job or endpoint: %s", m)
		}
		messages = append(messages, message)
	}
	time.Sleep(time.Minute) // the client's windows end with it
	return messages, diags
}

// TestJobRunAction_progress: every message of an action, verbatim.
func TestJobRunAction_progress(t *testing.T) {
	t.Parallel()
	const (
		stuck   = "workers: 0 ready, 0 idle, 0 running, 0 initializing, 2 throttled, 1 unhealthy; jobs: 1 in queue, 0 in progress, 0 completed, 0 failed, 0 retried"
		why     = ". Likely cause: 1 worker is unhealthy: they crash at start or do not answer, so look at their logs; 2 workers are throttled: no machine is free for them"
		running = "workers: 199 ready, 199 idle, 1 running, 0 initializing, 0 throttled, 0 unhealthy; jobs: 0 in queue, 1 in progress, 0 completed, 0 failed, 0 retried"
	)
	for name, tc := range map[string]struct {
		endpoint simulator.Endpoint
		fault    *simulator.Fault
		config   acctest.Values
		want     []string
		error    string
	}{
		"stuck in the queue": {
			simulator.Endpoint{Throttled: 2, Unhealthy: 1}, nil,
			acctest.Values{"input": acctest.Values{"a": 1}, "timeouts": acctest.Values{"invoke": "100s"}},
			[]string{
				"submitted; Ctrl-C leaves it running", "IN_QUEUE after 0s",
				"still IN_QUEUE after 30s, one of 1 in the queue; " + stuck,
				"still IN_QUEUE after 1m0s, one of 1 in the queue; " + stuck + why,
				"still IN_QUEUE after 1m30s, one of 1 in the queue; " + stuck + why,
				"CANCELLED after 1m40s",
			},
			"Job timed out and was cancelled",
		},
		"running for long": {
			simulator.Endpoint{}, nil,
			acctest.Values{"input": acctest.Values{"mock_delay": 130}},
			[]string{
				"submitted; Ctrl-C leaves it running", "IN_QUEUE after 0s",
				"IN_PROGRESS after 1s",
				"still IN_PROGRESS after 30s; " + running,
				"still IN_PROGRESS after 1m0s; " + running,
				"still IN_PROGRESS after 1m30s; " + running,
				"still IN_PROGRESS after 2m0s; " + running,
				"COMPLETED after 2m10s",
			},
			"",
		},
		"streaming": {
			simulator.Endpoint{}, nil,
			acctest.Values{"stream": true, "input": acctest.Values{"sim_stream": []any{"one", acctest.Values{"n": 2}}, "sim_stream_delay_ms": 25000}},
			[]string{
				"submitted; Ctrl-C leaves it running", "IN_QUEUE after 0s",
				"IN_PROGRESS after 1s",
				`chunk "one"`,
				"still IN_PROGRESS after 30s; " + running,
				`chunk {"n":2}`,
				"COMPLETED after 50s",
			},
			"",
		},
		"retried": {
			simulator.Endpoint{}, nil,
			acctest.Values{
				"input": acctest.Values{"mock_delay": 40, "sim_fail_times": 1},
				"retry": acctest.Values{"max_attempts": 2, "min_backoff": "1ms", "max_backoff": "1ms"},
			},
			[]string{
				"submitted; Ctrl-C leaves it running", "IN_QUEUE after 0s",
				"IN_PROGRESS after 1s",
				"still IN_PROGRESS after 30s; " + running,
				"FAILED after 40s",
				"ended as FAILED; run 2 starts",
				"IN_PROGRESS after 41s",
				"still IN_PROGRESS after 1m0s; " + strings.Replace(running, "0 failed", "1 failed", 1),
				"COMPLETED after 1m20s",
			},
			"",
		},
		"without counts": {
			simulator.Endpoint{}, &simulator.Fault{Op: "health", Kind: simulator.SlowBefore, Delay: time.Hour},
			acctest.Values{"input": acctest.Values{"mock_delay": 50}},
			[]string{"submitted; Ctrl-C leaves it running", "IN_QUEUE after 0s", "IN_PROGRESS after 1s", "still IN_PROGRESS after 35s", "COMPLETED after 50s"},
			"",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := simtest.NewInBubble(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{simulator.DefaultEndpointID: tc.endpoint}}).Server
				if tc.fault != nil {
					sim.Inject(*tc.fault)
				}
				got, diags := invokeInBubble(t, sim, tc.config)
				if !slices.Equal(got, tc.want) {
					t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tc.want, "\n"))
				}
				contains(t, "error", diags.Errors(), tc.error)
			})
		})
	}
}
