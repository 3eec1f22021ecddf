package main

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/provider"
)

// pagesOf returns the types of each kind, by the folder of the kind's templates.
func pagesOf(t *testing.T) map[string][]string {
	t.Helper()
	server, err := providerserver.NewProtocol6WithError(provider.New("test")())()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := read(t.Context(), server)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]string{
		"resources":           names(schema.ResourceSchemas),
		"data-sources":        names(schema.DataSourceSchemas),
		"ephemeral-resources": names(schema.EphemeralResourceSchemas),
		"actions":             names(schema.ActionSchemas),
		"list-resources":      names(schema.ListResourceSchemas),
	}
}

func names[S *tfjson.Schema | *tfjson.ActionSchema](schemas map[string]S) []string {
	return slices.Sorted(maps.Keys(schemas))
}

// kindInChangelog is the word for each kind in the changelog.
var kindInChangelog = map[string]string{
	"resources": "Resource", "data-sources": "Data Source", "ephemeral-resources": "Ephemeral Resource",
	"actions": "Action", "list-resources": "List Resource",
}

// opening matches the beginning of a type's page: title, description, and an example as
// the first section.
var opening = regexp.MustCompile(`(?s)^---\n.*?\nsubcategory: "\w[^"\n]*"\n.*?\n---\n\n# [^\n]+\n\n[^#]+\n\n## Example Usage\n`)

// TestTemplates: the page of each type has a subcategory, begins with an example, says
// what happens on errors and links to related pages; the changelog lists the type, and
// the index links to each guide.
func TestTemplates(t *testing.T) {
	t.Parallel()
	changelog := readPage(t, "CHANGELOG.md")
	for kind, types := range pagesOf(t) {
		for _, name := range types {
			if line := "* **New " + kindInChangelog[kind] + ":** `" + name + "`\n"; !strings.Contains(changelog, line) {
				t.Errorf("CHANGELOG.md lacks the line %q", line)
			}
			short := strings.TrimPrefix(name, provider.TypeName+"_")
			path := filepath.Join(root, "templates", kind, short+".md.tmpl")
			content, err := os.ReadFile(path)
			switch {
			case err != nil:
				t.Errorf("%s (%s) has no page of its own: %v", name, kind, err)
			case !opening.Match(content):
				t.Errorf("%s: the page lacks a subcategory, or its first section is not \"Example Usage\"", path)
			case !strings.Contains(string(content), "\n## What happens when …\n"):
				t.Errorf("%s: the page does not say what happens when …", path)
			case !strings.Contains(string(content), "\n## See also\n"):
				t.Errorf("%s: the page has no section \"See also\"", path)
			}
		}
	}
	index := readPage(t, "templates/index.md.tmpl")
	guides, err := filepath.Glob(filepath.Join(root, "templates", "guides", "*.md.tmpl"))
	if err != nil || len(guides) == 0 {
		t.Fatalf("no guides: %v", err)
	}
	for _, guide := range guides {
		if page := strings.TrimSuffix(filepath.Base(guide), ".tmpl"); !strings.Contains(index, "(guides/"+page+")") {
			t.Errorf("the index does not link to the guide %s", page)
		}
		if !strings.Contains(readPage(t, "templates/guides/"+filepath.Base(guide)), "\nsubcategory: \"\"\n") {
			t.Errorf("%s: the subcategory of a guide must be empty, so that the registry lists it under Guides", guide)
		}
	}
}
