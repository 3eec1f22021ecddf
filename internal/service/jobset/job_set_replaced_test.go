package jobset_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// TestJobSetResource_replacedFiles: a replacement that turns out to be the same writes
// the output files that are missing, whether or not it submits anything.
func TestJobSetResource_replacedFiles(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ keys, runs int }{"all are kept": {2, 0}, "one is new": {3, 1}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, p := start(t, simulator.Options{})
			dir := t.TempDir()
			rest := acctest.Values{"triggers": acctest.Values{"a": "1"}, "output_files": acctest.Values{filepath.Join(dir, "{key}.json"): acctest.Values{}}}
			state, diags := p.CreateResource(t.Context(), setType, set(same(2, acctest.Values{"mock_return": "fine"}), rest))
			diags.RequireNone(t)
			if err := os.Remove(filepath.Join(dir, "k0000.json")); err != nil {
				t.Fatal(err)
			}
			state, diags = p.ReadResource(t.Context(), setType, state)
			diags.RequireNone(t)
			config := set(same(tc.keys, acctest.Values{"mock_return": "fine"}), rest)
			state, diags = p.ReplaceForUnknownTriggers(t.Context(), setType, state, config)
			diags.RequireNoError(t)
			requests(t, sim, "run", 2+tc.runs)
			if files, _ := filepath.Glob(filepath.Join(dir, "*")); len(files) != tc.keys {
				t.Errorf("files: %v", files)
			}
			p.PlanResource(t.Context(), setType, state, config).Diagnostics.RequireNone(t)
		})
	}
}

// TestJobSetResource_replacedUnread: if kept outputs cannot be read again for changed
// output arguments, the error says what is kept and what was not submitted.
func TestJobSetResource_replacedUnread(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		keys int
		says string
	}{"all are kept": {2, ""}, "one is new": {3, "Not submitted: 1\n  k0002"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sim, p := start(t, simulator.Options{})
			rest := acctest.Values{"triggers": acctest.Values{"a": "1"}, "output_select": acctest.Values{"some": "@"}}
			state, diags := p.CreateResource(t.Context(), setType, set(same(2, acctest.Values{"mock_return": "fine"}), rest))
			diags.RequireNone(t)
			heal := sim.Inject(simulator.Fault{Op: "status", Kind: simulator.StatusReply, Status: 401, Body: `{"detail":"no"}`})
			config := set(same(tc.keys, acctest.Values{"mock_return": "fine"}), rest, acctest.Values{"output_select": acctest.Values{"all": "@"}})
			state, diags = p.ReplaceForUnknownTriggers(t.Context(), setType, state, config)
			heal()
			told := diags.String()
			for _, part := range []string{"ERROR: Unable to read the output again", titleKept, "Keys: 2: k0000, k0001", tc.says} {
				if !strings.Contains(told, part) {
					t.Errorf("it does not say %q:\n%s", part, told)
				}
			}
			requests(t, sim, "run", 2)
			state, diags = replace(t, p, state, config)
			diags.RequireNoError(t)
			outputs, _ := state.Values["outputs"].(acctest.Values)
			if got := fmt.Sprint(outputs["k0001"]); got != "map[all:fine]" {
				t.Errorf("output of a kept key: %s", got)
			}
			requests(t, sim, "run", tc.keys)
		})
	}
}

// TestAccJobSetResource_replacedUnread: the CLI stores the previous output arguments,
// and the next apply reads the outputs again by the new ones.
func TestAccJobSetResource_replacedUnread(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := acctest.NewCLI(t)
	write := func(run int, selected string) {
		cli.WriteFile("main.tf", config(sim, "inputs = { a = { mock_return = 7 } }\ntriggers = { a = terraform_data.same.output }\noutput_select = { "+selected+" = \"@\" }")+
			fmt.Sprintf("resource \"terraform_data\" \"same\" {\n  input = \"v\"\n  triggers_replace = %d\n}\noutput \"outputs\" {\n  value = %s.outputs\n}\n", run, address))
	}
	write(1, "some")
	applies(t, cli, 0)
	write(2, "all")
	heal := sim.Inject(simulator.Fault{Op: "status", Kind: simulator.StatusReply, Status: 401, Body: `{"detail":"no"}`})
	if out := applies(t, cli, 1); !strings.Contains(out, "Unable to read the output again") || !strings.Contains(out, titleKept) {
		t.Errorf("it says:\n%s", out)
	}
	heal()
	applies(t, cli, 0)
	requests(t, sim, "run", 1)
	if got := cli.MustRun("output", "-json", "outputs").Stdout; strings.Join(strings.Fields(got), "") != `{"a":{"all":7}}` {
		t.Error(got)
	}
	if r := cli.Run("plan", "-detailed-exitcode"); r.ExitCode != 0 {
		t.Errorf("exit code %d\n%s", r.ExitCode, r.Output())
	}
}
