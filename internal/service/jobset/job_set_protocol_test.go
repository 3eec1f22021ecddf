package jobset_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// start returns a simulator and a provider that uses it.
func start(t *testing.T, o simulator.Options) (*simtest.Sim, *acctest.ProtocolServer) {
	t.Helper()
	sim := simtest.Start(t, o)
	return sim, acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": "demo", "max_retries": 2, "retry_min_wait": "10ms", "retry_max_wait": "20ms"})
}

// set returns a configuration with the inputs and other arguments.
func set(inputs acctest.Values, more ...acctest.Values) acctest.Values {
	config := acctest.Values{"inputs": inputs}
	for _, m := range more {
		maps.Copy(config, m)
	}
	return config
}

// same returns n inputs.
func same(n int, input acctest.Values) acctest.Values {
	inputs := make(acctest.Values, n)
	for i := range n {
		inputs[fmt.Sprintf("k%04d", i)] = input
	}
	return inputs
}

func jobs(t *testing.T, values acctest.Values) acctest.Values {
	t.Helper()
	all, ok := values["jobs"].(acctest.Values)
	if !ok {
		t.Fatalf("jobs: %v", values["jobs"])
	}
	return all
}

func job(t *testing.T, values acctest.Values, key string) acctest.Values {
	t.Helper()
	one, ok := jobs(t, values)[key].(acctest.Values)
	if !ok {
		t.Fatalf("jobs[%q]: %v", key, jobs(t, values)[key])
	}
	return one
}

// ids returns the ids in a state, by key, and the keys without one.
func ids(t *testing.T, values acctest.Values) (known map[string]string, without []string) {
	t.Helper()
	known = make(map[string]string)
	for key := range jobs(t, values) {
		if id, ok := job(t, values, key)["id"].(string); ok {
			known[key] = id
		} else {
			without = append(without, key)
		}
	}
	return known, without
}

// open returns the keys whose jobs a plan does not know.
func open(t *testing.T, plan *acctest.ResourcePlan) string {
	t.Helper()
	var keys []string
	for key, one := range jobs(t, plan.Planned) {
		if one == acctest.Unknown {
			keys = append(keys, key)
		}
	}
	return sorted(keys)
}

func update(t *testing.T, p *acctest.ProtocolServer, state *acctest.ResourceState, config acctest.Values) (*acctest.ResourceState, acctest.Diagnostics) {
	t.Helper()
	plan := p.PlanResource(t.Context(), setType, state, config)
	plan.Diagnostics.RequireNoError(t)
	return p.ApplyResource(t.Context(), plan)
}

