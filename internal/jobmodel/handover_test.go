package jobmodel_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
)

func texts(values map[string]string) types.Map {
	elements := make(map[string]attr.Value, len(values))
	for name, value := range values {
		elements[name] = types.StringValue(value)
	}
	return types.MapValueMust(types.StringType, elements)
}

func policy(low bool) types.Object {
	return types.ObjectValueMust(map[string]attr.Type{"low_priority": types.BoolType}, map[string]attr.Value{"low_priority": types.BoolValue(low)})
}

func terms() jobmodel.HandoverTerms {
	return jobmodel.HandoverTerms{
		SubmitArgs: jobmodel.SubmitArgs{EndpointID: types.StringValue("demo"), Policy: policy(true), Webhook: types.StringValue("https://hook.example.com")},
		FileOutput: jobmodel.FileOutput{Output: jobmodel.Output{OutputSelect: texts(map[string]string{"text": "text"}), MaxOutputBytes: types.Int64Value(10)}},
		Triggers:   texts(map[string]string{"run": "1"}),
	}
}

func result(id, digest string) jobmodel.HandoverResult {
	return jobmodel.HandoverResult{Record: jobmodel.Record{ID: types.StringValue(id)}, InputSHA256: types.StringValue(digest), Output: types.StringValue("output of " + id)}
}

func TestStore_terms(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		change func(*jobmodel.HandoverTerms)
		fits   bool
	}{
		"the same":         {func(*jobmodel.HandoverTerms) {}, true},
		"endpoint":         {func(o *jobmodel.HandoverTerms) { o.EndpointID = types.StringValue("other") }, false},
		"policy":           {func(o *jobmodel.HandoverTerms) { o.Policy = policy(false) }, false},
		"no policy":        {func(o *jobmodel.HandoverTerms) { o.Policy = types.ObjectNull(o.Policy.AttributeTypes(t.Context())) }, false},
		"webhook":          {func(o *jobmodel.HandoverTerms) { o.Webhook = types.StringNull() }, false},
		"triggers":         {func(o *jobmodel.HandoverTerms) { o.Triggers = texts(map[string]string{"run": "2"}) }, false},
		"output_select":    {func(o *jobmodel.HandoverTerms) { o.OutputSelect = types.MapNull(types.StringType) }, false},
		"max_output_bytes": {func(o *jobmodel.HandoverTerms) { o.MaxOutputBytes = types.Int64Value(11) }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var s jobmodel.HandoverStore
			s.Offer(terms(), map[string]jobmodel.HandoverResult{"a": result("job-a", "1")})
			wanted := terms()
			tc.change(&wanted)
			if taken := s.Take(wanted, map[string]string{"a": "1"}); (len(taken) == 1) != tc.fits {
				t.Errorf("taken: %v", taken)
			}
			if left := s.Take(terms(), map[string]string{"a": "1"}); (len(left) == 1) == tc.fits {
				t.Errorf("left: %v", left)
			}
		})
	}
}

func TestStore_keys(t *testing.T) {
	t.Parallel()
	var s jobmodel.HandoverStore
	given := map[string]jobmodel.HandoverResult{"a": result("job-a", "1"), "b": result("job-b", "2")}
	s.Offer(terms(), given)
	s.Offer(terms(), map[string]jobmodel.HandoverResult{"a": result("job-c", "1"), "c": result("job-d", "3")})
	taken := s.Take(terms(), map[string]string{"a": "1", "b": "another", "c": "3", "d": "4"})
	if len(taken) != 2 || taken["a"].ID.ValueString() != "job-a" || taken["c"].ID.ValueString() != "job-d" {
		t.Errorf("taken: %v", taken)
	}
	if len(given) != 2 {
		t.Error("what was given was changed")
	}
	taken = s.Take(terms(), map[string]string{"a": "1", "b": "2", "c": "3"})
	if len(taken) != 2 || taken["a"].ID.ValueString() != "job-c" || taken["b"].Output.String() != `"output of job-b"` {
		t.Errorf("taken: %v", taken)
	}
	if taken := s.Take(terms(), map[string]string{"a": "1", "b": "2", "c": "3"}); len(taken) != 0 {
		t.Errorf("taken twice: %v", taken)
	}
}

// TestStore_parallel: each of many results is taken once.
func TestStore_parallel(t *testing.T) {
	t.Parallel()
	var s jobmodel.HandoverStore
	var taken atomic.Int64
	var wg sync.WaitGroup
	for i := range 20 {
		s.Offer(terms(), map[string]jobmodel.HandoverResult{"a": result(fmt.Sprint(i), "1"), "b": result(fmt.Sprint(i), "2")})
	}
	for range 50 {
		wg.Go(func() { taken.Add(int64(len(s.Take(terms(), map[string]string{"a": "1", "b": "2"})))) })
	}
	wg.Wait()
	if taken.Load() != 40 {
		t.Errorf("%d were taken, want 40", taken.Load())
	}
}
