package dynamicjson_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
)

func TestRoundTripKeepsEveryValue(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, in, want string }{
		{"object, keys sorted", `{"b":1,"a":{"c":[]}}`, `{"a":{"c":[]},"b":1}`},
		{"nulls at depth", `{"a":null,"b":[null,1,null]}`, `{"a":null,"b":[null,1,null]}`},
		{"integer beyond 2^53", `[9007199254740993,-123456789012345678901234567890]`, `[9007199254740993,-123456789012345678901234567890]`},
		{"decimals", `[0.1,1.5,3.141592653589793238462643,-0.25]`, `[0.1,1.5,3.141592653589793238462643,-0.25]`},
		{"small exponent", `[1e-7,1E+3]`, `[1e-07,1000]`},
		{"no HTML escaping", `{"t":"<a href=\"x\">&</a>"}`, `{"t":"<a href=\"x\">&</a>"}`},
		{"unicode", `"grüße 🚀 \u0000"`, `"grüße 🚀 \u0000"`},
		{"scalars", `true`, `true`},
		{"last duplicate wins", `{"a":1,"a":2}`, `{"a":2}`},
		{"mixed array", `[1,"a",{"b":[true]},[2]]`, `[1,"a",{"b":[true]},[2]]`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			v, err := dynamicjson.Decode(json.RawMessage(tc.in))
			if err != nil {
				t.Fatal(err)
			}
			got, err := dynamicjson.Encode(v)
			if err != nil {
				t.Fatal(err)
			}
			if string(got) != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	t.Parallel()
	for name, in := range map[string]string{
		"cut object":       `{"a":1`,
		"cut array":        `[1,`,
		"trailing garbage": `{} x`,
		"two values":       `1 2`,
		"not UTF-8":        "\"\xff\"",
		"huge exponent":    `1e999999999`,
		"depth bomb":       strings.Repeat("[", 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if v, err := dynamicjson.Decode(json.RawMessage(in)); err == nil {
				t.Errorf("decoded to %s", v)
			}
		})
	}
}

func TestDecodeOfNothingIsNull(t *testing.T) {
	t.Parallel()
	for _, in := range []string{"", " ", "null"} {
		v, err := dynamicjson.Decode(json.RawMessage(in))
		if err != nil || !v.IsNull() {
			t.Errorf("%q: got %s, %v", in, v, err)
		}
	}
}

func TestEncodeNamesWhatIsUnknown(t *testing.T) {
	t.Parallel()
	v := types.DynamicValue(types.ObjectValueMust(
		map[string]attr.Type{"images": types.TupleType{ElemTypes: []attr.Type{types.StringType, types.StringType}}},
		map[string]attr.Value{"images": types.TupleValueMust(
			[]attr.Type{types.StringType, types.StringType},
			[]attr.Value{types.StringValue("a"), types.StringUnknown()},
		)},
	))
	_, err := dynamicjson.Encode(v)
	var unknown *dynamicjson.UnknownError
	if !errors.As(err, &unknown) || unknown.Path != ".images[1]" {
		t.Errorf("got %v", err)
	}
	if dynamicjson.Known(v) {
		t.Error("a value with an unknown part counts as known")
	}
}

func TestEncodeOfCollections(t *testing.T) {
	t.Parallel()
	list := types.ListValueMust(types.Int64Type, []attr.Value{types.Int64Value(1)})
	set := types.SetValueMust(types.BoolType, []attr.Value{types.BoolValue(true)})
	v := types.MapValueMust(types.DynamicType, map[string]attr.Value{
		"l": types.DynamicValue(list), "s": types.DynamicValue(set), "f": types.DynamicValue(types.Float64Value(1.5)),
	})
	got, err := dynamicjson.Encode(v)
	if err != nil || string(got) != `{"f":1.5,"l":[1],"s":[true]}` {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestEqual(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":2}`, `{ "b":2.0, "a":1e0 }`, true},
		{`[1,2]`, `[2,1]`, false},
		{`9007199254740993`, `9007199254740992`, false},
		{`{"a":null}`, `{}`, false},
	} {
		got, err := dynamicjson.Equal(json.RawMessage(tc.a), json.RawMessage(tc.b))
		if err != nil || got != tc.want {
			t.Errorf("%s and %s: got %v, %v", tc.a, tc.b, got, err)
		}
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, base, overlay, want string }{
		{"deep", `{"a":{"x":1,"y":2},"b":[1]}`, `{"a":{"y":3},"b":[2]}`, `{"a":{"x":1,"y":3},"b":[2]}`},
		{"null is a value", `{"a":1}`, `{"a":null}`, `{"a":null}`},
		{"over nothing", ``, `{"k":"v"}`, `{"k":"v"}`},
		{"a scalar gives way to an object", `{"a":1}`, `{"a":{"b":2}}`, `{"a":{"b":2}}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := dynamicjson.Merge(json.RawMessage(tc.base), json.RawMessage(tc.overlay))
			if err != nil || string(got) != tc.want {
				t.Errorf("got %s, %v; want %s", got, err, tc.want)
			}
		})
	}
	if _, err := dynamicjson.Merge(json.RawMessage(`[]`), json.RawMessage(`{}`)); err == nil {
		t.Error("an array was merged")
	}
}

// FuzzRoundTrip asserts that what can be decoded encodes to JSON that decodes
// to the same value.
func FuzzRoundTrip(f *testing.F) {
	for _, seed := range []string{`{"a":[1,null,"x",{"b":9007199254740993}]}`, `0.1`, `[]`, `{"":{}}`, `-1e-300`, `"\ud800"`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		v, err := dynamicjson.Decode(json.RawMessage(in))
		if err != nil {
			return
		}
		out, err := dynamicjson.Encode(v)
		if err != nil {
			t.Fatalf("%q decodes but does not encode: %v", in, err)
		}
		if equal, err := dynamicjson.Equal(json.RawMessage(in), out); err != nil || !equal {
			t.Fatalf("%q became %s (%v)", in, out, err)
		}
	})
}

func BenchmarkDecode1MiB(b *testing.B) {
	raw := json.RawMessage(`{"images":["` + strings.Repeat("A", 1<<20) + `"],"seeds":[` + strings.TrimSuffix(strings.Repeat("123456,", 1000), ",") + `]}`)
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := dynamicjson.Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}
