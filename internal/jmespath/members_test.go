package jmespath_test

import (
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jmespath"
)

// TestSelect_plainText: the shortcut for plain text selects what a search would.
func TestSelect_plainText(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ expression, data, want string }{
		{"a", `{"a":"x","b":1}`, `"x"`},
		{"a.b.c", `{"a":{"b":{"c":"x y"}}}`, `"x y"`},
		{`"a-b".c`, `{"a-b":{"c":"x"}}`, `"x"`},
		{"a", `{"a":"x","a":"y"}`, `"y"`},
		{"a", `{"A":"x"}`, `null`},
		{"a", `{"a":"\u0041\n"}`, `"A\n"`},
		{"a", `{"a":"é"}`, `"é"`},
		{"a.b", `{"a":"x"}`, `null`},
		{"a.b", `{"a":null}`, `null`},
		{"a.b", `["x"]`, `null`},
		{"a", `"x"`, `null`},
		{"a", `{"a":{"b":"x"}}`, `{"b":"x"}`},
		{"a", `{"a":1}`, `1`},
		{"a.b | @", `{"a":{"b":"x"}}`, `"x"`},
		{"a.b[0]", `{"a":{"b":["x"]}}`, `"x"`},
	} {
		e, err := jmespath.Compile(tc.expression)
		if err != nil {
			t.Fatal(err)
		}
		got, err := e.Select([]byte(tc.data))
		if err != nil || string(got) != tc.want {
			t.Errorf("%s of %s: %s, %v", tc.expression, tc.data, got, err)
		}
	}
	e, err := jmespath.Compile("a")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := e.Select([]byte(`{"a":"x"`)); err == nil {
		t.Errorf("of truncated JSON: %s", got)
	}
}
