package acctest

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestDifferential: a response that differs from the framework's is an error.
func TestDifferential(t *testing.T) {
	t.Parallel()
	const purge = "runpodserverless_queue_purge"
	p := NewUnconfiguredProtocolServer(t)
	schema := p.schema.ResourceSchemas[purge]
	answer := func(id string, private ...byte) *tfprotov6.PlanResourceChangeResponse {
		return &tfprotov6.PlanResourceChangeResponse{PlannedState: p.encode(schema, Values{"id": id}), PlannedPrivate: private}
	}
	for name, tc := range map[string]struct {
		got, want *tfprotov6.PlanResourceChangeResponse
		equal     bool
	}{
		"the same":           {answer("a"), answer("a"), true},
		"no private state":   {answer("a"), &tfprotov6.PlanResourceChangeResponse{PlannedState: answer("a").PlannedState, PlannedPrivate: []byte{}}, true},
		"another value":      {answer("a"), answer("b"), false},
		"more private state": {answer("a"), answer("a", 'x'), false},
		"something said":     {&tfprotov6.PlanResourceChangeResponse{Diagnostics: []*tfprotov6.Diagnostic{{Summary: "x"}}}, &tfprotov6.PlanResourceChangeResponse{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := differ(purge, tc.got, tc.want); (err == nil) != tc.equal {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestFastPath: which requests reach the framework, and which do not.
func TestFastPath(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	p := NewProtocolServer(t, sim, Values{"endpoint_id": simulator.DefaultEndpointID})
	server, ok := p.server.(*differential)
	if !ok {
		t.Fatalf("the server is a %T", p.server)
	}
	asked := make(chan string, 100)
	server.framework.notify = func(what string) { asked <- what }
	for typeName, input := range map[string]func(n int64) Values{
		"runpodserverless_job":     func(n int64) Values { return Values{"input": Values{"mock_return": n}} },
		"runpodserverless_job_set": func(n int64) Values { return Values{"inputs": Values{"a": Values{"mock_return": n}}} },
		"runpodserverless_batch":   func(n int64) Values { return Values{"requests": []any{Values{"mock_return": n}}} },
	} {
		ctx := t.Context()
		expect := func(what string, want ...string) {
			t.Helper()
			var got []string
			for len(asked) > 0 {
				got = append(got, <-asked)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s of a %s: the framework was asked to %v, want %v", what, typeName, got, want)
			}
		}
		p.ValidateResourceConfig(ctx, typeName, input(3)).RequireNone(t)
		expect("validation", "validate")
		state, diags := p.CreateResource(ctx, typeName, input(3))
		diags.RequireNone(t)
		expect("creation", "plan", "apply")
		state, diags = p.ReadResource(ctx, typeName, state)
		diags.RequireNone(t)
		plan := p.PlanResource(ctx, typeName, state, input(3))
		plan.Diagnostics.RequireNone(t)
		expect("refresh and plan without a change")
		p.PlanResource(ctx, typeName, state, input(4)).Diagnostics.RequireNone(t)
		expect("plan of a change", "plan")
	}
}
