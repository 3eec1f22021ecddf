package fastpath

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// checkDetached returns an error if the framework does more with a detached attribute
// than a placeholder allows, or if the adapter hides a method of the resource that the
// framework calls.
func checkDetached(r resource.Resource, s schema.Schema, names []string) error {
	switch r.(type) {
	case resource.ResourceWithUpgradeState, resource.ResourceWithMoveState, resource.ResourceWithUpgradeIdentity:
		return errors.New("Detach does not support resources that upgrade or move state")
	}
	for _, name := range names {
		attribute, ok := s.Attributes[name]
		if !ok {
			return fmt.Errorf("detached attribute %q is not in the schema", name)
		}
		if !isResult(attribute) && (attribute.IsComputed() || !attribute.GetType().TerraformType(context.Background()).Is(tftypes.DynamicPseudoType)) {
			return fmt.Errorf("detached attribute %q is neither dynamic and not computed, nor computed and not optional", name)
		}
		if field := inspectedBy(reflect.ValueOf(attribute)); field != "" {
			return fmt.Errorf("detached attribute %q has %s, which the framework would use with a placeholder", name, field)
		}
	}
	return nil
}

// isResult reports whether an attribute is set by the provider only.
func isResult(a schema.Attribute) bool {
	return a.IsComputed() && !a.IsOptional() && !a.IsRequired()
}

// inspectedBy returns the name of the field of an attribute, or of one nested in it,
// because of which the framework inspects the attribute's value; "" if there is none.
func inspectedBy(attribute reflect.Value) string {
	for attribute.Kind() == reflect.Interface {
		attribute = attribute.Elem()
	}
	for _, name := range []string{"Default", "PlanModifiers", "Validators", "WriteOnly"} {
		if field := attribute.FieldByName(name); field.IsValid() && !field.IsZero() {
			return name
		}
	}
	if object := attribute.FieldByName("NestedObject"); object.IsValid() {
		if field := inspectedBy(object); field != "" {
			return field
		}
	}
	if nested := attribute.FieldByName("Attributes"); nested.IsValid() {
		for _, key := range nested.MapKeys() {
			if field := inspectedBy(nested.MapIndex(key)); field != "" {
				return field
			}
		}
	}
	return ""
}
