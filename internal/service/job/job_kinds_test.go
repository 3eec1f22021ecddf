package job_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/service/job"
)

// TestJobKinds_reportTheSame: the data source and the ephemeral resource report
// everything about a job that the resource does. What an ephemeral resource reports
// is hidden as it is, so it needs no sensitive_output.
func TestJobKinds_reportTheSame(t *testing.T) {
	t.Parallel()
	var r resource.SchemaResponse
	job.NewResource().Schema(t.Context(), resource.SchemaRequest{}, &r)
	var d datasource.SchemaResponse
	job.NewDataSource().Schema(t.Context(), datasource.SchemaRequest{}, &d)
	var e ephemeral.SchemaResponse
	job.NewEphemeralResource().Schema(t.Context(), ephemeral.SchemaRequest{}, &e)

	want := map[string]bool{}
	for name, a := range r.Schema.GetAttributes() {
		if a.IsComputed() && !a.IsOptional() && name != "creation_failed" && name != "files" { // which are about the resource, not the job
			want[name] = a.IsSensitive()
		}
	}
	for name, a := range d.Schema.GetAttributes() {
		if sensitive, ok := want[name]; ok && (!a.IsComputed() && name != "id" || a.IsSensitive() != sensitive) {
			t.Errorf("%s of the data source is not what it is of the resource", name)
		}
	}
	for name := range want {
		if _, ok := d.Schema.Attributes[name]; !ok {
			t.Errorf("the data source has no %s", name)
		}
		if _, ok := e.Schema.Attributes[name]; !ok && name != "sensitive_output" {
			t.Errorf("the ephemeral resource has no %s", name)
		}
	}
	if len(want) < 14 {
		t.Errorf("the resource reports only %v", slices.Sorted(maps.Keys(want)))
	}
}
