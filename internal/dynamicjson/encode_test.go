package dynamicjson_test

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
)

// tuple and object build values and derive their types.
func tuple(elements ...attr.Value) types.Tuple {
	elemTypes := make([]attr.Type, len(elements))
	for i, v := range elements {
		elemTypes[i] = v.Type(context.Background())
	}
	return types.TupleValueMust(elemTypes, elements)
}

func object(members map[string]attr.Value) types.Object {
	attrTypes := make(map[string]attr.Type, len(members))
	for name, v := range members {
		attrTypes[name] = v.Type(context.Background())
	}
	return types.ObjectValueMust(attrTypes, members)
}

func raw(t *testing.T, v attr.Value) tftypes.Value {
	t.Helper()
	value, err := v.ToTerraformValue(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestEncode(t *testing.T) {
	t.Parallel()
	tenth, _, err := big.ParseFloat("0.1", 10, 512, big.ToNearestEven)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		in   attr.Value
		want string
	}{
		{"no value", nil, `null`},
		{"null dynamic", types.DynamicNull(), `null`},
		{"dynamic of a null string", types.DynamicValue(types.StringNull()), `null`},
		{"dynamic in a dynamic", types.DynamicValue(types.DynamicValue(types.BoolValue(false))), `false`},
		{"string", types.StringValue("a"), `"a"`},
		{"no HTML escaping", types.StringValue(`<a href="x">&</a>`), `"<a href=\"x\">&</a>"`},
		{"control characters", types.StringValue("a\n\t\x00"), `"a\n\t\u0000"`},
		{"unicode", types.StringValue("grüße 🚀"), `"grüße 🚀"`},
		{"int64", types.Int64Value(math.MaxInt64), `9223372036854775807`},
		{"int32", types.Int32Value(-5), `-5`},
		{"float64", types.Float64Value(0.1), `0.1`},
		{"float64, whole", types.Float64Value(1 << 60), `1152921504606846976`},
		{"float32", types.Float32Value(0.5), `0.5`},
		{"number of 512 bits", types.NumberValue(tenth), `0.1`},
		{"number of 53 bits", types.NumberValue(big.NewFloat(0.1)), `0.1`},
		{"large fraction without exponent", types.NumberValue(big.NewFloat(1234567.5)), `1234567.5`},
		{"very small number", types.NumberValue(big.NewFloat(1e-9)), `1e-09`},
		{"negative zero", types.NumberValue(big.NewFloat(math.Copysign(0, -1))), `0`},
		{"custom string type", timetypes.NewGoDurationValueFromStringMust("1m30s"), `"1m30s"`},
		{"list", types.ListValueMust(types.Int64Type, []attr.Value{types.Int64Value(2), types.Int64Null()}), `[2,null]`},
		{"empty list", types.ListValueMust(types.Int64Type, []attr.Value{}), `[]`},
		{"set", types.SetValueMust(types.BoolType, []attr.Value{types.BoolValue(true)}), `[true]`},
		{"tuple", tuple(types.StringValue("a"), types.DynamicNull(), tuple()), `["a",null,[]]`},
		{"map", types.MapValueMust(types.StringType, map[string]attr.Value{"b": types.StringValue("2"), "a": types.StringNull()}), `{"a":null,"b":"2"}`},
		{"object, keys sorted", object(map[string]attr.Value{"z": object(nil), "<": types.BoolValue(true)}), `{"<":true,"z":{}}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := dynamicjson.Encode(tc.in)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
			if !json.Valid(got) {
				t.Errorf("%s is not JSON", got)
			}
			if tc.in == nil {
				return
			}
			if got, err := dynamicjson.EncodeRaw(raw(t, tc.in)); err != nil || string(got) != tc.want {
				t.Errorf("EncodeRaw: got %s, want %s: %v", got, tc.want, err)
			}
		})
	}
}

func TestEncode_invalid(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]attr.Value{
		"infinity":           types.NumberValue(new(big.Float).SetInf(true)),
		"unsupported number": tuple(unsupported{}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got, err := dynamicjson.Encode(in); err == nil {
				t.Errorf("got %s", got)
			}
			if !dynamicjson.IsFullyKnown(in) {
				t.Error("a value that cannot be encoded counts as unknown")
			}
		})
	}
}

// unsupported is a value of a type that the framework does not have.
type unsupported struct{ attr.Value }

func (unsupported) Type(context.Context) attr.Type { return basetypes.BoolType{} }
func (unsupported) IsNull() bool                   { return false }
func (unsupported) IsUnknown() bool                { return false }

func TestEncode_unknown(t *testing.T) {
	t.Parallel()
	unknown := types.StringUnknown()
	for _, tc := range []struct {
		in   attr.Value
		path string
	}{
		{types.DynamicUnknown(), ``},
		{types.DynamicValue(unknown), ``},
		{types.DynamicValue(tuple(types.BoolValue(true), unknown)), `[1]`},
		{object(map[string]attr.Value{"images": tuple(object(map[string]attr.Value{"seed-2": unknown}))}), `.images[0].seed-2`},
		{object(map[string]attr.Value{"a b": unknown}), `["a b"]`},
		{object(map[string]attr.Value{"1a": unknown}), `["1a"]`},
		{object(map[string]attr.Value{"": unknown}), `[""]`},
		{types.MapValueMust(types.StringType, map[string]attr.Value{"k": unknown}), `.k`},
		{types.ListUnknown(types.StringType), ``},
		{types.SetValueMust(types.StringType, []attr.Value{unknown}), `[0]`},
		{tuple(types.DynamicValue(types.DynamicUnknown())), `[0]`},
	} {
		t.Run(tc.path, func(t *testing.T) {
			t.Parallel()
			_, err := dynamicjson.Encode(tc.in)
			var got *dynamicjson.UnknownError
			if !errors.As(err, &got) || got.Path != tc.path {
				t.Errorf("got %v, want the path %q", err, tc.path)
			}
			if _, err = dynamicjson.EncodeRaw(raw(t, tc.in)); !errors.As(err, &got) || got.Path != tc.path {
				t.Errorf("EncodeRaw: got %v, want the path %q", err, tc.path)
			}
			if dynamicjson.IsFullyKnown(tc.in) {
				t.Error("a value with an unknown part counts as known")
			}
		})
	}
}

func TestIsFullyKnown(t *testing.T) {
	t.Parallel()
	for _, v := range []attr.Value{
		nil, types.DynamicNull(), types.DynamicValue(types.StringNull()), timetypes.NewGoDurationNull(),
		object(map[string]attr.Value{"a": tuple(types.DynamicNull(), types.Int64Value(1))}),
	} {
		if !dynamicjson.IsFullyKnown(v) {
			t.Errorf("%v counts as unknown", v)
		}
	}
}
