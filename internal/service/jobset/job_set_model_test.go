package jobset

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// TestComputedValues: every attribute of the schema that only the provider sets is among
// those that a plan and a refresh write.
func TestComputedValues(t *testing.T) {
	t.Parallel()
	var schema resource.SchemaResponse
	NewResource().Schema(t.Context(), resource.SchemaRequest{}, &schema)
	values := new(resourceModel).computedValues()
	for name, a := range schema.Schema.GetAttributes() {
		if _, ok := values[name]; a.IsComputed() && !a.IsOptional() && !ok {
			t.Errorf("%s is not among the values", name)
		}
	}
}
