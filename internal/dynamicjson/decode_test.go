package dynamicjson_test

import (
	"encoding/json"
	"math/big"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	one := types.NumberValue(big.NewFloat(1))
	for _, tc := range []struct {
		in   string
		want types.Dynamic
	}{
		{``, types.DynamicNull()},
		{" \n", types.DynamicNull()},
		{`null`, types.DynamicNull()},
		{`"a"`, types.DynamicValue(types.StringValue("a"))},
		{`true`, types.DynamicValue(types.BoolValue(true))},
		{`1`, types.DynamicValue(one)},
		{`[]`, types.DynamicValue(tuple())},
		{`{}`, types.DynamicValue(object(nil))},
		{`[null,1]`, types.DynamicValue(tuple(types.DynamicNull(), one))},
		{`{"a":null,"a":[1]}`, types.DynamicValue(object(map[string]attr.Value{"a": tuple(one)}))},
		{`{"cafe\u0301":1}`, types.DynamicValue(object(map[string]attr.Value{"caf\u00e9": one}))},
	} {
		t.Run(tc.in, func(t *testing.T) {
			t.Parallel()
			got, err := dynamicjson.Decode(json.RawMessage(tc.in))
			if err != nil {
				t.Fatal(err)
			}
			if !got.Equal(tc.want) {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestRoundTrip(t *testing.T) {
	t.Parallel()
	digits := strings.Repeat("1234567890", 15)
	for _, tc := range []struct{ name, in, want string }{
		{"object, keys sorted", `{"b": 1, "a": {"c": [ ]}}`, `{"a":{"c":[]},"b":1}`},
		{"nulls at depth", `{"a":null,"b":[null,1,[null],{"c":null}]}`, `{"a":null,"b":[null,1,[null],{"c":null}]}`},
		{"integers beyond 2^53", `[9007199254740993,-123456789012345678901234567890]`, `[9007199254740993,-123456789012345678901234567890]`},
		{"150 digits", digits, digits},
		{"decimals", `[0.1,1.5,3.141592653589793238462643,-0.25]`, `[0.1,1.5,3.141592653589793238462643,-0.25]`},
		{"150 decimals", "0." + digits, "0." + strings.TrimRight(digits, "0")},
		{"exponents", `[1e-7,1E+3,1e300]`, `[1e-07,1000,1e+300]`},
		{"largest exponents", `[1e1000,1e-1000]`, `[1e+1000,1e-1000]`},
		{"unicode", `"gr\u00fc\u00dfe 🚀 \u0000"`, `"grüße 🚀 \u0000"`},
		{"mixed array", `[1,"a",{"b":[true]},[2]]`, `[1,"a",{"b":[true]},[2]]`},
		{"deepest nesting", strings.Repeat("[", dynamicjson.MaxDepth) + strings.Repeat("]", dynamicjson.MaxDepth), strings.Repeat("[", dynamicjson.MaxDepth) + strings.Repeat("]", dynamicjson.MaxDepth)},
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

func TestDecode_invalid(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ in, want string }{
		"cut object":        {`{"a":1`, "unexpected EOF"},
		"cut after key":     {`{"a":`, "unexpected EOF"},
		"cut array":         {`[1,`, "unexpected EOF"},
		"cut string":        {`"abc`, "unexpected EOF"},
		"trailing comma":    {`[1,]`, "cannot be read"},
		"wrong closing":     {`[1}`, "cannot be read"},
		"key not a string":  {`{1:2}`, "cannot be read"},
		"no colon":          {`{"a" 1}`, "cannot be read"},
		"NaN":               {`NaN`, "cannot be read"},
		"trailing garbage":  {`{} x`, "more after the end"},
		"two values":        {`1 2`, "more after the end"},
		"not UTF-8":         {"\"\xff\"", "UTF-8"},
		"huge exponent":     {`1e999999999`, "exponent beyond 1000"},
		"tiny exponent":     {`[1e-999999999]`, "exponent beyond 1000"},
		"exponent overflow": {`1e99999999999999999999`, "exponent beyond 1000"},
		"too many digits":   {strings.Repeat("1", 1<<20), "longer than"},
		"too deep":          {strings.Repeat("[", dynamicjson.MaxDepth+1) + strings.Repeat("]", dynamicjson.MaxDepth+1), "nested deeper than 200"},
		"depth bomb":        {strings.Repeat(`{"a":`, 100_000), "nested deeper than 200"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, err := dynamicjson.Decode(json.RawMessage(tc.in))
			if err == nil || !strings.Contains(err.Error(), tc.want) || !v.IsNull() {
				t.Errorf("got %v, want an error with %q", err, tc.want)
			}
		})
	}
}
