package jmespath_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jmespath"
)

const document = `{
	"images":[{"url":"b.png","seed":9007199254740993,"w":512},{"url":"a.png","seed":2,"w":1024}],
	"jobs":{"z":{"id":1},"a":{"id":2},"m":{"id":3}},
	"price":0.1,"exact":3.141592653589793238462643,"text":"<a & b>","none":null
}`

func TestSelect(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"images[0].url":                       `"b.png"`,
		"images[*].url":                       `["b.png","a.png"]`,
		"images[0].seed":                      `9007199254740993`,
		"images[].{u: url, s: seed}":          `[{"s":9007199254740993,"u":"b.png"},{"s":2,"u":"a.png"}]`,
		"images[?w > `600`].url | [0]":        `"a.png"`,
		"jobs.*.id":                           `[2,3,1]`,
		"keys(jobs)":                          `["a","m","z"]`,
		"values(jobs)[].id":                   `[2,3,1]`,
		"items(jobs)[0]":                      `["a",{"id":2}]`,
		"length(images)":                      `2`,
		"sort_by(images, &w)[0].url":          `"b.png"`,
		"max_by(images, &w).url":              `"a.png"`,
		"join(', ', images[].url)":            `"b.png, a.png"`,
		"price":                               `0.1`,
		"exact":                               `3.141592653589793238462643`,
		"text":                                `"<a & b>"`,
		"to_string(jobs.a)":                   `"{\"id\":2}"`,
		"to_string(text)":                     `"<a & b>"`,
		"[price, text]":                       `[0.1,"<a & b>"]`,
		"nothing.here":                        `null`,
		"none":                                `null`,
		"none.*":                              `null`,
		"images[-1:].w":                       `[1024]`,
		"images[0].w || 'none'":               `512`,
		"images[?contains(url, 'a')].w | @":   `[1024]`,
		"jobs.* | [?id == `3`]":               `[{"id":3}]`,
		"images[?seed == `9007199254740993`]": `[]`,
	} {
		t.Run(expression, func(t *testing.T) {
			t.Parallel()
			e, err := jmespath.Compile(expression)
			if err != nil {
				t.Fatal(err)
			}
			for range 10 { // an order that depends on a Go map would differ
				got, err := e.Select(json.RawMessage(document))
				if err != nil || string(got) != want {
					t.Fatalf("got %s, %v; want %s", got, err, want)
				}
			}
		})
	}
}

func TestCompile_invalid(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"":                               "",
		"a[":                             "",
		"a..b":                           "",
		"first(a)":                       "no function first()",
		"{a: ":                           "",
		"length(a, b":                    "",
		strings.Repeat("a.", 5000) + "a": "longer than",
	} {
		if _, err := jmespath.Compile(expression); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.20q: got %v", expression, err)
		}
	}
}

// TestCompile_position: an error about an expression shows the expression with the
// position of the error.
func TestCompile_position(t *testing.T) {
	t.Parallel()
	for expression, want := range map[string]string{
		"":                 "the expression is empty",
		" \n":              "the expression is empty",
		"b[":               "the expression ends too early:\n\n    b[\n      ^",
		"a.b ||":           "the expression ends too early:\n\n    a.b ||\n          ^",
		"x.\"abc":          "the expression ends too early:\n\n    x.\"abc\n          ^",
		"a..b":             "the expression cannot be read from character 3 on:\n\n    a..b\n      ^",
		"a[?b==]":          "the expression cannot be read from character 7 on:\n\n    a[?b==]\n          ^",
		"a[?x=='ü'].b c":   "the expression cannot be read from character 14 on:\n\n    a[?x=='ü'].b c\n                 ^",
		"a\n#b":            "the expression cannot be read from character 3 on:\n\n    a #b\n      ^",
		"#":                "the expression cannot be read from character 1 on:\n\n    #\n    ^",
		"`{`":              "a literal of the expression is not JSON: unexpected end of JSON input",
		"{a: ":             "the expression ends too early:\n\n    {a: \n        ^",
		"my-key":           "the dash of my-key, at character 3, is a minus sign here:\n\n    my-key\n      ^",
		"a[0].file-name.x": "the dash of file-name, at character 10, is a minus sign here:\n\n    a[0].file-name.x\n             ^",
		"gpu-4090":         "the dash of gpu-4090, at character 4, is a minus sign here:\n\n    gpu-4090\n       ^",
		"a[?'x-y' == b-c]": "the dash of b-c, at character 14, is a minus sign here:\n\n    a[?'x-y' == b-c]\n                 ^",
		strings.Repeat("a.", 50) + "." + strings.Repeat("b", 100): "the expression cannot be read from character 101 on:\n\n    …" + strings.Repeat("a.", 20) + "." + strings.Repeat("b", 39) + "…\n" + strings.Repeat(" ", 45) + "^",
	} {
		_, err := jmespath.Compile(expression)
		if err == nil || err.Error() != want {
			t.Errorf("%q: got\n%v\nwant\n%s", expression, err, want)
		}
	}
	for _, expression := range []string{"\"my-key\"", "a - b", "a -b", "a[-1]", "a[0:-1]", "'x-y'", "`\"x-y\"`", "`\"\\`-x\"`", "'it\\'s-x'", "(a)-b", "\"a\"-\"b\"", "-a"} {
		if _, err := jmespath.Compile(expression); err != nil {
			t.Errorf("%s: %v", expression, err)
		}
	}
}

// TestSelectQuotesNoData: errors quote nothing of the data, which may contain secrets.
func TestSelectQuotesNoData(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ expression, data string }{
		"a wrong type": {"length(a)", `{"a":1,"secret":"s3cr3t"}`},
		"no JSON":      {"a", `{"a":s3cr3t}`},
		"cut JSON":     {"a", `{"a":"s3cr3t`},
		"two values":   {"a", `{} "s3cr3t"`},
		"nothing":      {"a", ``},
		"a bad join":   {"join(',', a)", `{"a":["s3cr3t",1]}`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e, err := jmespath.Compile(tc.expression)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := e.Select(json.RawMessage(tc.data)); err == nil || strings.Contains(err.Error(), "s3cr3t") {
				t.Errorf("got %s, %v", got, err)
			}
		})
	}
}

func FuzzSelect(f *testing.F) {
	for _, expression := range []string{"a", "a.*.b", "a[?b > `1`].c", "sort_by(a, &b)", "let $x = a in $x", "a[1:5:2]", "{x: a, y: b}", "find_first('ab', 'b', `5`, `1`)"} {
		f.Add(expression, `{"a":[{"b":1,"c":9007199254740993}],"b":{"c":null}}`)
	}
	f.Fuzz(func(t *testing.T, expression, data string) {
		e, err := jmespath.Compile(expression)
		if err != nil {
			return
		}
		first, err := e.Select(json.RawMessage(data))
		if err != nil {
			return
		}
		if !json.Valid(first) {
			t.Fatalf("%q of %q is not JSON: %s", expression, data, first)
		}
		if second, err := e.Select(json.RawMessage(data)); err != nil || string(second) != string(first) {
			t.Fatalf("%q of %q: first %s, then %s (%v)", expression, data, first, second, err)
		}
	})
}

func BenchmarkSelect1MiB(b *testing.B) {
	data := json.RawMessage(`{"images":["` + strings.Repeat("A", 1<<20) + `"],"seed":1}`)
	e, err := jmespath.Compile("{n: length(images), seed: seed}")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := e.Select(data); err != nil {
			b.Fatal(err)
		}
	}
}
