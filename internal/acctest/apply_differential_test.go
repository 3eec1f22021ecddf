package acctest

import (
	"maps"
	"reflect"
	"testing"
	"testing/synctest"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/provider"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// step is a change of a resource; a nil change removes it.
type step struct {
	change Values
	fault  simulator.Fault
}

// lifeCycles has the changes of each type with detached attributes, from creation to
// removal. Some of them fail.
var lifeCycles = map[string][]step{
	"runpodserverless_job_set": {
		{change: Values{"on_timeout": "detach", "inputs": Values{"a": Values{"mock_return": Values{"x": 1}}, "b": Values{"mock_return": "b"}}}},
		{change: Values{"output_sensitive": true}},
		{change: Values{"output_select": Values{"x": "x"}}},
		{change: Values{"output_select": Values{"y": "x"}}, fault: simulator.Fault{Op: "status", Kind: simulator.StatusReply, Status: 403, Body: `{"detail":"forbidden"}`}},
		{change: Values{"output_select": Values{"y": "x"}}},
		{change: Values{"inputs": Values{"b": Values{"mock_error": true}, "c": Values{"mock_return": 3}}}},
		{change: Values{"inputs": Values{"c": Values{"mock_return": 3}, "d": Values{"mock_delay": 300}}, "timeouts": Values{"update": "1s"}}},
		{change: Values{"inputs": Values{}, "output_sensitive": false, "timeouts": nil}, fault: simulator.Fault{Op: "cancel", Kind: simulator.StatusReply, Status: 403, Body: `{"detail":"forbidden"}`}},
		{fault: simulator.Fault{Op: "cancel", Kind: simulator.StatusReply, Status: 403, Body: `{"detail":"forbidden"}`}},
		{},
	},
	"runpodserverless_job": {
		{change: Values{"on_timeout": "detach", "input": Values{"mock_return": Values{"x": Values{"y": 1}}}}},
		{change: Values{"output_sensitive": true}},
		{change: Values{"output_select": Values{"x": "x.y"}}},
		{change: Values{"output_select": Values{"y": "x"}}, fault: simulator.Fault{Op: "status", Kind: simulator.StatusReply, Status: 403}},
		{change: Values{"output_select": nil, "output_sensitive": false}},
		{change: Values{"input": Values{"mock_return": Values{"x": Values{"y": 1}}}, "on_failure": "warn"}},
		{change: Values{"input": Values{"mock_error": true}}},
		{change: Values{"input": Values{"mock_return": []any{1, "two"}}}},
		{change: Values{"input": Values{"mock_delay": 300}, "timeouts": Values{"create": "1s", "update": "1s"}}},
		{change: Values{"on_interrupt": "cancel"}},
		{fault: simulator.Fault{Op: "cancel", Kind: simulator.StatusReply, Status: 403}},
		{},
	},
}

// TestApply_differential: the states of a resource are the same with the provider as
// with the framework alone, after each step, even if a step fails.
func TestApply_differential(t *testing.T) {
	t.Parallel()
	for typeName, steps := range lifeCycles {
		t.Run(typeName, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sim := simulator.New(simulator.Options{})
				defer sim.Close()
				server, err := newDifferential(provider.WithTransport(simtest.RoundTripper(sim)))
				if err != nil {
					t.Fatal(err)
				}
				got, want := lifeOf(t, sim, server.Protocol, typeName, steps), lifeOf(t, sim, server.framework.Protocol, typeName, steps)
				for i := range want {
					if !reflect.DeepEqual(got[i], want[i]) {
						t.Errorf("step %d: got\n%v\nwant\n%v", i, got[i], want[i])
					}
				}
			})
		})
	}
}

// TestApply_differentialCases: lifeCycles has every type with detached attributes.
func TestApply_differentialCases(t *testing.T) {
	t.Parallel()
	for _, newResource := range provider.New(Version)().Resources(t.Context()) {
		r := newResource()
		var name resource.MetadataResponse
		r.Metadata(t.Context(), resource.MetadataRequest{ProviderTypeName: provider.TypeName}, &name)
		if _, covered := lifeCycles[name.TypeName]; covered != fastpath.Detaches(r) {
			t.Errorf("%s: in lifeCycles %t, detaches attributes %t", name.TypeName, covered, !covered)
		}
	}
}

// lifeOf returns the states of a resource from its creation to its removal.
func lifeOf(t *testing.T, sim *simulator.Server, server tfprotov6.ProviderServer, typeName string, steps []step) []any {
	t.Helper()
	schema, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	p := &ProtocolServer{t: t, server: server, schema: schema}
	p.Configure(t.Context(), bubbleArguments([]Values{{"endpoint_id": simulator.DefaultEndpointID, "max_retries": 0}})).RequireNone(t)
	config := Values{}
	var state *ResourceState
	var life []any
	apply := func(config Values) *ResourcePlan {
		plan := p.PlanResource(t.Context(), typeName, state, config)
		plan.Diagnostics.RequireNoError(t)
		if len(plan.RequiresReplace) > 0 {
			return plan
		}
		after, diags := p.ApplyResource(t.Context(), plan)
		state = after
		life = append(life, []any{lasting(plan.Planned), lasting(after.Values), len(diags), diags.HasError()})
		return plan
	}
	for _, step := range steps {
		heal := func() {}
		if step.fault.Op != "" {
			heal = sim.Inject(step.fault)
		}
		if step.change == nil {
			apply(nil)
		} else {
			maps.Copy(config, step.change)
			if plan := apply(config); len(plan.RequiresReplace) > 0 {
				life = append(life, []any{lasting(plan.Planned), plan.RequiresReplace})
				apply(nil)
				state = nil
				apply(config)
			}
		}
		heal()
	}
	return life
}

// lasting returns a value without the parts that differ between runs.
func lasting(value any) any {
	values, ok := value.(Values)
	if !ok {
		return value
	}
	kept := make(Values, len(values))
	for name, v := range values {
		switch name {
		case "id", "submitted_at", "completed_at", "worker_id", "delay_time_ms", "execution_time_ms":
			v = v == nil
		case "status":
			if v == "IN_QUEUE" || v == "IN_PROGRESS" {
				v = "live" // which of the two depends on timing
			}
		}
		kept[name] = lasting(v)
	}
	return kept
}
