package batch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// requireTwice fails the test unless one error says, at the attribute, that a
// results file is another batch's.
func requireTwice(t *testing.T, diags acctest.Diagnostics) {
	t.Helper()
	if len(diags) != 1 || !strings.Contains(diags[0].Summary, "Results file used twice") || diags[0].Attribute == nil || !strings.Contains(diags[0].Attribute.String(), "results_file") {
		t.Errorf("not refused: %s", diags)
	}
}

func returning(n int, results string) acctest.Values {
	return acctest.Values{"requests": []any{acctest.Values{"mock_return": n}}, "results_file": results}
}

// TestBatchResource_resultsFileTwice: of two batches that would write one file,
// by whatever names, the second is refused when it is planned.
func TestBatchResource_resultsFileTwice(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	name := filepath.Join(folder, "results.jsonl")
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	relative, err := filepath.Rel(here, name)
	if err != nil {
		t.Fatal(err)
	}
	linked := filepath.Join(t.TempDir(), "folder")
	if err := os.Symlink(folder, linked); err != nil {
		linked = folder // as where links need a privilege
	}
	for label, other := range map[string]string{
		"the same name":      name,
		"relative":           relative,
		"not clean":          filepath.Dir(name) + "/new/.././" + filepath.Base(name),
		"by a linked folder": filepath.Join(linked, "results.jsonl"),
	} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			p, sim := newServer(t, simulator.Options{})
			p.PlanResource(t.Context(), batchType, nil, returning(1, name)).Diagnostics.RequireNone(t)
			requireTwice(t, p.PlanResource(t.Context(), batchType, nil, returning(2, other)).Diagnostics)
			p.PlanResource(t.Context(), batchType, nil, returning(2, name+"2")).Diagnostics.RequireNone(t)
			p.PlanResource(t.Context(), batchType, nil, returning(1, name)).Diagnostics.RequireNone(t) // the same once more
			if n := len(sim.Journal()); n > 0 {
				t.Errorf("%d requests were sent", n)
			}
		})
	}
}

// TestBatchResource_resultsFileTwins: batches that cannot be told apart at plan,
// or whose file is known only after it, are refused before anything is sent.
func TestBatchResource_resultsFileTwins(t *testing.T) {
	t.Parallel()
	for label, later := range map[string]bool{"alike": false, "known after the plan": true} {
		t.Run(label, func(t *testing.T) {
			t.Parallel()
			name := filepath.Join(t.TempDir(), "results.jsonl")
			p, sim := newServer(t, simulator.Options{})
			plan := func() *acctest.ResourcePlan {
				config := returning(1, name)
				if later {
					config["results_file"] = acctest.Unknown
				}
				plan := p.PlanResource(t.Context(), batchType, nil, config)
				plan.Diagnostics.RequireNone(t)
				return plan
			}
			first, second := plan(), plan()
			if later { // as the command-line interface does before it applies
				first = p.PlanResource(t.Context(), batchType, nil, returning(1, name))
				second = p.PlanResource(t.Context(), batchType, nil, returning(1, name))
			}
			_, diags := p.ApplyResource(t.Context(), first)
			diags.RequireNone(t)
			_, diags = p.ApplyResource(t.Context(), second)
			requireTwice(t, diags)
			requests(t, sim, "batch-create", 1)
		})
	}
}

// TestBatchResource_resultsFileOfAnother: the file of a batch in the state cannot be
// used by another one, and is free again when that batch moves or is deleted.
func TestBatchResource_resultsFileOfAnother(t *testing.T) {
	t.Parallel()
	p, sim := newServer(t, simulator.Options{})
	folder := t.TempDir()
	name, other := filepath.Join(folder, "a.jsonl"), filepath.Join(folder, "b.jsonl")
	state, diags := p.CreateResource(t.Context(), batchType, returning(1, name))
	diags.RequireNone(t)
	requireTwice(t, p.PlanResource(t.Context(), batchType, nil, returning(2, name)).Diagnostics)

	second, diags := p.CreateResource(t.Context(), batchType, returning(2, other))
	diags.RequireNone(t)
	requireTwice(t, p.PlanResource(t.Context(), batchType, second, returning(2, name)).Diagnostics)
	plan := p.PlanResource(t.Context(), batchType, second, acctest.Values{"requests": []any{acctest.Values{"mock_return": 2}}, "results_file": acctest.Unknown})
	plan.Diagnostics.RequireNoError(t)

	state = nextApply(t, p, state, false, returning(1, name+".moved"))
	nextApply(t, p, second, false, returning(2, name))
	_, diags = p.DestroyResource(t.Context(), batchType, state)
	diags.RequireNone(t)
	_, diags = p.CreateResource(t.Context(), batchType, returning(3, name+".moved"))
	diags.RequireNone(t)
	requests(t, sim, "batch-create", 3)
}