// TestJobSetResource_refusedAtPlan: bad input is refused before anything is
// sent, at the key that is wrong.
func TestJobSetResource_refusedAtPlan(t *testing.T) {
	t.Parallel()
	sim, p := start(t, simulator.Options{})
	t.Cleanup(func() {
		if n := len(sim.Journal()); n != 0 {
			t.Errorf("%d requests were sent", n)
		}
	})
	good := acctest.Values{"a": acctest.Values{"mock_return": 1}}
	for name, tc := range map[string]struct {
		config acctest.Values
		path   string
		error  string
	}{
		"a list":            {acctest.Values{"inputs": []any{acctest.Values{"a": 1}}}, "inputs", "an object with a key for each job"},
		"a string":          {acctest.Values{"inputs": `{"a":{"x":1}}`}, "inputs", "an object with a key for each job"},
		"an empty key":      {set(acctest.Values{"": acctest.Values{"x": 1}}), "inputs", "is empty"},
		"an empty input":    {set(acctest.Values{"a": acctest.Values{"x": 1}, "b": acctest.Values{}}), `"b"`, "Key: b\n\nThe input is an empty object"},
		"no input":          {set(acctest.Values{"a": nil}), `"a"`, "needs an input"},
		"an input's list":   {set(acctest.Values{"a": []any{1}}), `"a"`, "must be an object"},
		"an input's string": {set(acctest.Values{"a": `{"x":1}`}), `"a"`, "without jsonencode"},
		"too large":         {set(acctest.Values{"a": acctest.Values{"x": strings.Repeat("x", 10<<20)}}), `"a"`, "at most 10 MiB"},
		"beside unknown":    {set(acctest.Values{"a": acctest.Values{}, "b": acctest.Unknown}), `"a"`, "empty object"},
		"none in flight":    {set(good, acctest.Values{"max_in_flight": 0}), "max_in_flight", ""},
		"too many":          {set(good, acctest.Values{"max_in_flight": 201}), "max_in_flight", ""},
		"a ratio":           {set(good, acctest.Values{"min_success_ratio": 1.5}), "min_success_ratio", ""},
		"ttl too short":     {set(good, acctest.Values{"policy": acctest.Values{"ttl": "9s"}}), "ttl", "10s to 168h"},
		"no JMESPath":       {set(good, acctest.Values{"output_select": acctest.Values{"a": "b["}}), "output_select", "Invalid JMESPath"},
		"an id":             {set(good, acctest.Values{"endpoint_id": "a/b"}), "endpoint_id", "letters, digits"},
		"a webhook":         {set(good, acctest.Values{"webhook": "secret-host/x"}), "webhook", "not shown"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			diags := p.ValidateResourceConfig(t.Context(), setType, tc.config)
			if !diags.HasError() {
				diags = p.PlanResource(t.Context(), setType, nil, tc.config).Diagnostics
			}
			found := false
			for _, d := range diags {
				if d.Attribute != nil && strings.Contains(d.Attribute.String(), tc.path) && strings.Contains(d.Summary+d.Detail, tc.error) {
					found = true
				}
				if strings.Contains(d.Detail, "secret-host") {
					t.Error("the webhook is in the error")
				}
			}
			if !found {
				t.Errorf("no error at %s with %q: %s", tc.path, tc.error, diags)
			}
		})
	}
}

// TestJobSetResource_manyRefused: a thousand wrong inputs are not a thousand errors.
func TestJobSetResource_manyRefused(t *testing.T) {
	t.Parallel()
	_, p := start(t, simulator.Options{})
	diags := p.ValidateResourceConfig(t.Context(), setType, set(same(1000, acctest.Values{})))
	if len(diags) != 11 || !strings.Contains(diags.String(), "990 more inputs") {
		t.Errorf("%d diagnostics: %s", len(diags), diags)
	}
}

// TestJobSetResource_unknownInputs: an input that is known only after apply is unknown
// in the plan, and runs only if it has changed.
func TestJobSetResource_unknownInputs(t *testing.T) {
	t.Parallel()
	sim, p := start(t, simulator.Options{})
	inputs := acctest.Values{"a": acctest.Values{"mock_return": 1}, "b": acctest.Values{"mock_return": 2}}
	state, diags := p.CreateResource(t.Context(), setType, set(inputs))
	diags.RequireNone(t)
	plan := p.PlanResource(t.Context(), setType, state, set(acctest.Values{"a": inputs["a"], "b": acctest.Values{"mock_return": acctest.Unknown}}))
	plan.Diagnostics.RequireNone(t)
	if got := open(t, plan); got != "b" {
		t.Errorf("open: %s", got)
	}
	plan = p.PlanResource(t.Context(), setType, state, acctest.Values{"inputs": acctest.Unknown})
	plan.Diagnostics.RequireNone(t)
	for _, name := range []string{"jobs", "outputs", "succeeded", "failed"} {
		if plan.Planned[name] != acctest.Unknown {
			t.Errorf("%s: %v", name, plan.Planned[name])
		}
	}
	requests(t, sim, "run", 2)
}

