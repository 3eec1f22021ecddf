package acctest

import (
	"maps"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestAppliedAlike: a set becomes the same by the provider as by the framework
// alone, step by step, also where a step fails.
func TestAppliedAlike(t *testing.T) {
	t.Parallel()
	server, err := newDifferential()
	if err != nil {
		t.Fatal(err)
	}
	got, want := lifeOf(t, server.Protocol), lifeOf(t, server.framework.Protocol)
	for i := range want {
		if !reflect.DeepEqual(got[i], want[i]) {
			t.Errorf("step %d: got\n%v\nwant\n%v", i, got[i], want[i])
		}
	}
}

// lifeOf returns the states of a set from its creation to its removal.
func lifeOf(t *testing.T, server tfprotov6.ProviderServer) []any {
	t.Helper()
	sim := simtest.Start(t, simulator.Options{})
	schema, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	p := &ProtocolServer{t: t, server: server, schema: schema}
	p.Configure(t.Context(), Values{"api_key": sim.APIKey, "base_url": sim.URL, "endpoint_id": simulator.DefaultEndpointID, "max_retries": 0}).RequireNone(t)
	const typeName = "runpodserverless_job_set"
	config := Values{"on_timeout": "detach"}
	var state *ResourceState
	var life []any
	for _, step := range []struct {
		change Values
		fault  simulator.Fault
	}{
		{change: Values{"inputs": Values{"a": Values{"mock_return": Values{"x": 1}}, "b": Values{"mock_return": "b"}}}},
		{change: Values{"output_sensitive": true}},
		{change: Values{"output_select": Values{"x": "x"}}},
		{change: Values{"output_select": Values{"y": "x"}}, fault: simulator.Fault{Op: "status", Kind: simulator.StatusReply, Status: 403}},
		{change: Values{"output_select": Values{"y": "x"}}},
		{change: Values{"inputs": Values{"b": Values{"mock_error": true}, "c": Values{"mock_return": 3}}}},
		{change: Values{"inputs": Values{"c": Values{"mock_return": 3}, "d": Values{"mock_delay": 300}}, "timeouts": Values{"update": "1s"}}},
		{change: Values{"inputs": Values{}, "output_sensitive": false, "timeouts": nil}, fault: simulator.Fault{Op: "cancel", Kind: simulator.StatusReply, Status: 403}},
		{fault: simulator.Fault{Op: "cancel", Kind: simulator.StatusReply, Status: 403}},
		{},
	} {
		maps.Copy(config, step.change)
		heal := func() {}
		if step.fault.Op != "" {
			heal = sim.Inject(step.fault)
		}
		planned := config
		if step.change == nil {
			planned = nil
		}
		plan := p.PlanResource(t.Context(), typeName, state, planned)
		plan.Diagnostics.RequireNoError(t)
		after, diags := p.ApplyResource(t.Context(), plan)
		heal()
		state = after
		life = append(life, []any{lasting(plan.Planned), lasting(after.Values), len(diags), diags.HasError()})
	}
	return life
}

// lasting returns a value without what is another with each run.
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
		}
		kept[name] = lasting(v)
	}
	return kept
}