// TestBatchResource_resultsFileReplaced: a batch that takes the place of another
// takes its file as well, in either order, also if an earlier version wrote the state.
func TestBatchResource_resultsFileReplaced(t *testing.T) {
	t.Parallel()
	for i := range 4 {
		createFirst, earlier := i%2 == 1, i >= 2
		t.Run(fmt.Sprintf("create first %v, earlier version %v", createFirst, earlier), func(t *testing.T) {
			t.Parallel()
			p, sim := newServer(t, simulator.Options{})
			name := filepath.Join(t.TempDir(), "results.jsonl")
			state, diags := p.CreateResource(t.Context(), batchType, returning(1, name))
			diags.RequireNone(t)
			if earlier {
				private := make(map[string][]byte)
				if err := json.Unmarshal(state.Private, &private); err != nil {
					t.Fatal(err)
				}
				private["owner"] = fmt.Appendf(nil, `"batch demo/%s"`, state.Values["id"])
				stored, err := json.Marshal(private)
				if err != nil {
					t.Fatal(err)
				}
				state.Private = stored
			}
			change := p.PlanResource(t.Context(), batchType, state, returning(2, name))
			if len(change.RequiresReplace) == 0 {
				t.Fatalf("not replaced: %s", change.Diagnostics)
			}
			// The command-line interface plans the creation with what the change left.
			creation := p.PlanResource(t.Context(), batchType, &acctest.ResourceState{Private: change.Private}, returning(2, name))
			creation.Diagnostics.RequireNone(t)
			requireTwice(t, p.PlanResource(t.Context(), batchType, nil, returning(3, name)).Diagnostics)
			destroy := func() {
				_, diags := p.DestroyResource(t.Context(), batchType, state)
				diags.RequireNone(t)
			}
			if !createFirst {
				destroy()
			}
			replacement, diags := p.ApplyResource(t.Context(), creation)
			diags.RequireNone(t)
			if createFirst {
				destroy()
			}
			requireTwice(t, p.PlanResource(t.Context(), batchType, nil, returning(3, name)).Diagnostics)
			nextApply(t, p, replacement, false, returning(2, name))
			requests(t, sim, "batch-create", 2)
		})
	}
}

// TestBatchResource_resultsFileOfNone: a batch that was not created has no file.
func TestBatchResource_resultsFileOfNone(t *testing.T) {
	t.Parallel()
	p, sim := newServer(t, simulator.Options{})
	name := filepath.Join(t.TempDir(), "results.jsonl")
	restore := sim.Inject(simulator.Fault{Op: "batch-create", Kind: simulator.StatusReply, Status: 400, Body: `{"error":"no"}`})
	if _, diags := p.CreateResource(t.Context(), batchType, returning(1, name)); !diags.HasError() {
		t.Fatal("created")
	}
	restore()
	_, diags := p.CreateResource(t.Context(), batchType, returning(1, name))
	diags.RequireNone(t)
}

// TestAccBatchResource_resultsFileTwice: with the command-line interface, for
// files that are known at plan and for one that is known only in the apply.
func TestAccBatchResource_resultsFileTwice(t *testing.T) {
	t.Parallel()
	sim := simtest.Start(t, simulator.Options{})
	cli := acctest.NewCLI(t)
	name := filepath.Join(t.TempDir(), "results.jsonl")
	twice := func(file string) {
		cli.WriteFile("main.tf", config(sim, fmt.Sprintf("count = 2\nrequests = [{ mock_return = count.index }]\nresults_file = %s\n", file))+
			fmt.Sprintf("resource \"terraform_data\" \"name\" {\n  input = %q\n}\n", name))
	}
	refused := func(args ...string) {
		t.Helper()
		if r := cli.Run(append(args, "-no-color")...); r.ExitCode != 1 || !strings.Contains(r.Output(), "Error: Results file used twice") {
			t.Errorf("%v: exit code %d\n%s", args, r.ExitCode, r.Output())
		}
	}
	twice(fmt.Sprintf("%q", name))
	refused("plan")
	requests(t, sim, "batch-create", 0)
	twice("terraform_data.name.output")
	refused("apply", "-auto-approve")
	requests(t, sim, "batch-create", 1)
	twice(`"${terraform_data.name.output}-${count.index}"`)
	cli.MustRun("apply", "-auto-approve")
	cli.MustRun("plan", "-detailed-exitcode") // exits with 2 if anything would change
}