// TestJobSetResource_refused: an error that concerns every key is reported once, and
// without any job there is no state.
func TestJobSetResource_refused(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		provider acctest.Values
		fault    simulator.Fault
		error    string
	}{
		"a wrong key":   {acctest.Values{"api_key": "rpa_wrong_key_value"}, simulator.Fault{}, "check the API key"},
		"no endpoint":   {acctest.Values{"endpoint_id": "unknown"}, simulator.Fault{}, "check endpoint_id"},
		"no money":      {nil, simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: 402, Body: `{"error":"insufficient balance"}`}, "check the balance"},
		"every outcome": {nil, simulator.Fault{Op: "run", Kind: simulator.InternalError}, "look at the requests of endpoint demo"},
		"bad requests":  {nil, simulator.Fault{Op: "run", Kind: simulator.StatusReply, Status: 400, Body: `{"error":"no such thing"}`}, "no such thing"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			p := acctest.NewProtocolServer(t, sim, acctest.Values{"endpoint_id": "demo", "max_retries": 1, "retry_min_wait": "10ms", "retry_max_wait": "20ms"}, tc.provider)
			if tc.fault.Kind != "" {
				sim.Inject(tc.fault)
			}
			state, diags := p.CreateResource(t.Context(), setType, set(same(100, acctest.Values{"mock_return": 1}), acctest.Values{"max_in_flight": 5}))
			if len(diags) != 1 || !strings.Contains(diags.String(), tc.error) || strings.Contains(diags.String(), "takes over the jobs") {
				t.Errorf("want one error with %q, got %s", tc.error, diags)
			}
			if strings.Contains(diags.String(), sim.APIKey) || strings.Contains(diags.String(), "rpa_wrong_key_value") {
				t.Error("the key is in the error")
			}
			if state.Values != nil {
				t.Errorf("there is a state: %v", state.Values)
			}
			if sent := sim.Journal().Count("run"); sent > 20 && tc.fault.Status != 400 {
				t.Errorf("%d submissions", sent)
			}
		})
	}
}

// TestJobSetResource_cutSubmissions: each third connection is killed. Every job with a
// known id is in the state, the others are reported, nothing is sent twice, and the
// next apply submits exactly those, with a warning.
func TestJobSetResource_cutSubmissions(t *testing.T) {
	t.Parallel()
	sim, p := start(t, simulator.Options{})
	remove := sim.Inject(simulator.Fault{Op: "run", Kind: simulator.CutAfter, Every: 3})
	config := set(same(36, acctest.Values{"mock_return": 1}), acctest.Values{"max_in_flight": 5})
	state, diags := p.CreateResource(t.Context(), setType, config)
	if len(diags) != 1 || !diags.HasError() {
		t.Fatalf("want one error, got %s", diags)
	}
	for _, words := range []string{"nothing was sent again): 12", "and 2 more", "look at the requests of endpoint demo", "takes over the jobs", "24 completed"} {
		if !strings.Contains(diags.String(), words) {
			t.Errorf("%q is not in %s", words, diags)
		}
	}
	known, without := ids(t, state.Values)
	requests(t, sim, "run", 36)
	if len(known) != 24 || len(without) != 12 || len(sim.Jobs("demo")) != 36 {
		t.Errorf("%d ids, %d unknown, %d jobs", len(known), len(without), len(sim.Jobs("demo")))
	}
	onServer := make(map[string]bool)
	for _, j := range sim.Jobs("demo") {
		onServer[j.ID] = true
	}
	for key, id := range known {
		if !onServer[id] {
			t.Errorf("%s: no job %s", key, id)
		}
	}
	for _, key := range without {
		e, ok := job(t, state.Values, key)["error"].(acctest.Values)
		if !ok || e["type"] != "OutcomeUnknown" {
			t.Errorf("%s: %v", key, e)
		}
	}
	remove()
	plan := p.PlanResource(t.Context(), setType, state, config)
	if got := open(t, plan); got != sorted(without) || !strings.Contains(plan.Diagnostics.String(), "earlier submission had an unknown outcome") {
		t.Errorf("open: %s\n%s", got, plan.Diagnostics)
	}
	state, diags = p.ApplyResource(t.Context(), plan)
	diags.RequireNone(t)
	requests(t, sim, "run", 48)
	if state.Values["succeeded"] != int64(36) {
		t.Error(state.Values["succeeded"])
	}
}

