package job

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// TestRunAction_validatedOnce: the plan of an action leaves the validation to the server,
// which validates the configuration with each plan; see TestFinalActions.
func TestRunAction_validatedOnce(t *testing.T) {
	t.Parallel()
	a := &runAction{}
	var schema action.SchemaResponse
	a.Schema(t.Context(), action.SchemaRequest{}, &schema)
	object, ok := schema.Schema.Type().TerraformType(t.Context()).(tftypes.Object)
	if !ok {
		t.Fatal("the schema is no object")
	}
	values := make(map[string]tftypes.Value, len(object.AttributeTypes))
	for name, kind := range object.AttributeTypes {
		values[name] = tftypes.NewValue(kind, nil)
	}
	values["input"] = tftypes.NewValue(tftypes.String, "no object")
	values["stream"], values["mode"] = tftypes.NewValue(tftypes.Bool, true), tftypes.NewValue(tftypes.String, "sync")
	config := tfsdk.Config{Raw: tftypes.NewValue(object, values), Schema: schema.Schema}

	var valid action.ValidateConfigResponse
	a.ValidateConfig(t.Context(), action.ValidateConfigRequest{Config: config}, &valid)
	if len(valid.Diagnostics.Errors()) != 2 {
		t.Errorf("the validation: %v", valid.Diagnostics)
	}
	var planned action.ModifyPlanResponse
	a.ModifyPlan(t.Context(), action.ModifyPlanRequest{Config: config}, &planned)
	if len(planned.Diagnostics) > 0 {
		t.Errorf("the plan validates as well: %v", planned.Diagnostics)
	}
}
