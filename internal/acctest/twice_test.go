package acctest

import (
	"context"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestTwice: a difference to the framework's answer is an error.
func TestTwice(t *testing.T) {
	t.Parallel()
	server, err := newTwice()
	if err != nil {
		t.Fatal(err)
	}
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
			if err := differ(server, purge, tc.got, tc.want); (err == nil) != tc.equal {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestShortcuts: what the framework is asked about, and what it is not.
func TestShortcuts(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	p := NewProtocolServer(t, sim, Values{"endpoint_id": simulator.DefaultEndpointID})
	server, ok := p.server.(*twice)
	if !ok {
		t.Fatalf("the server is a %T", p.server)
	}
	asked := make(chan string, 100)
	server.Protocol = notes{server.framework, asked}
	for typeName, tc := range map[string]struct {
		input func(n int64) Values
		once  bool // asked about one of many that differ in their input
	}{
		"runpodserverless_job":     {func(n int64) Values { return Values{"input": Values{"mock_return": n}} }, true},
		"runpodserverless_job_set": {func(n int64) Values { return Values{"inputs": Values{"a": Values{"mock_return": n}}} }, true},
		"runpodserverless_batch":   {func(n int64) Values { return Values{"requests": []any{Values{"mock_return": n}}} }, false},
	} {
		input := tc.input
		few := func(what string) []string {
			if tc.once {
				return nil
			}
			return []string{what}
		}
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
		for n := range int64(2) {
			p.ValidateResourceConfig(ctx, typeName, input(n)).RequireNone(t)
		}
		expect("validation", append(few("validate"), "validate")...)
		for n := range int64(2) {
			p.PlanResource(ctx, typeName, nil, input(n)).Diagnostics.RequireNone(t)
		}
		expect("plan", append(few("plan"), "plan")...)
		state, diags := p.CreateResource(ctx, typeName, input(3))
		diags.RequireNone(t)
		expect("creation", few("plan")...)
		state, diags = p.ReadResource(ctx, typeName, state)
		diags.RequireNone(t)
		plan := p.PlanResource(ctx, typeName, state, input(3))
		plan.Diagnostics.RequireNone(t)
		expect("refresh and plan without a change")
		p.PlanResource(ctx, typeName, state, input(4)).Diagnostics.RequireNone(t)
		expect("plan of a change", "plan")
	}
}

// notes tells what a server is asked to do with resources.
type notes struct {
	fastpath.Protocol
	to chan<- string
}

func (n notes) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	n.to <- "validate"
	return n.Protocol.ValidateResourceConfig(ctx, req)
}

func (n notes) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	n.to <- "plan"
	return n.Protocol.PlanResourceChange(ctx, req)
}

func (n notes) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	n.to <- "read"
	return n.Protocol.ReadResource(ctx, req)
}