// TestJobSetResource_expired: a live job that the API forgot is kept and not run
// again; one that was just submitted may not be visible yet.
func TestJobSetResource_expired(t *testing.T) {
	t.Parallel()
	sim, p := start(t, simulator.Options{})
	config := set(acctest.Values{"a": acctest.Values{"mock_delay": 300}, "b": acctest.Values{"mock_return": 1}},
		acctest.Values{"on_timeout": "detach", "timeouts": acctest.Values{"create": "300ms"}})
	state, diags := p.CreateResource(t.Context(), setType, config)
	diags.RequireNoError(t)
	id, _ := job(t, state.Values, "a")["id"].(string)
	sim.ExpireJob("demo", id)
	for _, tc := range []struct {
		submitted time.Time
		title     string
		expired   bool
	}{{time.Now().Add(-time.Hour), "Jobs have expired", true}, {time.Now(), "not visible yet", false}} {
		job(t, state.Values, "a")["submitted_at"] = tc.submitted.UTC().Format(time.RFC3339)
		seen, diags := p.ReadResource(t.Context(), setType, &acctest.ResourceState{Values: state.Values})
		if len(diags) != 1 || diags.HasError() || !strings.Contains(diags.String(), tc.title) || !strings.Contains(diags.String(), id) {
			t.Errorf("%s: %s", tc.title, diags)
		}
		if got := job(t, seen.Values, "a")["expired"]; got != tc.expired {
			t.Errorf("expired: %v", got)
		}
		if !tc.expired {
			continue
		}
		plan := p.PlanResource(t.Context(), setType, seen, config)
		if got := open(t, plan); got != "a" || len(plan.Diagnostics) != 1 || !strings.Contains(plan.Diagnostics.String(), "Runs expired jobs again") {
			t.Errorf("open: %s\n%s", got, plan.Diagnostics)
		}
		config["on_expired"] = "warn"
		plan = p.PlanResource(t.Context(), setType, seen, config)
		plan.Diagnostics.RequireNone(t)
		if got := open(t, plan); got != "" {
			t.Errorf("kept and open: %s", got)
		}
		before := len(sim.Journal())
		if _, diags := p.ReadResource(t.Context(), setType, seen); len(diags) > 0 || len(sim.Journal()) != before {
			t.Errorf("a final set was read: %s", diags)
		}
	}
	requests(t, sim, "run", 2)
}

// TestJobSetResource_read: a refresh stores the ends of live jobs, tolerates a failing
// API, and stops at a refused key.
func TestJobSetResource_read(t *testing.T) {
	t.Parallel()
	sim, p := start(t, simulator.Options{})
	config := set(same(50, acctest.Values{"mock_delay": 300, "mock_return": "done"}), acctest.Values{"on_timeout": "detach", "timeouts": acctest.Values{"create": "1s"}})
	state, diags := p.CreateResource(t.Context(), setType, config)
	diags.RequireNoError(t)

	remove := sim.Inject(simulator.Fault{Op: "status", Kind: simulator.Unavailable})
	kept, diags := p.ReadResource(t.Context(), setType, state)
	if len(diags) != 1 || diags.HasError() || !strings.Contains(diags.String(), "Keys: 50") || fmt.Sprint(kept.Values) != fmt.Sprint(state.Values) {
		t.Errorf("an unavailable API: %s", diags)
	}
	remove()
	remove = sim.Inject(simulator.Fault{Op: "status", Kind: simulator.StatusReply, Status: 401, Body: `{"detail":"no"}`})
	before := sim.Journal().Count("status")
	_, diags = p.ReadResource(t.Context(), setType, state)
	if sent := sim.Journal().Count("status") - before; len(diags) != 1 || !diags.HasError() || sent > 25 {
		t.Errorf("a refused key: %d requests, %s", sent, diags)
	}
	remove()
	sim.Advance(10 * time.Minute)
	seen, diags := p.ReadResource(t.Context(), setType, state)
	diags.RequireNone(t)
	outputs, _ := seen.Values["outputs"].(acctest.Values)
	if seen.Values["succeeded"] != int64(50) || outputs["k0007"] != "done" {
		t.Errorf("%v, %v", seen.Values["succeeded"], outputs["k0007"])
	}
	if got := open(t, p.PlanResource(t.Context(), setType, seen, config)); got != "" {
		t.Errorf("open: %s", got)
	}
	requests(t, sim, "run", 50)
}

