package payload_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
)

// FuzzParseInput checks that parseInput and encoding/json agree about a line.
func FuzzParseInput(f *testing.F) {
	for _, line := range []string{
		`{"key":"a","input":{"p":1}}`,
		`{ "input" : {"p" : [ 1, "x\" y" ]} , "key" : "a\u00e9\ud800" }`,
		`{"key":"a","key":"b","input":{"p":1},"input":{"p":2}}`,
		`{"key":"a","input":{"p":1},"input":null}`,
		`{"k\u0065y":"a","inp\u0075t":{"p":1}}`,
		`{"Key":"a","input":{"p":1}}`,
		`{"key":1,"input":{"p":1},"":0}`,
		`{"key":null,"input":[]}`,
		`{"key":"","input":{ }}`,
		`{"key":"a\\","input":{"\\\"":{"key":"b"}}}`,
		`{ }`, `[]`, `"key"`, `null`, `{"key":"a"`, `{"key":"a",}`, `{"key":"a","input":{"p":01}}`, "{\"key\":\"\xff\",\"input\":{\"p\":1}}",
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			return // parseInput gets no blank lines
		}
		wantKey, wantInput, wantReason := parseSlowly(line)
		key, input, reason := payload.ParseInput(line, new(bytes.Buffer))
		if key != wantKey || string(input) != wantInput || reason != wantReason {
			t.Errorf("%s\ngot  %q %s %q\nwant %q %s %q", line, key, input, reason, wantKey, wantInput, wantReason)
		}
	})
}

// parseSlowly decodes a line with encoding/json, step by step.
func parseSlowly(line []byte) (key, input, reason string) {
	var members map[string]json.RawMessage
	switch {
	case !utf8.Valid(line):
		return "", "", "is not valid UTF-8"
	case !json.Valid(line):
		return "", "", "is not JSON"
	case json.Unmarshal(line, &members) != nil || members == nil:
		return "", "", "is not a JSON object"
	case len(members) == 0:
		return "", "", "is an empty object"
	}
	for name := range members {
		if name != "key" && name != "input" {
			return "", "", `has members other than "key" and "input"`
		}
	}
	var text *string
	var object map[string]json.RawMessage
	switch {
	case members["key"] == nil:
		return "", "", `has no "key"`
	case json.Unmarshal(members["key"], &text) != nil || text == nil:
		return "", "", `has a "key" that is not a string`
	case *text == "":
		return "", "", `has an empty "key"`
	case members["input"] == nil:
		return "", "", `has no "input"`
	case json.Unmarshal(members["input"], &object) != nil || object == nil:
		return "", "", `has an "input" that is not an object`
	case len(object) == 0:
		return "", "", `has an empty "input", which no worker would ever get`
	}
	var compact bytes.Buffer
	if json.Compact(&compact, members["input"]) != nil {
		return "", "", "is not JSON"
	}
	return *text, compact.String(), ""
}