// TestAccBatchResource_resultsFileReplaced: a replacement writes the file of the
// batch that it replaces, in either order and for whatever reason.
func TestAccBatchResource_resultsFileReplaced(t *testing.T) {
	t.Parallel()
	for _, createFirst := range []bool{false, true} {
		t.Run(fmt.Sprintf("create first %v", createFirst), func(t *testing.T) {
			t.Parallel()
			sim := simtest.Start(t, simulator.Options{})
			name := filepath.Join(t.TempDir(), "results.jsonl")
			cli := acctest.NewCLI(t)
			apply := func(request, trigger, shown string) {
				t.Helper()
				cli.WriteFile("main.tf", config(sim, fmt.Sprintf("requests = [{ mock_return = %q }]\nresults_file = %q\nlifecycle {\n  create_before_destroy = %v\n  replace_triggered_by = [terraform_data.trigger]\n}\n", request, name, createFirst))+
					fmt.Sprintf("resource \"terraform_data\" \"trigger\" {\n  input = %q\n}\n", trigger))
				if out := cli.MustRun("apply", "-auto-approve", "-no-color").Output(); !strings.Contains(out, shown+" resource \""+batchType+"\"") {
					t.Errorf("it is not shown as %q:\n%s", shown, out)
				}
				cli.MustRun("plan", "-detailed-exitcode") // exits with 2 if anything would change
			}
			replaced := "-/+"
			if createFirst {
				replaced = "+/-"
			}
			apply("one", "a", "+")
			apply("two", "a", replaced)
			apply("two", "b", replaced)
			requests(t, sim, "batch-create", 3)
			if got := readResults(t, name); len(got) != 1 || string(got[0].Output) != `"two"` {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestBatchResource_resultsFileName: a name that passes through a folder which
// does not exist is written where it leads.
func TestBatchResource_resultsFileName(t *testing.T) {
	t.Parallel()
	p, _ := newServer(t, simulator.Options{})
	folder := t.TempDir()
	_, diags := p.CreateResource(t.Context(), batchType, returning(1, folder+"/new/../results.jsonl"))
	diags.RequireNone(t)
	if got := readResults(t, filepath.Join(folder, "results.jsonl")); len(got) != 1 {
		t.Errorf("%+v", got)
	}
}

// TestBatchResource_resultsFileLink: results never take the place of a link, and
// nothing is written through one.
func TestBatchResource_resultsFileLink(t *testing.T) {
	t.Parallel()
	p, sim := newServer(t, simulator.Options{})
	folder := t.TempDir()
	target, link := filepath.Join(folder, "results.jsonl"), filepath.Join(folder, "link")
	if err := os.WriteFile(target, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err) // as where links need a privilege
	}
	if diags := p.PlanResource(t.Context(), batchType, nil, returning(1, link)).Diagnostics; !diags.HasError() || !strings.Contains(diags.String(), "symbolic link") {
		t.Errorf("%s", diags)
	}
	plan := p.PlanResource(t.Context(), batchType, nil, returning(1, target))
	elsewhere := filepath.Join(folder, "elsewhere")
	if err := errors.Join(os.Rename(target, elsewhere), os.Symlink(elsewhere, target)); err != nil {
		t.Fatal(err)
	}
	if _, diags := p.ApplyResource(t.Context(), plan); !diags.HasError() || !strings.Contains(diags.String(), "symbolic link") {
		t.Errorf("a link that was created after the plan: %s", diags)
	}
	if text, err := os.ReadFile(elsewhere); err != nil || string(text) != "mine" {
		t.Errorf("%q, %v", text, err)
	}
	if n := len(sim.Journal()); n > 0 {
		t.Errorf("%d requests", n)
	}
}
