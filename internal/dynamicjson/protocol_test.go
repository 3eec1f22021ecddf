package dynamicjson_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
	"github.com/zclconf/go-cty/cty/msgpack"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
)

// TestProtocolRoundTrip sends values through all steps of a real run: from the provider
// over the protocol to Terraform's own types, into the state, and back to the provider.
func TestProtocolRoundTrip(t *testing.T) {
	t.Parallel()
	for _, in := range []string{
		`null`,
		`[null]`,
		`[null,1,{"c":null},[],[null,[null]]]`,
		`{"a":null,"b":{"c":null}}`,
		`{"images":[{"seed":9007199254740993,"scale":0.1},{"seed":null}]}`,
		`[123456789012345678901234567890.123456789,1e300,1e-300,-0.0,1e1000]`,
		`{"":1,"a b":"grüße"}`,
		`{"cafe\u0301":"x"}`,
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			sent, err := dynamicjson.Decode(json.RawMessage(in))
			if err != nil {
				t.Fatal(err)
			}
			got := toProvider(t, throughState(t, toTerraform(t, sent)))
			want, err := dynamicjson.Encode(sent)
			if err != nil {
				t.Fatal(err)
			}
			back, err := dynamicjson.Encode(got)
			if err != nil {
				t.Fatal(err)
			}
			if string(back) != string(want) || !got.Equal(sent) {
				t.Errorf("sent %s, got back %s", sent, got)
			}
		})
	}
}

func toTerraform(t *testing.T, v types.Dynamic) cty.Value {
	t.Helper()
	value, err := v.ToTerraformValue(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	wire, err := tfprotov6.NewDynamicValue(tftypes.DynamicPseudoType, value)
	if err != nil {
		t.Fatal(err)
	}
	inTerraform, err := msgpack.Unmarshal(wire.MsgPack, cty.DynamicPseudoType)
	if err != nil {
		t.Fatalf("Terraform does not accept the value: %v", err)
	}
	return inTerraform
}

func throughState(t *testing.T, v cty.Value) cty.Value {
	t.Helper()
	stored, err := ctyjson.Marshal(v, cty.DynamicPseudoType)
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := ctyjson.Unmarshal(stored, cty.DynamicPseudoType)
	if err != nil {
		t.Fatal(err)
	}
	if !loaded.RawEquals(v) {
		t.Errorf("the state turns %#v into %#v", v, loaded)
	}
	return loaded
}

func toProvider(t *testing.T, v cty.Value) types.Dynamic {
	t.Helper()
	packed, err := msgpack.Marshal(v, cty.DynamicPseudoType)
	if err != nil {
		t.Fatal(err)
	}
	value, err := tfprotov6.DynamicValue{MsgPack: packed}.Unmarshal(tftypes.DynamicPseudoType)
	if err != nil {
		t.Fatal(err)
	}
	got, err := basetypes.DynamicType{}.ValueFromTerraform(context.Background(), value)
	if err != nil {
		t.Fatal(err)
	}
	dynamic, ok := got.(types.Dynamic)
	if !ok {
		t.Fatalf("got a %T", got)
	}
	return dynamic
}

// TestDecode_nullInTuple asserts that Decode gives a null in a tuple the type that
// Terraform gives it in a configuration.
func TestDecode_nullInTuple(t *testing.T) {
	t.Parallel()
	got := toProvider(t, cty.TupleVal([]cty.Value{cty.NullVal(cty.DynamicPseudoType), cty.True}))
	want, err := dynamicjson.Decode(json.RawMessage(`[null,true]`))
	if err != nil {
		t.Fatal(err)
	}
	if !got.Equal(want) {
		t.Errorf("got %s, want %s", got, want)
	}
}
