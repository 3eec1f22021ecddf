package runpod

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
)

func TestCutMember(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ body, rest, value string }{
		{`{"output":1}`, `{"output":null}`, `1`},
		{`{"id":"a","output":{"a":["}",{"b":"\"]"}]},"status":"x"}`, `{"id":"a","output":null,"status":"x"}`, `{"a":["}",{"b":"\"]"}]}`},
		{" { \"a\" : [ ] , \"output\" : \"x\\\\\" } ", " { \"a\" : [ ] , \"output\" : null } ", `"x\\"`},
		{`{"a":-1.5e3,"output":true,"b":{}}`, `{"a":-1.5e3,"output":null,"b":{}}`, `true`},
		{`{"output":1,"output":2}`, `{"output":null,"output":2}`, `1`},
		{`{"a":{"output":1}}`, `{"a":{"output":1}}`, ""},
		{`{"a":"output"}`, `{"a":"output"}`, ""},
		{`{}`, `{}`, ""},
		{`["output",1]`, `["output",1]`, ""},
		{`12`, `12`, ""},
		{`{"output":1`, `{"output":1`, ""},
		{``, ``, ""},
	} {
		rest, value := cutMember([]byte(tc.body), "output")
		if string(rest) != tc.rest || string(value) != tc.value {
			t.Errorf("%s: got %s and %s", tc.body, rest, value)
		}
	}
}

// FuzzCutMember holds the cutting against encoding/json.
func FuzzCutMember(f *testing.F) {
	f.Add([]byte(`{"id":"a","output":{"a":["}",{"b":"\"]"}]},"status":"x"}`))
	f.Add([]byte(`{"output":1,"OUTPUT":2,"output":"\\"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		original := bytes.Clone(body)
		rest, value := cutMember(body, "output")
		if !bytes.Equal(body, original) {
			t.Fatalf("%q was changed to %q", original, body)
		}
		if json.Valid(rest) != json.Valid(body) || value != nil && !json.Valid(value) {
			t.Fatalf("%q: %q and %q", body, rest, value)
		}
		var members map[string]json.RawMessage
		if json.Unmarshal(body, &members) != nil {
			return
		}
		want, ok := members["output"]
		if ok && bytes.Count(body, []byte("output")) == 1 && bytes.Contains(body, []byte(`"output"`)) && !bytes.Equal(value, want) {
			t.Fatalf("%q: got %q, want %q", body, value, want)
		}
	})
}

// TestLargeReplyIsDecodedAlike: a large reply takes another way than a small one.
func TestLargeReplyIsDecodedAlike(t *testing.T) {
	t.Parallel()
	padding := `,"padding":"` + strings.Repeat("x", largeReply) + `"`
	for _, body := range []string{
		`{"id":"a","output":{"n":9007199254740993},"status":"COMPLETED"}`,
		`{"id":"a","output":null,"status":"COMPLETED"}`,
		`{"id":"a","output":1,"output":2,"status":"COMPLETED"}`,
		`{"id":"a","status":"FAILED","error":"x","output":{"part":1}}`,
		`{"id":"a","status":"IN_QUEUE"}`,
		`{"status":500,"detail":"went wrong"}`,
		`{"id":"a","output":1,"status":"COMPLETED"`,
		`{"id":"a","output":tru}`,
	} {
		small, smallErr := decodeJob([]byte(body), "")
		large, largeErr := decodeJob([]byte(strings.Replace(body, `"status"`, `"x":0`+padding+`,"status"`, 1)), "")
		if (smallErr == nil) != (largeErr == nil) || small.ID != large.ID || small.Status != large.Status || !bytes.Equal(small.Output, large.Output) {
			t.Errorf("%s: %+v, %v; large: %+v, %v", body, small, smallErr, large, largeErr)
		}
	}
}
