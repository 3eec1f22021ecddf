package main

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func TestWrite(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := write(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	var schemas tfjson.ProviderSchemas // rejects an unknown format version
	if err := json.Unmarshal(out.Bytes(), &schemas); err != nil {
		t.Fatal(err)
	}
	job := schemas.Schemas["runpodserverless"].ResourceSchemas["runpodserverless_job"]
	if job == nil {
		t.Fatal("the job resource is missing")
	}
	if a := job.Block.Attributes["input_wo"]; a == nil || !a.WriteOnly {
		t.Errorf("input_wo is not write-only: %+v", a)
	}
	if a := job.Block.Attributes["output"]; a == nil || a.AttributeType.FriendlyName() != "dynamic" {
		t.Errorf("output is not dynamic: %+v", a)
	}
	policy := job.Block.Attributes["policy"]
	if policy == nil || policy.AttributeNestedType == nil || policy.AttributeNestedType.Attributes["ttl"] == nil {
		t.Errorf("policy lost its nested attributes: %+v", policy)
	}
}

// TestConvert converts one type of each kind, including kinds that the provider does
// not use.
func TestConvert(t *testing.T) {
	t.Parallel()
	schema := &tfprotov6.Schema{Version: 2, Block: &tfprotov6.SchemaBlock{
		Description: "A *thing*.", DescriptionKind: tfprotov6.StringKindMarkdown, Deprecated: true,
		Attributes: []*tfprotov6.SchemaAttribute{
			{Name: "free", Type: tftypes.DynamicPseudoType, Optional: true, Sensitive: true},
			{Name: "tags", Type: tftypes.Map{ElementType: tftypes.String}, Required: true},
		},
		BlockTypes: []*tfprotov6.SchemaNestedBlock{{
			TypeName: "rule", Nesting: tfprotov6.SchemaNestedBlockNestingModeList, MinItems: 1, MaxItems: 3,
			Block: &tfprotov6.SchemaBlock{},
		}},
	}}
	got, err := convert(&tfprotov6.GetProviderSchemaResponse{
		Provider:                 schema,
		EphemeralResourceSchemas: map[string]*tfprotov6.Schema{"x_thing": schema},
		ListResourceSchemas:      map[string]*tfprotov6.Schema{"x_thing": schema},
		ActionSchemas:            map[string]*tfprotov6.ActionSchema{"x_do": {Schema: schema}},
	}, map[string]*tfprotov6.ResourceIdentitySchema{"x_thing": {IdentityAttributes: []*tfprotov6.ResourceIdentitySchemaAttribute{
		{Name: "id", Type: tftypes.String, RequiredForImport: true},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`"action_schemas":{"x_do":`, `"ephemeral_resource_schemas":{"x_thing":`, `"list_resource_schemas":{"x_thing":`,
		`"resource_identity_schemas":{"x_thing":`, `"required_for_import":true`,
		`"type":"dynamic"`, `"type":["map","string"]`, `"sensitive":true`, `"version":2`,
		`"nesting_mode":"list"`, `"min_items":1`, `"max_items":3`, `"description_kind":"markdown"`, `"deprecated":true`,
	} {
		if !strings.Contains(string(encoded), want) {
			t.Errorf("no %s in %s", want, encoded)
		}
	}
}

func TestConvert_refused(t *testing.T) {
	t.Parallel()
	empty := &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{}}
	nested := &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{
		{Name: "policy", NestedType: &tfprotov6.SchemaObject{}},
	}}}
	for name, tc := range map[string]struct {
		schemas *tfprotov6.GetProviderSchemaResponse
		want    string
	}{
		"functions": {&tfprotov6.GetProviderSchemaResponse{Provider: empty, Functions: map[string]*tfprotov6.Function{"f": {}}}, "functions"},
		"nesting":   {&tfprotov6.GetProviderSchemaResponse{Provider: nested}, "policy: unknown nesting"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := convert(tc.schemas, nil)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}
