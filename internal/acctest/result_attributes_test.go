package acctest_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/provider"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// resultAttributes returns the attributes of a job's result, from the fields of
// jobmodel.Result. Every kind of the job must have them.
func resultAttributes() []string {
	var names []string
	for _, of := range []any{jobmodel.Record{}, jobmodel.Result{}} {
		for i := range reflect.TypeOf(of).NumField() {
			if name := reflect.TypeOf(of).Field(i).Tag.Get("tfsdk"); name != "" {
				names = append(names, name)
			}
		}
	}
	return names
}

// TestResultAttributes: every kind of the job has each attribute of a result, computed
// and with the same type, except for the id, which is an argument of the data source.
func TestResultAttributes(t *testing.T) {
	t.Parallel()
	server, err := providerserver.NewProtocol6WithError(provider.New(acctest.Version)())()
	if err != nil {
		t.Fatal(err)
	}
	schemas, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	const jobType, setType = "runpodserverless_job", "runpodserverless_job_set"
	resource := schemas.ResourceSchemas[jobType].Block.Attributes
	kinds := map[string][]*tfprotov6.SchemaAttribute{
		"data source": schemas.DataSourceSchemas[jobType].Block.Attributes,
		"ephemeral":   schemas.EphemeralResourceSchemas[jobType].Block.Attributes,
	}
	for _, a := range schemas.ResourceSchemas[setType].Block.Attributes {
		if a.Name == "jobs" {
			kinds["key of a set"] = a.NestedType.Attributes
		}
	}
	for _, name := range resultAttributes() {
		want := attributeOf(resource, name)
		if want == nil || !want.Computed {
			t.Errorf("the resource does not compute %s", name)
			continue
		}
		for kind, attributes := range kinds {
			if kind == "key of a set" && name == "output" {
				continue // it is part of the attribute outputs
			}
			switch got := attributeOf(attributes, name); {
			case got == nil:
				t.Errorf("%s has no %s", kind, name)
			case !got.ValueType().Equal(want.ValueType()):
				t.Errorf("%s: %s is %s, want %s", kind, name, got.ValueType(), want.ValueType())
			case !got.Computed && name != "id":
				t.Errorf("%s does not compute %s", kind, name)
			}
		}
	}
}

// TestResultAttributes_planned: all attributes of a result are unknown in a plan that
// runs a new job, and none in a plan without changes.
func TestResultAttributes_planned(t *testing.T) {
	t.Parallel()
	p := acctest.NewProtocolServer(t, simtest.Start(t, simulator.Options{}), acctest.Values{"endpoint_id": simulator.DefaultEndpointID})
	config := acctest.Values{"input": acctest.Values{"mock_return": "pong"}, "triggers": acctest.Values{"run": "1"}}
	state, diags := p.CreateResource(t.Context(), "runpodserverless_job", config)
	diags.RequireNone(t)
	unknown := func(config acctest.Values, prior *acctest.ResourceState) []string {
		plan := p.PlanResource(t.Context(), "runpodserverless_job", prior, config)
		plan.Diagnostics.RequireNone(t)
		var names []string
		for _, name := range resultAttributes() {
			if plan.Planned[name] == acctest.Unknown {
				names = append(names, name)
			}
		}
		return names
	}
	if got := unknown(config, nil); !slices.Equal(got, resultAttributes()) {
		t.Errorf("a creation plans these as unknown: %v", got)
	}
	if got := unknown(config, state); len(got) != 0 {
		t.Errorf("a plan without a change has these unknown: %v", got)
	}
}

func attributeOf(attributes []*tfprotov6.SchemaAttribute, name string) *tfprotov6.SchemaAttribute {
	i := slices.IndexFunc(attributes, func(a *tfprotov6.SchemaAttribute) bool { return a.Name == name })
	if i < 0 {
		return nil
	}
	return attributes[i]
}
