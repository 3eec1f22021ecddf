package job_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestJobActions_advice: the advice of an error fits the action and its cause.
func TestJobActions_advice(t *testing.T) {
	t.Parallel()
	end := func(f func(sim *simtest.Sim, id string)) func(*simtest.Sim) {
		return func(sim *simtest.Sim) {
			time.AfterFunc(time.Minute, func() { f(sim, sim.Jobs("demo")[0].ID) })
		}
	}
	cancelled := end(func(sim *simtest.Sim, id string) { sim.CancelJob("demo", id) })
	expired := end(func(sim *simtest.Sim, id string) { sim.ExpireJob("demo", id) })
	forbidden := func(sim *simtest.Sim) {
		sim.Inject(simulator.Fault{Kind: simulator.StatusReply, Status: http.StatusForbidden, Body: `{"detail":"forbidden"}`})
	}
	long := acctest.Values{"sim_fail_times": 1, "mock_delay": 300}
	for name, tc := range map[string]struct {
		typeName string
		input    acctest.Values // of the job that is retried, or run
		config   acctest.Values
		before   func(*simtest.Sim)
		want     string
		never    []string
	}{
		"retried, fails": {
			typeName: retryAction, input: acctest.Values{"sim_raise": "kaboom"},
			want: "invoke the action again, which retries the job again", never: []string{"submits", "or retry to"},
		},
		"retried, cancelled": {
			typeName: retryAction, input: long, before: cancelled,
			want: "A cancelled job cannot be retried", never: []string{"invoke the action again", "or retry to"},
		},
		"retried, expired": {
			typeName: retryAction, input: long, before: expired,
			want: "An expired job cannot be retried", never: []string{"nvoking the action again"},
		},
		"retried, too slow": {
			typeName: retryAction, input: long, config: acctest.Values{"timeouts": acctest.Values{"invoke": "10s"}},
			want: "raise timeouts.invoke", never: []string{"on_timeout"},
		},
		"not retried": {
			typeName: retryAction, input: acctest.Values{"mock_return": 1},
			want: "Only a job that ended as FAILED or TIMED_OUT",
		},
		"not allowed to retry": {
			typeName: retryAction, input: acctest.Values{"sim_raise": "kaboom"}, before: forbidden,
			want: "check the API key", never: []string{"Only a job that ended"},
		},
		"run, fails": {
			typeName: runAction, input: acctest.Values{"sim_raise": "kaboom"},
			want: "fix the cause and invoke the action again", never: nil,
		},
		"run, cancelled": {
			typeName: runAction, input: long, before: cancelled,
			want: "invoke the action again, which submits a new job", never: []string{"or retry to"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			simtest.Bubble(t, simulator.Options{}, func(t *testing.T, sim *simtest.Sim) {
				server := acctest.NewBubbleServer(t, sim.Server, acctest.Values{"endpoint_id": "demo"})
				config := acctest.Values{"input": tc.input}
				if tc.typeName == retryAction {
					state, diags := server.CreateResource(t.Context(), jobType, acctest.Values{"input": tc.input, "wait_for_completion": false})
					diags.RequireNone(t)
					time.Sleep(10 * time.Minute) // its first run ends
					config = acctest.Values{"id": state.Values["id"]}
				}
				for name, value := range tc.config {
					config[name] = value
				}
				if tc.before != nil {
					tc.before(sim)
				}
				_, diags := server.InvokeAction(t.Context(), tc.typeName, config)
				contains(t, "error", diags.Errors(), tc.want, "Endpoint: demo", "Job: ")
				for _, text := range tc.never {
					if strings.Contains(diags.String(), text) {
						t.Errorf("%q is in %s", text, diags)
					}
				}
			})
		})
	}
}
