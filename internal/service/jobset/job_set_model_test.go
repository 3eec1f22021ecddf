package jobset

import (
	"math"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
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

// TestTotals: a sum that overflows is null.
func TestTotals(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		times []types.Int64
		want  types.Int64
	}{
		"none":     {nil, types.Int64Value(0)},
		"not told": {[]types.Int64{types.Int64Null(), types.Int64Value(3), types.Int64Value(4)}, types.Int64Value(7)},
		"largest":  {[]types.Int64{types.Int64Value(math.MaxInt64), types.Int64Value(0)}, types.Int64Value(math.MaxInt64)},
		"too much": {[]types.Int64{types.Int64Value(math.MaxInt64), types.Int64Value(1), types.Int64Value(1)}, types.Int64Null()},
		"wraps":    {[]types.Int64{types.Int64Value(math.MaxInt64), types.Int64Value(math.MaxInt64), types.Int64Value(math.MaxInt64)}, types.Int64Null()},
	} {
		c := jobsState{entries: map[string]jobEntry{}}
		for i, ms := range tc.times {
			var e jobEntry
			e.ExecutionTimeMS, e.DelayTimeMS = ms, ms
			c.entries[string(rune('a'+i))] = e
		}
		if got := c.totals(); !got.ExecutionTimeMS.Equal(tc.want) || !got.DelayTimeMS.Equal(tc.want) {
			t.Errorf("%s: got %s and %s, want %s", name, got.ExecutionTimeMS, got.DelayTimeMS, tc.want)
		}
	}
}
