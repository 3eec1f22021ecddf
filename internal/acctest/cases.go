package acctest

import (
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Schema returns the schemas of the provider and of all its types.
func (p *ProtocolServer) Schema() *tfprotov6.GetProviderSchemaResponse { return p.schema }

// RequireCases fails the test for each name in a map, such as the schemas of one kind,
// that a table of cases lacks. leftOut has the names that need no case, each with the
// reason. A case or a reason for an unknown name fails the test, too.
func RequireCases[S, C any](t testing.TB, table string, names map[string]S, cases map[string]C, leftOut map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(names)) {
		_, listed := cases[name]
		reason, excused := leftOut[name]
		switch {
		case !listed && !excused:
			t.Errorf("%s has no case for %s", table, name)
		case listed && excused:
			t.Errorf("%s has a case for %s, which is left out because: %s", table, name, reason)
		case excused && reason == "":
			t.Errorf("%s leaves out %s without a reason", table, name)
		}
	}
	known := func(name string) {
		if _, ok := names[name]; !ok {
			t.Errorf("%s has %s, which does not exist", table, name)
		}
	}
	for name := range cases {
		known(name)
	}
	for name := range leftOut {
		known(name)
	}
}

// Arguments returns the attributes of a schema that a configuration can set.
func Arguments(schema *tfprotov6.Schema) map[string]*tfprotov6.SchemaAttribute {
	arguments := make(map[string]*tfprotov6.SchemaAttribute)
	for _, a := range schema.Block.Attributes {
		if a.Required || a.Optional {
			arguments[a.Name] = a
		}
	}
	return arguments
}
