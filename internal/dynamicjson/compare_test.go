package dynamicjson_test

import (
	"encoding/json"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
)

func TestEqual(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a, b string
		want bool
	}{
		{`{"a":1,"b":2}`, `{ "b":2.0, "a":1e0 }`, true},
		{`[1,2]`, `[2,1]`, false},
		{`[1,2]`, `[1]`, false},
		{`9007199254740993`, `9007199254740992`, false},
		{`9007199254740993`, `9007199254740993.00`, true},
		{`0.1`, `1e-1`, true},
		{`0.10000000000000001`, `0.1`, false},
		{`100`, `1E+2`, true},
		{`-0`, `0.0e5`, true},
		{`-1`, `1`, false},
		{`1e999999999`, `1e999999999`, true},
		{`1e99999999999999999999`, `1e99999999999999999998`, false},
		{`1e999999999`, `10e999999998`, true},
		{`{"a":null}`, `{}`, false},
		{`{"a":null}`, `{"b":null}`, false},
		{`[]`, `{}`, false},
		{`{}`, `[]`, false},
		{`1`, `"1"`, false},
		{`true`, `false`, false},
		{`"\u0061"`, `"a"`, true},
		{``, `null`, true},
		{`{"a":1,"a":2}`, `{"a":2}`, true},
	} {
		t.Run(tc.a+" and "+tc.b, func(t *testing.T) {
			t.Parallel()
			got, err := dynamicjson.Equal(json.RawMessage(tc.a), json.RawMessage(tc.b))
			if err != nil || got != tc.want {
				t.Errorf("got %v, %v", got, err)
			}
			if swapped, err := dynamicjson.Equal(json.RawMessage(tc.b), json.RawMessage(tc.a)); err != nil || swapped != tc.want {
				t.Errorf("swapped: got %v, %v", swapped, err)
			}
		})
	}
}

func TestEqual_invalid(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`{`, `1 2`, "\"\xff\"", `nul`} {
		for _, pair := range [][2]string{{in, in}, {in, `1`}, {`1`, in}} {
			if got, err := dynamicjson.Equal(json.RawMessage(pair[0]), json.RawMessage(pair[1])); err == nil {
				t.Errorf("%q and %q: got %v", pair[0], pair[1], got)
			}
		}
	}
}

func TestMerge(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ name, base, overlay, want string }{
		{"deep", `{"a":{"x":1,"y":{"p":1}},"b":[1]}`, `{"a":{"y":{"q":3}},"b":[2]}`, `{"a":{"x":1,"y":{"p":1,"q":3}},"b":[2]}`},
		{"null is a value", `{"a":1}`, `{"a":null}`, `{"a":null}`},
		{"over nothing", ``, `{"k":"v"}`, `{"k":"v"}`},
		{"nothing over", `{"k":"v"}`, `null`, `{"k":"v"}`},
		{"nothing over nothing", ``, ``, `{}`},
		{"a scalar gives way to an object", `{"a":1}`, `{"a":{"b":2}}`, `{"a":{"b":2}}`},
		{"an object gives way to a scalar", `{"a":{"b":2}}`, `{"a":1}`, `{"a":1}`},
		{"objects in arrays are not merged", `{"a":[{"x":1}]}`, `{"a":[{"y":1}]}`, `{"a":[{"y":1}]}`},
		{"numbers as written", `{"a":9007199254740993}`, `{"b":0.10000000000000000001}`, `{"a":9007199254740993,"b":0.10000000000000000001}`},
		{"no HTML escaping", `{"<":"&"}`, `{"a":{">":"<"}}`, `{"<":"&","a":{">":"<"}}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			got, err := dynamicjson.Merge(json.RawMessage(tc.base), json.RawMessage(tc.overlay))
			if err != nil || string(got) != tc.want {
				t.Errorf("got %s, %v; want %s", got, err, tc.want)
			}
		})
	}
}

func TestMerge_invalid(t *testing.T) {
	t.Parallel()
	for _, in := range []string{`[]`, `"secret"`, `{`, `{} {}`, "{\"\xff\":1}"} {
		for _, pair := range [][2]string{{in, `{}`}, {`{}`, in}} {
			if got, err := dynamicjson.Merge(json.RawMessage(pair[0]), json.RawMessage(pair[1])); err == nil {
				t.Errorf("%q under %q: got %s", pair[0], pair[1], got)
			}
		}
	}
}