// TestJobSetResource_liveReplaced: a plan that replaces a set with live jobs
// does not say that it waits for them.
func TestJobSetResource_liveReplaced(t *testing.T) {
	t.Parallel()
	_, p := start(t, simulator.Options{})
	rest := acctest.Values{"on_timeout": "detach", "timeouts": acctest.Values{"create": "1s"}}
	inputs := acctest.Values{"a": acctest.Values{"mock_delay": 300}}
	state, diags := p.CreateResource(t.Context(), setType, set(inputs, rest))
	diags.RequireNoError(t)
	for name, more := range map[string]acctest.Values{
		"the same":        {},
		"endpoint_id":     {"endpoint_id": "another"},
		"triggers":        {"triggers": acctest.Values{"a": "b"}},
		"an open trigger": {"triggers": acctest.Values{"a": acctest.Unknown}},
		"policy":          {"policy": acctest.Values{"ttl": "1h"}},
		"webhook":         {"webhook": "https://hook.example.com"},
	} {
		plan := p.PlanResource(t.Context(), setType, state, set(inputs, rest, more))
		plan.Diagnostics.RequireNoError(t)
		if replaced, resumes := len(plan.RequiresReplace) > 0, strings.Contains(plan.Diagnostics.String(), "Resumes waiting"); replaced == resumes || replaced == (len(more) == 0) {
			t.Errorf("%s: replaced: %v, resumes: %v", name, replaced, resumes)
		}
	}
}

// TestJobSetResource_live: a live job is cancelled when its input changes, when
// its key is removed and when the set is destroyed, unless on_destroy keeps it.
func TestJobSetResource_live(t *testing.T) {
	t.Parallel()
	for choice, cancels := range map[string]int{"cancel": 3, "keep": 0} {
		t.Run(choice, func(t *testing.T) {
			t.Parallel()
			sim, p := start(t, simulator.Options{})
			slow := acctest.Values{"mock_delay": 300}
			rest := acctest.Values{"on_destroy": choice, "on_timeout": "detach", "timeouts": acctest.Values{"create": "1s", "update": "1s"}}
			state, diags := p.CreateResource(t.Context(), setType, set(acctest.Values{"a": slow, "b": slow, "c": slow}, rest))
			diags.RequireNoError(t)
			state, diags = update(t, p, state, set(acctest.Values{"a": slow, "b": acctest.Values{"mock_return": "new"}}, rest))
			diags.RequireNoError(t)
			known, _ := ids(t, state.Values)
			if len(known) != 2 || job(t, state.Values, "b")["status"] != "COMPLETED" {
				t.Errorf("%v", state.Values["jobs"])
			}
			left, diags := p.DestroyResource(t.Context(), setType, state)
			diags.RequireNone(t)
			if left.Values != nil {
				t.Errorf("left: %v", left.Values)
			}
			requests(t, sim, "run", 4)
			requests(t, sim, "cancel", cancels)
		})
	}
}

// TestJobSetResource_uncancelled: a job that cannot be cancelled stays in the
// state, and its key is not run again.
func TestJobSetResource_uncancelled(t *testing.T) {
	t.Parallel()
	sim, p := start(t, simulator.Options{})
	slow := acctest.Values{"mock_delay": 300}
	rest := acctest.Values{"on_timeout": "detach", "timeouts": acctest.Values{"create": "300ms", "update": "300ms"}}
	state, diags := p.CreateResource(t.Context(), setType, set(acctest.Values{"a": slow, "b": slow, "c": slow}, rest))
	diags.RequireNoError(t)
	before, _ := ids(t, state.Values)
	remove := sim.Inject(simulator.Fault{Op: "cancel", Kind: simulator.StatusReply, Status: 403, Body: `{"detail":"no"}`})
	after := set(acctest.Values{"a": slow, "b": acctest.Values{"mock_return": "new"}}, rest)
	state, diags = update(t, p, state, after)
	if len(diags.Errors()) != 1 || !strings.Contains(diags.String(), "was left as it was: 2") {
		t.Errorf("%s", diags)
	}
	kept, _ := ids(t, state.Values)
	if fmt.Sprint(kept) != fmt.Sprint(before) {
		t.Errorf("%v, want %v", kept, before)
	}
	if _, diags := p.DestroyResource(t.Context(), setType, state); len(diags.Errors()) != 1 || !strings.Contains(diags.String(), before["a"]) {
		t.Errorf("destroy: %s", diags)
	}
	remove()
	state, diags = update(t, p, state, after)
	diags.RequireNoError(t)
	if now, _ := ids(t, state.Values); len(now) != 2 || now["a"] != before["a"] || now["b"] == before["b"] {
		t.Errorf("%v", now)
	}
	requests(t, sim, "run", 4)
}

