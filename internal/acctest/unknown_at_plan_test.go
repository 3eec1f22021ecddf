package acctest_test

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// lateArgument is an argument that is unknown until apply, and then has either the
// stored value (stays) or another one (changes).
type lateArgument struct {
	stays, changes any
	// replaces is set if a change forces a replacement. An unknown value then plans a
	// replacement, because an update cannot become one during apply. If the value turns
	// out to be the stored one, the replacement keeps ended jobs.
	replaces bool
}

// stored is a resource in the state, with its configuration and what happens after its
// creation.
type stored struct {
	config acctest.Values
	after  func(t *testing.T, s stage, state *acctest.ResourceState)
}

var (
	failing = acctest.Values{"sim_raise": "kaboom"}
	endless = acctest.Values{"mock_return": 1, "sim_delay_ms": 3_600_000}
	quick   = acctest.Values{"mock_return": acctest.Values{"a": 1}}
)

// expire deletes the endpoint's jobs.
func expire(_ *testing.T, s stage, _ *acctest.ResourceState) {
	time.Sleep(10 * time.Minute)
	for _, job := range s.sim.Jobs(simulator.DefaultEndpointID) {
		s.sim.ExpireJob(simulator.DefaultEndpointID, job.ID)
	}
}

// lateArguments are the arguments of each resource, and members of those that are maps
// or objects.
var lateArguments = map[string]map[string]lateArgument{
	jobType: {
		"wait_for_completion": {true, false, false}, "on_failure": {"warn", "error", false}, "on_timeout": {"detach", "cancel", false},
		"on_interrupt": {"detach", "cancel", false}, "on_destroy": {"cancel", "keep", false}, "sync_wait": {nil, "5s", false},
		"retry": {nil, acctest.Values{"max_attempts": 2}, false}, "output_select": {nil, acctest.Values{"x": "a"}, false},
		"output_sensitive": {false, true, false}, "max_output_bytes": {0, 1000, false}, "timeouts": {acctest.Values{"create": "1s", "update": "1s"}, acctest.Values{"create": "2s", "update": "1s"}, false},
		"policy": {nil, acctest.Values{"ttl": "1h"}, true}, "webhook": {nil, hook, true}, "triggers": {nil, acctest.Values{"a": "b"}, true},
		"on_expired": {"warn", "error", false}, "queue_timeout": {nil, "1h", false}, "output_files": {nil, acctest.Values{}, false},
		"input_wo": {acctest.Values{"pad": "x"}, acctest.Values{"pad": "y"}, false}, "s3_config": {nil, bucket, true}, "s3_config.bucket_name": {"images", "videos", true},
		"retry.error_matches": {[]any{"CUDA"}, []any{"kaboom"}, false}, "policy.ttl": {"2h", "1h", true}, "triggers.a": {"b", "c", true},
		"mode": {"async", "sync", true}, "input": {nil, acctest.Values{"mock_return": 2}, true}, "endpoint_id": {"demo", "other", true}, "input_wo_version": {nil, 2, true},
	},
	setType: {
		"on_failure": {"warn", "error", false}, "on_timeout": {"detach", "cancel", false}, "on_interrupt": {"detach", "cancel", false},
		"on_destroy": {"cancel", "keep", false}, "min_success_ratio": {0.5, 1, false}, "max_in_flight": {50, 2, false},
		"retry": {nil, acctest.Values{"max_attempts": 2}, false}, "output_select": {nil, acctest.Values{"x": "a"}, false}, "output_sensitive": {false, true, false},
		"max_output_bytes": {0, 1000, false}, "timeouts": {acctest.Values{"create": "1s", "update": "1s"}, acctest.Values{"create": "2s", "update": "1s"}, false},
		"policy": {nil, acctest.Values{"ttl": "1h"}, true}, "webhook": {nil, hook, true}, "triggers": {nil, acctest.Values{"a": "b"}, true},
		"on_expired": {"warn", "error", false}, "queue_timeout": {nil, "1h", false}, "output_files": {nil, acctest.Values{}, false},
		"input_wo": {acctest.Values{"pad": "x"}, acctest.Values{"pad": "y"}, false}, "s3_config": {nil, bucket, true}, "s3_config.bucket_name": {"images", "videos", true},
		"retry.error_matches": {[]any{"CUDA"}, []any{"kaboom"}, false}, "policy.ttl": {"2h", "1h", true}, "triggers.a": {"b", "c", true}, "inputs_file": {nil, nil, false},
		"max_failures": {nil, 3, false}, "input_wo_version": {nil, 2, true},
		"endpoint_id": {"demo", "other", true}, "inputs": {nil, acctest.Values{"a": quick, "z": quick}, false}, "inputs.a": {nil, quick, false},
	},
	batchType: {
		"wait_for_completion": {true, false, false}, "on_failure": {"warn", "error", false}, "on_timeout": {"detach", "cancel", false},
		"on_interrupt": {"detach", "cancel", false}, "on_expired": {"warn", "error", false}, "on_destroy": {"cancel", "keep", false}, "results_file": {nil, "", false},
		"max_output_bytes": {0, 1000, false}, "timeouts": {acctest.Values{"create": "1m", "update": "1s"}, acctest.Values{"create": "2m", "update": "1s"}, false},
		"triggers": {nil, acctest.Values{"a": "b"}, true}, "endpoint_id": {"demo", "other", true}, "requests": {nil, []any{quick}, true},
		"requests_file": {nil, nil, true}, "triggers.a": {"b", "c", true},
	},
	purgeType: {
		"on_destroy": {"nothing", "purge", false}, "triggers": {nil, acctest.Values{"a": "b"}, true}, "endpoint_id": {"demo", "other", true}, "triggers.a": {"b", "c", true},
	},
}

