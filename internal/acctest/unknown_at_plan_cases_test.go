package acctest_test

import (
	"maps"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
)

// TestUnknownAtPlan_cases: lateArguments has every argument of every resource, and
// every resource has a stored state.
func TestUnknownAtPlan_cases(t *testing.T) {
	t.Parallel()
	resources := acctest.NewUnconfiguredProtocolServer(t).Schema().ResourceSchemas
	acctest.RequireCases(t, "lateArguments", resources, lateArguments, nil)
	acctest.RequireCases(t, "storedStates", resources, storedStates, nil)
	acctest.RequireCases(t, "countedOps", resources, countedOps, nil)
	for typeName, schema := range resources {
		arguments := maps.Clone(lateArguments[typeName])
		maps.DeleteFunc(arguments, func(name string, _ lateArgument) bool { return strings.Contains(name, ".") }) // members of an object
		acctest.RequireCases(t, "lateArguments of "+typeName, acctest.Arguments(schema), arguments, nil)
	}
}

// TestUnknownAtPlan_documented: the description of the job and the guides list each
// argument that forces a new job.
func TestUnknownAtPlan_documented(t *testing.T) {
	t.Parallel()
	lists := map[string]string{
		"../../templates/guides/interrupted.md.tmpl":          "A job is recognized by the arguments that force a new job when they change",
		"../../templates/guides/retries-and-timeouts.md.tmpl": "| a different ",
	}
	texts := map[string]string{"the description": acctest.NewUnconfiguredProtocolServer(t).Schema().ResourceSchemas[jobType].Block.Description}
	for file, beginning := range lists {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		_, rest, found := strings.Cut(string(content), "\n"+beginning)
		if !found {
			t.Fatalf("%s has no list that begins with %q", file, beginning)
		}
		texts[file], _, _ = strings.Cut(rest, ". ")
		texts[file], _, _ = strings.Cut(texts[file], " | ")
	}
	for name, argument := range lateArguments[jobType] {
		for where, text := range texts {
			if argument.replaces && !strings.Contains(name, ".") && !strings.Contains(text, "`"+name+"`") {
				t.Errorf("%s does not say that %s forces a new job", where, name)
			}
		}
	}
}

// TestUnknownAtPlan_command: the command in CONTRIBUTING.md selects the tests of an
// argument.
func TestUnknownAtPlan_command(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	pattern := regexp.MustCompile(`go test -run 'TestUnknownAtPlan/([^']*)'`).FindStringSubmatch(string(content))
	if pattern == nil {
		t.Fatal("there is no such command")
	}
	for typeName, arguments := range lateArguments {
		for name := range arguments {
			parts := strings.Split(strings.ReplaceAll(pattern[1], "tags", name), "/") // as go test does
			for other := range arguments {
				selected := true
				for i, part := range []string{typeName, "completed", other} {
					selected = selected && (i >= len(parts) || regexp.MustCompile(parts[i]).MatchString(part))
				}
				if other == name && !selected {
					t.Errorf("the command for %s of %s selects nothing", name, typeName)
				}
				if selected && !strings.HasSuffix(other, name) {
					t.Errorf("the command for %s of %s selects %s", name, typeName, other)
				}
			}
		}
	}
}