// TestJobSetResource_interruptedUpdate: an update that is cut in the middle
// remembers which input each job ran.
func TestJobSetResource_interruptedUpdate(t *testing.T) {
	t.Parallel()
	sim, p := start(t, simulator.Options{})
	state, diags := p.CreateResource(t.Context(), setType, set(same(6, acctest.Values{"mock_return": "old"})))
	diags.RequireNone(t)
	config := set(same(6, acctest.Values{"mock_return": "new", "mock_delay": 300}), acctest.Values{"max_in_flight": 2})
	plan := p.PlanResource(t.Context(), setType, state, config)
	if got := open(t, plan); len(strings.Fields(got)) != 6 {
		t.Errorf("open: %s", got)
	}
	state, diags = p.ApplyResource(sim.UntilReached(t, "status-sync", 6+2), plan)
	if len(diags) != 1 || diags.HasError() || !strings.Contains(diags.String(), "Not submitted: 4") {
		t.Errorf("%s", diags)
	}
	requests(t, sim, "run", 8)
	outputs, _ := state.Values["outputs"].(acctest.Values)
	if outputs["k0005"] != "old" || outputs["k0000"] != nil {
		t.Errorf("%v", outputs) // a finished result stays until it is replaced
	}
	plan = p.PlanResource(t.Context(), setType, state, config)
	if got := open(t, plan); len(strings.Fields(got)) != 6 || !strings.Contains(plan.Diagnostics.String(), "Resumes waiting for jobs") {
		t.Errorf("open: %s\n%s", got, plan.Diagnostics)
	}
	sim.FastForward(t, 6*time.Minute)
	state, diags = p.ApplyResource(t.Context(), plan)
	diags.RequireNone(t)
	requests(t, sim, "run", 12)
	if state.Values["succeeded"] != int64(6) {
		t.Errorf("%v", state.Values["succeeded"])
	}
}

// TestJobSetResource_cutShort: a job that the provider cancelled after a timeout did
// not fail: its key runs again even if failed jobs are kept.
func TestJobSetResource_cutShort(t *testing.T) {
	t.Parallel()
	sim, p := start(t, simulator.Options{})
	config := set(acctest.Values{"a": acctest.Values{"mock_delay": 2, "mock_return": "late"}, "b": acctest.Values{"mock_error": true}},
		acctest.Values{"on_failure": "warn", "timeouts": acctest.Values{"create": "1s"}})
	state, diags := p.CreateResource(t.Context(), setType, config)
	if len(diags.Errors()) != 1 || !strings.Contains(diags.String(), "Cancelled: 1") || !strings.Contains(diags.String(), "takes over the jobs") {
		t.Fatalf("%s", diags)
	}
	plan := p.PlanResource(t.Context(), setType, state, config)
	plan.Diagnostics.RequireNone(t)
	if got := open(t, plan); got != "a" {
		t.Errorf("open: %s", got)
	}
	state, diags = p.ApplyResource(t.Context(), plan)
	diags.RequireNone(t)
	if got := job(t, state.Values, "a"); got["status"] != "COMPLETED" || got["error"] != nil {
		t.Errorf("%v", got)
	}
	requests(t, sim, "run", 3)
}

// TestJobSetResource_interruptedBeforeAll: without a job nothing is stored.
func TestJobSetResource_interruptedBeforeAll(t *testing.T) {
	t.Parallel()
	sim, p := start(t, simulator.Options{})
	plan := p.PlanResource(t.Context(), setType, nil, set(same(3, acctest.Values{"a": 1})))
	ctx, interrupt := context.WithCancel(t.Context())
	interrupt()
	state, diags := p.ApplyResource(ctx, plan)
	if len(diags) != 1 || !diags.HasError() || state.Values != nil || !strings.Contains(diags.String(), "before any job was submitted") {
		t.Errorf("%v, %s", state.Values, diags)
	}
	requests(t, sim, "run", 0)
}

func sorted(keys []string) string {
	slices.Sort(keys)
	return strings.Join(keys, " ")
}