var (
	hook   = "http://127.0.0.1:9/hook"
	bucket = acctest.Values{"bucket_name": "images", "access_id": "id", "access_secret": "secret", "endpoint_url": "https://s3.example.com"}
	// parents are the maps and objects whose members are tested separately, with the
	// members that stay known.
	parents = map[string]acctest.Values{"retry": {"max_attempts": 2}, "policy": {"low_priority": true}, "triggers": {"z": "z"}, "s3_config": bucket}
)

// countedOps are the operations that cost something or cannot be undone.
var countedOps = map[string][]string{jobType: {"run", "runsync"}, setType: {"run"}, batchType: {"batch-create"}, purgeType: {"purge-queue"}}

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

// TestUnknownAtPlan checks each argument, with a value that is known only at apply,
// against Terraform's rules: the values that a plan shows as known must be the same in
// the plan with the known value and after apply, and an update must not become a
// replacement. With the race detector it runs one case in 23; "make testacc" runs all
// of them without it.
func TestUnknownAtPlan(t *testing.T) {
	t.Parallel()
	stride := acctest.Sized(1, 23) // reaches each type, state and argument
	n := 0
	for _, typeName := range slices.Sorted(maps.Keys(lateArguments)) {
		arguments := lateArguments[typeName]
		for _, stateName := range slices.Sorted(maps.Keys(storedStates[typeName])) {
			for _, name := range slices.Sorted(maps.Keys(arguments)) {
				var values []string
				for _, value := range []string{"stays", "changes"} {
					if n++; n%stride == 0 {
						values = append(values, value)
					}
				}
				if len(values) == 0 {
					continue
				}
				c := lateCase{typeName: typeName, stateName: stateName, at: storedStates[typeName][stateName], name: name, argument: arguments[name]}
				t.Run(typeName+"/"+stateName+"/"+name, func(t *testing.T) {
					t.Parallel()
					c.folder = t.TempDir()
					synctest.Test(t, func(t *testing.T) { c.try(t, values) })
				})
			}
		}
	}
}

// configOf returns the configuration of a stored resource, with the values of the
// arguments if they stay.
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

// with returns a configuration with another value for an argument, or for a member of
// one.
func with(config acctest.Values, name string, value any) acctest.Values {
	config = maps.Clone(config)
	if parent, member, ok := strings.Cut(name, "."); ok {
		members := maps.Clone(config[parent].(acctest.Values)) //nolint:forcetypeassert // it is one
		members[member] = value
		name, value = parent, members
	}
	config[name] = value
	return config
}

// lateCase is a row of the table.
type lateCase struct {
	typeName, stateName string
	at                  stored
	name                string
	argument            lateArgument
	late                any
	stays               bool
	folder              string
}

// values returns the configuration of the stored resource, and the value that becomes
// known.
func (c *lateCase) values(t *testing.T) (config acctest.Values, late any) {
	t.Helper()
	config, late = configOf(c.typeName, c.at), c.late
	for name := range lateArguments[c.typeName] {
		if parent, _, ok := strings.Cut(name, "."); ok && parent != "inputs" {
			delete(config, name)
			if name == c.name {
				if parents[parent] == nil {
					t.Fatalf("parents has no entry for %s", parent)
				}
				config[parent] = parents[parent]
				config = with(config, name, c.argument.stays)
			}
		}
	}
	var other any
	switch c.name {
	case "results_file":
		if late == "" {
			late = filepath.Join(c.folder, "results.jsonl")
		}
	case "output_files":
		if !c.stays {
			late = acctest.Values{filepath.Join(c.folder, "{key}"): acctest.Values{}}
		}
	case "requests_file":
		other = writeLines(t, c.folder, "requests.jsonl", config["requests"].([]any)) //nolint:forcetypeassert // it is one
		delete(config, "requests")
		late = writeLines(t, c.folder, "others.jsonl", []any{quick})
	case "inputs_file":
		var lines []any
		for _, key := range []string{"a", "b"} {
			lines = append(lines, acctest.Values{"key": key, "input": config["inputs"].(acctest.Values)[key]}) //nolint:forcetypeassert // it is one
		}
		other = writeLines(t, c.folder, "inputs.jsonl", lines)
		delete(config, "inputs")
		late = writeLines(t, c.folder, "others.jsonl", []any{lines[0], acctest.Values{"key": "z", "input": quick}})
	}
	if other != nil {
		config[c.name] = other
	}
	if c.stays && (late == nil || other != nil) { // the stored value is that of the configuration
		late = config[c.name]
		if c.name == "inputs.a" {
			late = config["inputs"].(acctest.Values)["a"] //nolint:forcetypeassert // it is one
		}
	}
	return config, late
}

// writeLines writes a file of JSON Lines.
func writeLines(t *testing.T, folder, name string, lines []any) string {
	t.Helper()
	var text []byte
	for _, line := range lines {
		raw, err := json.Marshal(line)
		if err != nil {
			t.Fatal(err)
		}
		text = append(append(text, raw...), '\n')
	}
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
