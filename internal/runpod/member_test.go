package runpod

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

// TestMembers: members are found by their exact names, and the last one of a
// name counts.
func TestMembers(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ body, want string }{
		{`{"output":1}`, `1`},
		{`{"id":"a","output":{"a":["}",{"b":"\"]"}]},"status":"x"}`, `{"a":["}",{"b":"\"]"}]}`},
		{" { \"a\" : [ ] , \"output\" : \"x\\\\\" } ", `"x\\"`},
		{`{"a":-1.5e3,"output":true,"b":{}}`, `true`},
		{`{"output":1,"output":2}`, `2`},
		{`{"output":2,"OUTPUT":6,"Output":7,"outpuT":8}`, `2`},
		{`{"OUTPUT":6}`, ``},
		{`{"\u006futput":3}`, `3`},
		{`{"output\u0000":3}`, ``},
		{`{"ſoutput":3}`, ``},
		{`{"a":{"output":1}}`, ``},
		{`{"a":"output"}`, ``},
		{`{"output":[NaN,{"a":-Infinity}]}`, `[0.0,{"a":-0.000000}]`},
		{`{"a":NaN,"output":"NaN Infinity"}`, `"NaN Infinity"`},
		{`{}`, ``},
		{`["output",1]`, ``},
		{`12`, ``},
	} {
		v, err := parseReply([]byte(tc.body))
		if err != nil {
			t.Errorf("%s: %v", tc.body, err)
		}
		if got := v.member("output"); string(got.json) != tc.want {
			t.Errorf("%s: got %s, want %s", tc.body, got.json, tc.want)
		}
	}
	for _, body := range []string{"", " ", `{"output":1`, `{"output":tru}`, `nan`, `{"a":NaN`, `{NaN:1}`, `<html>`, `{} {}`, `xNaN`, `"NaN`} {
		if v, err := parseReply([]byte(body)); err == nil {
			t.Errorf("%q is %s", body, v.json)
		}
	}
}

