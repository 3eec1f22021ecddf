package acctest_test

import (
	"maps"
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
		maps.DeleteFunc(arguments, func(name string, _ lateArgument) bool { return strings.Contains(name, ".") }) // members
		acctest.RequireCases(t, "lateArguments of "+typeName, acctest.Arguments(schema), arguments, nil)
	}
}
