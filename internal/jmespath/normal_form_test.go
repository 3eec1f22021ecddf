package jmespath_test

import (
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jmespath"
)

// TestNormalForm: HCL can write strings in Unicode's normal form C only, while
// workers send keys and texts in any.
func TestNormalForm(t *testing.T) {
	t.Parallel()
	const composed, decomposed = "caf\u00e9", "cafe\u0301"
	for name, tc := range map[string]struct{ expression, document, want string }{
		"a key":               {`"` + composed + `"`, `{"` + decomposed + `":1}`, "1"},
		"an escaped key":      {`"` + composed + `"`, `{"cafe\u0301":1}`, "1"},
		"a nested key":        {`a[0]."` + composed + `".b`, `{"a":[{"` + decomposed + `":{"b":2}}]}`, "2"},
		"a text":              {`a[?name=='` + composed + `'].n | [0]`, `{"a":[{"name":"` + decomposed + `","n":3}]}`, "3"},
		"an expression":       {`"` + decomposed + `"`, `{"` + composed + `":4}`, "4"},
		"both forms of a key": {`"` + composed + `"`, `{"` + decomposed + `":1,"` + composed + `":2}`, "2"},
		"Hangul":              {`"\uac00"`, `{"\u1100\u1161":5}`, "5"},
	} {
		expression, err := jmespath.Compile(tc.expression)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := expression.Select([]byte(tc.document))
		if err != nil || string(got) != tc.want {
			t.Errorf("%s: got %s, %v", name, got, err)
		}
	}
}

// TestSelectAsSent checks that strings keep the form in which they were sent, unless the
// document has the same string in two forms.
func TestSelectAsSent(t *testing.T) {
	t.Parallel()
	const composed, decomposed = "caf\u00e9", "cafe\u0301"
	for name, tc := range map[string]struct{ expression, document, want string }{
		"a text":            {"a", `{"a":"` + decomposed + `"}`, `"` + decomposed + `"`},
		"an escaped text":   {"a", `{"a":"cafe\u0301"}`, `"` + decomposed + `"`},
		"a composed text":   {"a", `{"a":"` + composed + `"}`, `"` + composed + `"`},
		"Hangul":            {"a[1]", `{"a":[1,"\u1100\u1161"]}`, "\"\u1100\u1161\""},
		"a key and a text":  {"a", `{"a":{"` + decomposed + `":["` + decomposed + `"]}}`, `{"` + decomposed + `":["` + decomposed + `"]}`},
		"under a key":       {`"` + composed + `"`, `{"` + decomposed + `":"` + decomposed + `"}`, `"` + decomposed + `"`},
		"by comparison":     {`a[?name=='` + composed + `'].name | [0]`, `{"a":[{"name":"` + decomposed + `"}]}`, `"` + decomposed + `"`},
		"both forms":        {"a", `{"a":["` + decomposed + `","` + composed + `"]}`, `["` + composed + `","` + composed + `"]`},
		"made of texts":     {"join('', a)", `{"a":["e","` + "\u0301" + `"]}`, "\"e\u0301\""},
		"no text":           {"a", `{"a":[1.50,12345678901234567890,null]}`, "[1.5,12345678901234567890,null]"},
		"ASCII and nothing": {"a.b", `{"a":{"b":"x"}}`, `"x"`},
	} {
		expression, err := jmespath.Compile(tc.expression)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := expression.SelectAsSent([]byte(tc.document))
		if err != nil || string(got) != tc.want {
			t.Errorf("%s: got %+q, want %+q, %v", name, got, tc.want, err)
		}
	}
}