// TestDefect: the part of an output that is not JSON is named, with the path to it.
func TestDefect(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`NaN`:       "NaN",
		`-Infinity`: "-Infinity",
		`{"scores":[1,2,{"x":"NaN"},[0,Infinity]],"b":NaN}`:         "Infinity at .scores[3][1]",
		`[[],{"a":{"ключ":-Infinity}}]`:                             "-Infinity at [1].a.ключ",
		`{"` + strings.Repeat("k", 999) + `":[NaN]}`:                "NaN at ." + strings.Repeat("k", 159) + "… [840 bytes cut off]",
		`{"\u001b[31m":NaN}`:                                        "NaN at .",
		strings.Repeat("[", 500) + "NaN" + strings.Repeat("]", 500): "NaN at " + strings.Repeat("[0]", 53) + "[… [41 bytes cut off]",
	} {
		v, err := parseReply([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		raw, got := v.output()
		if raw != nil || got != want {
			t.Errorf("%.60s: got %s, %q, want %q", body, raw, got, want)
		}
	}
}

// TestDeepNesting: a part of a reply that is nested deeper than encoding/json reads
// does not make the rest unreadable.
func TestDeepNesting(t *testing.T) {
	t.Parallel()
	for name, deep := range map[string]string{
		"lists":   strings.Repeat("[", 10_001) + strings.Repeat("]", 10_001),
		"objects": strings.Repeat(`{"a":`, 20_000) + `{"]":"}\""}` + strings.Repeat("}", 20_000),
		"a NaN":   "[NaN," + strings.Repeat("[ ", 30_000) + strings.Repeat(" ]", 30_000) + "]",
	} {
		f := &fields{}
		job, err := decodeJob([]byte(`{"workerId":`+deep+`,"id":"J","status":"COMPLETED","output":{"a":1},"retries":`+deep+`}`), "J", f)
		if err != nil || job.Status != StatusCompleted || string(job.Output) != `{"a":1}` {
			t.Errorf("%s: got %+v, %v", name, job, err)
		}
		job, err = decodeJob([]byte(`{"output":{"b":[0,`+deep+`]},"id":"J","status":"COMPLETED","executionTime":5}`), "J", f)
		want := "more than 10000 levels of nesting at .b[1]"
		if name == "a NaN" {
			want = "NaN at .b[1][0]"
		}
		if err != nil || job.Status != StatusCompleted || job.Output != nil || *job.ExecutionTime != 5 || !strings.HasPrefix(job.OutputDefect, want) {
			t.Errorf("%s: got %.300s, %v", name, job.OutputDefect, err)
		}
		page, err := decodeBatchPage([]byte(`{"requests":[{"id":"x","status":"COMPLETED","output":`+deep+`},{"id":"y","status":"COMPLETED","output":2}]}`), 0, 10, f)
		if err != nil || len(page.Requests) != 2 || page.Requests[0].OutputDefect == "" || string(page.Requests[1].Output) != "2" {
			t.Errorf("%s: got %d requests, %v", name, len(page.Requests), err)
		}
	}
	for _, cut := range []string{strings.Repeat("[", 20_000), strings.Repeat("[", 20_000) + `"` + strings.Repeat("]", 20_000), strings.Repeat("[", 20_000) + strings.Repeat("}", 20_000)} {
		if v, err := parseReply([]byte(`{"output":` + cut + `}`)); err == nil {
			t.Errorf("%.20s is %.20s", cut, v.json)
		}
	}
}

// FuzzMembers compares the reading of members with encoding/json, which decodes a map
// by exact names.
func FuzzMembers(f *testing.F) {
	for _, seed := range []string{
		`{"id":"a","output":{"a":["}",{"b":"\"]"}]},"status":"x"}`, `{"output":1,"OUTPUT":2,"output":"\\"}`, `{"\u006futput":[NaN,"NaN"]}`,
		`{"output":-Infinity,"a":"\\\"NaN"}`, `[{"output":1},2,"x"]`, ` {"output" : null } `, `{"output":NaNNaN}`, `"\\`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		original := bytes.Clone(body)
		v, err := parseReply(body)
		if !bytes.Equal(body, original) {
			t.Fatalf("%q was changed to %q", original, body)
		}
		if json.Valid(body) != (err == nil && !v.unreadable()) {
			t.Fatalf("%q: %v, %q", body, err, v.json)
		}
		if err != nil {
			return
		}
		v.each(func(element value) bool {
			if !json.Valid(element.json) || len(element.json) != len(element.sent) {
				t.Fatalf("%q has the element %q", body, element.json)
			}
			return true
		})
		got := v.member("output")
		if raw, defect := got.output(); raw != nil && (!json.Valid(raw) || defect != "") || (defect != "") != (!got.missing() && got.unreadable()) {
			t.Fatalf("%q: output %q, %q", body, raw, defect)
		}
		var members map[string]json.RawMessage
		if json.Unmarshal(v.json, &members) == nil && !bytes.Equal(got.json, members["output"]) {
			t.Fatalf("%q: got %q, want %q", body, got.json, members["output"])
		}
	})
}

// FuzzPrintable asserts that a text that was made printable is bounded, valid,
// free of control characters, and unchanged by doing it again.
func FuzzPrintable(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "a\x1b[31mred\x1b[0m\x07b", "\x1b]0;title\x07x", "\u202egnp.exe", "\u2066\u2069\u009b31m", "a\r\nb\rc\td", "\xff\xfe",
		strings.Repeat("ä", 600), strings.Repeat("\x1b[1m", 900) + "end", strings.Repeat("\x00", 5000), "\x1b", "\x1b[", "\u2028\u200f",
	} {
		f.Add(seed, 100)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		if limit < 2*markRoom || limit > 1<<16 {
			return
		}
		for _, printable := range []func(string, int) string{Printable, PrintableEnd} {
			got := printable(s, limit)
			if len(got) > limit {
				t.Errorf("%q has %d bytes, at most %d are wanted", got, len(got), limit)
			}
			if strings.ContainsFunc(got, func(r rune) bool { return isControl(r) && r != '\n' && r != '\t' }) || got != strings.ToValidUTF8(got, "") {
				t.Errorf("%q became %q", s, got)
			}
			if again := printable(got, limit); again != got {
				t.Errorf("%q became %q and then %q", s, got, again)
			}
			if len(s) > 4*limit+64 && !strings.Contains(got, "bytes cut off]") {
				t.Errorf("%q was cut without a word: %q", s, got)
			}
		}
	})
}
