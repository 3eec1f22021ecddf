package dynamicjson_test

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/zclconf/go-cty/cty"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
)

// rounded matches numbers with more digits than 512 bits can represent, which a round
// trip may change.
var rounded = regexp.MustCompile(`[0-9.]{150,}`)

// FuzzDecodeEncode asserts that whatever can be decoded encodes to equal JSON, and that
// encoding is idempotent.
func FuzzDecodeEncode(f *testing.F) {
	for _, seed := range []string{
		`{"a":[1,null,"x",{"b":9007199254740993}]}`, `0.1`, `[]`, `{"":{}}`, `-1e-300`, `"\ud800"`, `-0.0`, `1e1000`,
		`{"cafe\u0301":1,"caf\u00e9":2}`, `{"a":1,"a":{}}`, `[[[[[[null]]]]]]`, `"<&>\u2028"`, `{"a":1`, `123456789.000001e-5`,
	} {
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
		if other, err := dynamicjson.EncodeRaw(raw(t, v)); err != nil || !bytes.Equal(other, out) {
			t.Fatalf("%q: EncodeRaw returns %s, Encode returns %s: %v", in, other, out, err)
		}
		again, err := dynamicjson.Decode(out)
		if err != nil {
			t.Fatalf("%q is encoded as %s, which does not decode: %v", in, out, err)
		}
		if !again.Equal(v) {
			t.Fatalf("%q is encoded as %s, which decodes to another value", in, out)
		}
		if once, err := dynamicjson.Encode(again); err != nil || !bytes.Equal(once, out) {
			t.Fatalf("%s encodes the second time to %s (%v)", out, once, err)
		}
		if rounded.MatchString(in) || strings.Contains(in, `\u`) || cty.NormalizeString(in) != in {
			return // keys may have been normalized
		}
		if equal, err := dynamicjson.Equal(json.RawMessage(in), out); err != nil || !equal {
			t.Fatalf("%q became %s (%v)", in, out, err)
		}
	})
}

// FuzzMerge asserts the laws of Merge: the result has every member of the overlay,
// merging twice changes nothing, and merging an empty object changes nothing.
func FuzzMerge(f *testing.F) {
	for _, seed := range [][2]string{
		{`{"a":{"x":1}}`, `{"a":{"y":2}}`}, {`{}`, `{"<":null}`}, {`{"a":[1]}`, `{"a":{}}`}, {``, `null`}, {`[]`, `{}`}, {`{"a":1e400}`, `{"a":{"a":{}}}`},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, base, overlay string) {
		merged, err := dynamicjson.Merge(json.RawMessage(base), json.RawMessage(overlay))
		if err != nil {
			return
		}
		for _, over := range []string{overlay, `{}`} {
			again, err := dynamicjson.Merge(merged, json.RawMessage(over))
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(again, merged) {
				t.Fatalf("%q over %q is %s; %q over that is %s", overlay, base, merged, over, again)
			}
		}
		var got, want map[string]json.RawMessage
		if err := json.Unmarshal(merged, &got); err != nil {
			t.Fatal(err)
		}
		if strings.TrimSpace(overlay) == "" {
			return
		}
		if err := json.Unmarshal([]byte(overlay), &want); err != nil {
			t.Fatal(err)
		}
		for name, value := range want {
			if bytes.HasPrefix(value, []byte("{")) {
				continue // objects are merged, not replaced
			}
			if equal, err := dynamicjson.Equal(got[name], value); err != nil || !equal {
				t.Fatalf("%q over %q is %s (%v)", overlay, base, merged, err)
			}
		}
	})
}

// output1MiB returns an output of about 1 MiB, with many small values.
func output1MiB() json.RawMessage {
	const item = `{"index":12345,"score":0.8765,"label":"a <label> & more","box":[1,2.5,null,true]},`
	return json.RawMessage(`{"items":[` + strings.TrimSuffix(strings.Repeat(item, 1<<20/len(item)), ",") + `]}`)
}

func BenchmarkDecode1MiB(b *testing.B) {
	raw := output1MiB()
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := dynamicjson.Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode1MiB(b *testing.B) {
	raw := output1MiB()
	v, err := dynamicjson.Decode(raw)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := dynamicjson.Encode(v); err != nil {
			b.Fatal(err)
		}
	}
}
