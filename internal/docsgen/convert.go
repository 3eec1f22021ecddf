package main

import (
	"encoding/json"
	"errors"
	"fmt"

	tfjson "github.com/hashicorp/terraform-json"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
)

func convert(schemas *tfprotov6.GetProviderSchemaResponse, identities map[string]*tfprotov6.ResourceIdentitySchema) (*tfjson.ProviderSchema, error) {
	if len(schemas.Functions) > 0 || len(schemas.StateStoreSchemas) > 0 {
		return nil, errors.New("the provider has functions or state stores, which are not converted yet")
	}
	var result tfjson.ProviderSchema
	var errs [7]error
	result.ConfigSchema, errs[0] = convertSchema(schemas.Provider)
	result.ResourceSchemas, errs[1] = each(schemas.ResourceSchemas, convertSchema)
	result.DataSourceSchemas, errs[2] = each(schemas.DataSourceSchemas, convertSchema)
	result.EphemeralResourceSchemas, errs[3] = each(schemas.EphemeralResourceSchemas, convertSchema)
	result.ListResourceSchemas, errs[4] = each(schemas.ListResourceSchemas, convertSchema)
	result.ActionSchemas, errs[5] = each(schemas.ActionSchemas, convertAction)
	result.ResourceIdentitySchemas, errs[6] = each(identities, convertIdentity)
	return &result, errors.Join(errs[:]...)
}

func each[From, To any](schemas map[string]From, convert func(From) (To, error)) (map[string]To, error) {
	result := make(map[string]To, len(schemas))
	for name, schema := range schemas {
		converted, err := convert(schema)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		result[name] = converted
	}
	return result, nil
}

func convertSchema(s *tfprotov6.Schema) (*tfjson.Schema, error) {
	block, err := convertBlock(s.Block)
	if err != nil {
		return nil, err
	}
	return &tfjson.Schema{Version: unsigned(s.Version), Block: block}, nil
}

func convertAction(s *tfprotov6.ActionSchema) (*tfjson.ActionSchema, error) {
	block, err := convertBlock(s.Schema.Block)
	if err != nil {
		return nil, err
	}
	return &tfjson.ActionSchema{Block: block}, nil
}

func convertIdentity(s *tfprotov6.ResourceIdentitySchema) (*tfjson.IdentitySchema, error) {
	result := &tfjson.IdentitySchema{Version: unsigned(s.Version), Attributes: map[string]*tfjson.IdentityAttribute{}}
	for _, a := range s.IdentityAttributes {
		typ, err := convertType(a.Type)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		result.Attributes[a.Name] = &tfjson.IdentityAttribute{
			IdentityType: typ, Description: a.Description,
			RequiredForImport: a.RequiredForImport, OptionalForImport: a.OptionalForImport,
		}
	}
	return result, nil
}

func convertBlock(b *tfprotov6.SchemaBlock) (*tfjson.SchemaBlock, error) {
	attributes, err := convertAttributes(b.Attributes)
	if err != nil {
		return nil, err
	}
	result := &tfjson.SchemaBlock{
		Attributes: attributes, NestedBlocks: map[string]*tfjson.SchemaBlockType{},
		Description: b.Description, DescriptionKind: convertKind(b.DescriptionKind), Deprecated: b.Deprecated,
	}
	for _, nested := range b.BlockTypes {
		block, err := convertBlock(nested.Block)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", nested.TypeName, err)
		}
		mode, err := convertBlockNesting(nested.Nesting)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", nested.TypeName, err)
		}
		result.NestedBlocks[nested.TypeName] = &tfjson.SchemaBlockType{
			NestingMode: mode, Block: block, MinItems: unsigned(nested.MinItems), MaxItems: unsigned(nested.MaxItems),
		}
	}
	return result, nil
}

func convertAttributes(attributes []*tfprotov6.SchemaAttribute) (map[string]*tfjson.SchemaAttribute, error) {
	result := make(map[string]*tfjson.SchemaAttribute, len(attributes))
	for _, a := range attributes {
		converted := &tfjson.SchemaAttribute{
			Description: a.Description, DescriptionKind: convertKind(a.DescriptionKind), Deprecated: a.Deprecated,
			Required: a.Required, Optional: a.Optional, Computed: a.Computed,
			Sensitive: a.Sensitive, WriteOnly: a.WriteOnly,
		}
		var err error
		if a.NestedType != nil {
			converted.AttributeNestedType, err = convertNested(a.NestedType)
		} else {
			converted.AttributeType, err = convertType(a.Type)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		result[a.Name] = converted
	}
	return result, nil
}

func convertNested(object *tfprotov6.SchemaObject) (*tfjson.SchemaNestedAttributeType, error) {
	attributes, err := convertAttributes(object.Attributes)
	if err != nil {
		return nil, err
	}
	modes := map[tfprotov6.SchemaObjectNestingMode]tfjson.SchemaNestingMode{
		tfprotov6.SchemaObjectNestingModeSingle: tfjson.SchemaNestingModeSingle,
		tfprotov6.SchemaObjectNestingModeList:   tfjson.SchemaNestingModeList,
		tfprotov6.SchemaObjectNestingModeSet:    tfjson.SchemaNestingModeSet,
		tfprotov6.SchemaObjectNestingModeMap:    tfjson.SchemaNestingModeMap,
	}
	mode, ok := modes[object.Nesting]
	if !ok {
		return nil, fmt.Errorf("unknown nesting %s", object.Nesting)
	}
	return &tfjson.SchemaNestedAttributeType{Attributes: attributes, NestingMode: mode}, nil
}

func convertBlockNesting(nesting tfprotov6.SchemaNestedBlockNestingMode) (tfjson.SchemaNestingMode, error) {
	modes := map[tfprotov6.SchemaNestedBlockNestingMode]tfjson.SchemaNestingMode{
		tfprotov6.SchemaNestedBlockNestingModeSingle: tfjson.SchemaNestingModeSingle,
		tfprotov6.SchemaNestedBlockNestingModeGroup:  tfjson.SchemaNestingModeGroup,
		tfprotov6.SchemaNestedBlockNestingModeList:   tfjson.SchemaNestingModeList,
		tfprotov6.SchemaNestedBlockNestingModeSet:    tfjson.SchemaNestingModeSet,
		tfprotov6.SchemaNestedBlockNestingModeMap:    tfjson.SchemaNestingModeMap,
	}
	mode, ok := modes[nesting]
	if !ok {
		return "", fmt.Errorf("unknown nesting %s", nesting)
	}
	return mode, nil
}

// convertType converts a type by way of JSON, which both libraries encode alike.
func convertType(t tftypes.Type) (cty.Type, error) {
	encoded, err := json.Marshal(t)
	if err != nil {
		return cty.NilType, err
	}
	var result cty.Type
	err = json.Unmarshal(encoded, &result)
	return result, err
}

func convertKind(kind tfprotov6.StringKind) tfjson.SchemaDescriptionKind {
	if kind == tfprotov6.StringKindMarkdown {
		return tfjson.SchemaDescriptionKindMarkdown
	}
	return tfjson.SchemaDescriptionKindPlain
}

// unsigned converts versions and counts, which the protocol defines as signed numbers
// but which are never negative.
func unsigned(n int64) uint64 { return uint64(max(n, 0)) }
