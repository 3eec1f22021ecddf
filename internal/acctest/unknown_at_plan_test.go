package acctest_test

import (
	"maps"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// lateArgument is an argument whose value is known at the apply only: the stored
// value, which stays, or another one.
type lateArgument struct {
	stays, changes any
	// replaces is set when a change makes something else: as for any provider, a
	// value that is not known yet then plans a replacement.
	replaces bool
}

// stored is a resource at rest, and what brings it there from its configuration.
type stored struct {
	config acctest.Values
	after  func(t *testing.T, s stage, state *acctest.ResourceState)
}

var (
	failing = acctest.Values{"sim_raise": "kaboom"}
	endless = acctest.Values{"mock_return": 1, "sim_delay_ms": 3_600_000}
	quick   = acctest.Values{"mock_return": acctest.Values{"a": 1}}
)

// expire lets the jobs disappear that are on the endpoint.
func expire(_ *testing.T, s stage, _ *acctest.ResourceState) {
	time.Sleep(10 * time.Minute)
	for _, job := range s.sim.Jobs(simulator.DefaultEndpointID) {
		s.sim.ExpireJob(simulator.DefaultEndpointID, job.ID)
	}
}

var lateArguments = map[string]map[string]lateArgument{
	jobType: {
		"wait_for_completion": {true, false, false}, "on_failure": {"warn", "error", false}, "on_timeout": {"detach", "cancel", false},
		"on_interrupt": {"detach", "cancel", false}, "on_destroy": {"cancel", "keep", false}, "sync_wait": {nil, "5s", false},
		"retry": {nil, acctest.Values{"max_attempts": 2}, false}, "output_select": {nil, acctest.Values{"x": "a"}, false},
		"output_sensitive": {false, true, false}, "max_output_bytes": {0, 1000, false}, "timeouts": {acctest.Values{"create": "1s", "update": "1s"}, acctest.Values{"create": "2s", "update": "1s"}, false},
		"policy": {nil, acctest.Values{"ttl": "1h"}, true}, "webhook": {nil, nil, true}, "triggers": {nil, acctest.Values{"a": "b"}, true},
		"on_expired": {"warn", "error", false}, "queue_timeout": {nil, "1h", false}, "output_files": {nil, acctest.Values{}, false},
		"mode": {"async", "sync", true}, "input": {nil, quick, true}, "endpoint_id": {"demo", "other", true}, "input_wo_version": {nil, 2, true},
	},
	setType: {
		"on_failure": {"warn", "error", false}, "on_timeout": {"detach", "cancel", false}, "on_interrupt": {"detach", "cancel", false},
		"on_destroy": {"cancel", "keep", false}, "min_success_ratio": {0.5, 1, false}, "max_in_flight": {50, 2, false},
		"retry": {nil, acctest.Values{"max_attempts": 2}, false}, "output_select": {nil, acctest.Values{"x": "a"}, false}, "output_sensitive": {false, true, false},
		"max_output_bytes": {0, 1000, false}, "timeouts": {acctest.Values{"create": "1s", "update": "1s"}, acctest.Values{"create": "2s", "update": "1s"}, false},
		"policy": {nil, acctest.Values{"ttl": "1h"}, true}, "webhook": {nil, nil, true}, "triggers": {nil, acctest.Values{"a": "b"}, true},
		"on_expired": {"warn", "error", false}, "queue_timeout": {nil, "1h", false}, "output_files": {nil, acctest.Values{}, false},
		"max_failures": {nil, 3, false}, "input_wo_version": {nil, 2, true},
		"endpoint_id": {"demo", "other", true}, "inputs": {nil, acctest.Values{"a": quick, "z": quick}, false}, "inputs.a": {nil, quick, false},
	},
	batchType: {
		"wait_for_completion": {true, false, false}, "on_failure": {"warn", "error", false}, "on_timeout": {"detach", "cancel", false},
		"on_interrupt": {"detach", "cancel", false}, "on_expired": {"warn", "error", false}, "on_destroy": {"cancel", "keep", false}, "results_file": {nil, "", false},
		"max_output_bytes": {0, 1000, false}, "timeouts": {acctest.Values{"create": "1m", "update": "1s"}, acctest.Values{"create": "2m", "update": "1s"}, false},
		"triggers": {nil, acctest.Values{"a": "b"}, true}, "endpoint_id": {"demo", "other", true}, "requests": {nil, []any{quick}, true},
	},
	purgeType: {
		"on_destroy": {"nothing", "purge", false}, "triggers": {nil, acctest.Values{"a": "b"}, true}, "endpoint_id": {"demo", "other", true},
	},
}

var storedStates = map[string]map[string]stored{
	jobType: {
		"new":       {},
		"completed": {config: acctest.Values{"input": quick}},
		"failed":    {config: acctest.Values{"input": failing}},
		"live":      {config: acctest.Values{"input": endless}},
		"expired":   {config: acctest.Values{"input": endless}, after: expire},
	},
	setType: {
		"new":       {},
		"completed": {config: acctest.Values{"inputs": acctest.Values{"a": quick, "b": quick}}},
		"failed":    {config: acctest.Values{"inputs": acctest.Values{"a": failing, "b": quick}}},
		"all bad":   {config: acctest.Values{"inputs": acctest.Values{"a": failing, "b": failing}}},
		"live":      {config: acctest.Values{"inputs": acctest.Values{"a": endless, "b": quick}}},
		"expired":   {config: acctest.Values{"inputs": acctest.Values{"a": endless, "b": quick}}, after: expire},
	},
	batchType: {
		"new":       {},
		"completed": {config: acctest.Values{"requests": []any{quick, quick}}},
		"failed":    {config: acctest.Values{"requests": []any{failing, quick}}},
		"live":      {config: acctest.Values{"requests": []any{endless, quick}}},
		"expired": {config: acctest.Values{"requests": []any{endless, quick}}, after: func(_ *testing.T, s stage, _ *acctest.ResourceState) {
			s.sim.Inject(simulator.Fault{Op: "batch-get", Kind: simulator.StatusReply, Status: 404, Body: `{"detail":"batch not found"}`})
		}},
	},
	purgeType: {"new": {}, "purged": {config: acctest.Values{}}},
}

// TestUnknownAtPlan holds each argument, whose value is known with the apply only,
// against Terraform's rules: what a plan shows as known must come so in the plan
// that is made with the value, and after the apply; and an update must not turn
// out to be a replacement.
func TestUnknownAtPlan(t *testing.T) {
	t.Parallel()
	for typeName, arguments := range lateArguments {
		for stateName, at := range storedStates[typeName] {
			for name, argument := range arguments {
				for _, value := range []struct {
					name  string
					value any
				}{{"stays", argument.stays}, {"changes", argument.changes}} {
					t.Run(typeName+"/"+stateName+"/"+name+"/"+value.name, func(t *testing.T) {
						t.Parallel()
						late := value.value
						if name == "results_file" && late == "" {
							late = t.TempDir() + "/results.jsonl"
						}
						if files, ok := late.(acctest.Values); ok && name == "output_files" && len(files) == 0 {
							late = acctest.Values{t.TempDir() + "/{key}": acctest.Values{}}
						}
						synctest.Test(t, func(t *testing.T) {
							sim := simulator.New(simulator.Options{})
							defer sim.Close()
							sim.SetEndpoint("other", simulator.Endpoint{Workers: 2})
							sim.SetEndpoint("other", simulator.Endpoint{})
							s := stage{sim, acctest.NewBubbleServer(t, sim, acctest.Values{"max_retries": 1})}
							tryLate(t, s, typeName, at, name, argument, late, value.name == "stays")
						})
					})
				}
			}
		}
	}
}

// configOf is the configuration of a stored resource, with the values that the
// arguments have when they stay.
func configOf(typeName string, at stored) acctest.Values {
	config := acctest.Values{}
	for name, argument := range lateArguments[typeName] {
		if argument.stays != nil {
			config[name] = argument.stays
		}
	}
	switch typeName {
	case jobType:
		config["input"] = quick
	case setType:
		config["inputs"] = acctest.Values{"a": quick, "b": quick}
	case batchType:
		config["requests"] = []any{quick, quick}
	}
	maps.Copy(config, at.config)
	return config
}

// with is a configuration with another value for one argument.
func with(config acctest.Values, name string, value any) acctest.Values {
	config = maps.Clone(config)
	if name == "inputs.a" {
		inputs := maps.Clone(config["inputs"].(acctest.Values)) //nolint:forcetypeassert // it is one
		inputs["a"] = value
		name, value = "inputs", inputs
	}
	config[name] = value
	return config
}

func tryLate(t *testing.T, s stage, typeName string, at stored, name string, argument lateArgument, late any, stays bool) {
	t.Helper()
	config := configOf(typeName, at)
	if stays && late == nil { // the stored value is in the configuration of the state
		late = config[name]
		if name == "inputs.a" {
			late = config["inputs"].(acctest.Values)["a"] //nolint:forcetypeassert // it is one
		}
	}
	var state *acctest.ResourceState
	if at.config != nil {
		var diags acctest.Diagnostics
		state, diags = s.p.CreateResource(t.Context(), typeName, config)
		diags.RequireNoError(t)
		if at.after != nil {
			at.after(t, s, state)
		}
		state, diags = s.p.ReadResource(t.Context(), typeName, state)
		diags.RequireNoError(t)
	}
	early := s.p.PlanResource(t.Context(), typeName, state, with(config, name, acctest.Unknown))
	early.Diagnostics.RequireNoError(t)
	if (len(early.RequiresReplace) > 0) != (argument.replaces && state != nil) {
		t.Fatalf("the plan replaces because of %v", early.RequiresReplace)
	}
	if len(early.RequiresReplace) > 0 {
		return // what follows is the plan of a creation, which has a case of its own
	}
	final := s.p.PlanResource(t.Context(), typeName, state, with(config, name, late))
	final.Diagnostics.RequireNoError(t)
	if len(final.RequiresReplace) > 0 {
		t.Fatalf("the plan with the value replaces because of %v", final.RequiresReplace)
	}
	compatible(t, "the plan with the value", early.Planned, final.Planned)
	submitted := len(s.sim.Journal().Op("run"))
	after, diags := s.p.ApplyResource(t.Context(), final)
	if after.Values == nil {
		t.Fatalf("nothing is left: %s", diags)
	}
	compatible(t, "the state", final.Planned, after.Values)
	if typeName == jobType && state != nil && len(s.sim.Journal().Op("run")) != submitted {
		t.Error("a job was submitted")
	}
}

// compatible fails the test where a value that was planned as known comes out otherwise.
func compatible(t *testing.T, where string, planned, got any) {
	t.Helper()
	if planned == any(acctest.Unknown) {
		return
	}
	before, isObject := planned.(acctest.Values)
	after, isAlso := got.(acctest.Values)
	if isObject && isAlso {
		for name, value := range before {
			if value == any(acctest.Unknown) {
				continue
			}
			compatible(t, where+", "+name, value, after[name])
		}
		return
	}
	if !reflect.DeepEqual(planned, got) {
		t.Errorf("%s has %v where %v was planned", where, got, planned)
	}
}
