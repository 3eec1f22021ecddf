package jobmodel_test

import (
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// fieldsOf returns the attributes of a record by the names in its tags.
func fieldsOf(t *testing.T, r jobmodel.Record) map[string]attr.Value {
	t.Helper()
	fields := map[string]attr.Value{}
	for field, value := range reflect.ValueOf(r).Fields() {
		v, ok := value.Interface().(attr.Value)
		if !ok {
			t.Fatalf("%s is no attribute", field.Name)
		}
		fields[field.Tag.Get("tfsdk")] = v
	}
	return fields
}

// TestRecordAttributes: an attribute in the model is also in the schema, in the types
// and in the values.
func TestRecordAttributes(t *testing.T) {
	t.Parallel()
	ms := int64(7)
	var r jobmodel.Record
	r.SetSubmitted(runpod.Job{ID: "job-1", Status: runpod.StatusInQueue}, time.Now())
	r.SetJob(runpod.Job{ID: "job-1", Status: runpod.StatusFailed, DelayTime: &ms, ExecutionTime: &ms, WorkerID: "w", Error: &runpod.JobError{Message: "kaboom"}})
	fields, values, schema := fieldsOf(t, r), r.Values(), jobmodel.RecordAttributes("", "")
	want := slices.Sorted(maps.Keys(fields))
	for where, names := range map[string][]string{
		"the schema": slices.Sorted(maps.Keys(schema)), "the types": slices.Sorted(maps.Keys(jobmodel.RecordTypes)), "the values": slices.Sorted(maps.Keys(values)),
	} {
		if !slices.Equal(names, want) {
			t.Errorf("%s: %q, want %q", where, names, want)
		}
	}
	for name, field := range fields {
		if value := values[name]; value == nil || !value.Equal(field) {
			t.Errorf("the value of %s is %v, want %v", name, value, field)
		}
		if typ := jobmodel.RecordTypes[name]; typ == nil || !typ.Equal(field.Type(t.Context())) {
			t.Errorf("the type of %s is %v", name, typ)
		}
		if a := schema[name]; a == nil || !a.GetType().Equal(field.Type(t.Context())) || !a.IsComputed() {
			t.Errorf("%s of the schema is %v", name, a)
		}
	}
	for name, field := range fieldsOf(t, jobmodel.RecordOf(values)) {
		if !field.Equal(fields[name]) {
			t.Errorf("%s comes back as %v", name, field)
		}
	}
}

// TestRecord_unknownAndNull: what a wait decides is unknown before it, and everything
// is null without a job.
func TestRecord_unknownAndNull(t *testing.T) {
	t.Parallel()
	var r jobmodel.Record
	r.SetSubmitted(runpod.Job{ID: "job-1", Status: runpod.StatusInQueue}, time.Now())
	r.SetUnknown()
	for name, value := range fieldsOf(t, r) {
		if decided := name == "id" || name == "submitted_at"; value.IsUnknown() == decided {
			t.Errorf("%s is %v before a wait", name, value)
		}
	}
	r.SetNull()
	for name, value := range fieldsOf(t, r) {
		if !value.IsNull() {
			t.Errorf("%s is %v without a job", name, value)
		}
	}
}
