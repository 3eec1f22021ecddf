package fastpath

import (
	"bytes"
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

var (
	jobType     = tftypes.Object{AttributeTypes: map[string]tftypes.Type{"id": tftypes.String, "ok": tftypes.Bool}}
	jobsType    = tftypes.Map{ElementType: jobType}
	decodedType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{
		"any": tftypes.DynamicPseudoType, "name": tftypes.String, "count": tftypes.Number, "jobs": jobsType,
	}}
)

func message(t testing.TB, with attributes) *tfprotov6.DynamicValue {
	t.Helper()
	all := make(attributes)
	for name, typ := range decodedType.AttributeTypes {
		all[name] = tftypes.NewValue(typ, nil)
	}
	for name, value := range with {
		all[name] = value
	}
	encoded, err := encode(decodedType, all)
	if err != nil {
		t.Fatal(err)
	}
	return encoded
}

func jobsOf(ids ...string) tftypes.Value {
	jobs := make(attributes)
	for i, id := range ids {
		jobs[fmt.Sprint("k", i)] = tftypes.NewValue(jobType, attributes{"id": tftypes.NewValue(tftypes.String, id), "ok": tftypes.NewValue(tftypes.Bool, true)})
	}
	return tftypes.NewValue(jobsType, jobs)
}

// TestDecoder: the decoder returns the same values as the protocol's library,
// regardless of what it has decoded before.
func TestDecoder(t *testing.T) {
	t.Parallel()
	s := &Server{}
	unknown := tftypes.NewValue(tftypes.DynamicPseudoType, tftypes.UnknownValue)
	object := tftypes.NewValue(tftypes.Object{AttributeTypes: map[string]tftypes.Type{"a": tftypes.String}}, attributes{"a": tftypes.NewValue(tftypes.String, "b")})
	null, err := tfprotov6.NewDynamicValue(decodedType, tftypes.NewValue(decodedType, nil))
	if err != nil {
		t.Fatal(err)
	}
	notYet, err := tfprotov6.NewDynamicValue(decodedType, tftypes.NewValue(decodedType, tftypes.UnknownValue))
	if err != nil {
		t.Fatal(err)
	}
	whole := message(t, attributes{"any": object, "jobs": jobsOf("j1", "j2"), "count": tftypes.NewValue(tftypes.Number, 3)})
	other := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"any": tftypes.String, "b": tftypes.String, "c": tftypes.String, "d": tftypes.String}}
	foreign, err := tfprotov6.NewDynamicValue(other, tftypes.NewValue(other, attributes{
		"any": tftypes.NewValue(tftypes.String, nil), "b": tftypes.NewValue(tftypes.String, nil),
		"c": tftypes.NewValue(tftypes.String, nil), "d": tftypes.NewValue(tftypes.String, nil),
	}))
	if err != nil {
		t.Fatal(err)
	}
	one := func(typ tftypes.Type, value any) tftypes.Value { return tftypes.NewValue(typ, value) }
	inputType := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"seed": tftypes.Number, "x": tftypes.Tuple{ElementTypes: []tftypes.Type{tftypes.Bool, tftypes.DynamicPseudoType}}}}
	input := one(inputType, attributes{"seed": one(tftypes.Number, 1), "x": one(inputType.AttributeTypes["x"], []tftypes.Value{one(tftypes.Bool, true), one(tftypes.DynamicPseudoType, nil)})})
	inputs := one(tftypes.Object{AttributeTypes: map[string]tftypes.Type{"a": inputType, "b": inputType, "c": tftypes.String, "\u00e9 \"quoted\"": inputType}},
		attributes{"a": input, "b": one(inputType, nil), "c": one(tftypes.String, tftypes.UnknownValue), "\u00e9 \"quoted\"": input})
	empty := tftypes.Object{AttributeTypes: map[string]tftypes.Type{}}
	many := message(t, attributes{"any": inputs})
	d := s.newDecoder(kind{value: decodedType})
	for name, value := range map[string]*tfprotov6.DynamicValue{
		"none": nil, "null": &null, "unknown": &notYet, "empty": {}, "whole": whole, "the same again": whole,
		"all null":         message(t, nil),
		"an unknown value": message(t, attributes{"any": unknown, "jobs": tftypes.NewValue(jobsType, tftypes.UnknownValue)}),
		"inputs":           many,
		"no inputs":        message(t, attributes{"any": one(empty, attributes{})}),
		"null of a type":   message(t, attributes{"any": one(inputs.Type(), nil)}),
		"unknown of one":   message(t, attributes{"any": one(inputs.Type(), tftypes.UnknownValue)}),
		"a string":         message(t, attributes{"any": one(tftypes.String, "s")}),
		"a list":           message(t, attributes{"any": one(tftypes.List{ElementType: inputType}, []tftypes.Value{input})}),
		"a tuple":          message(t, attributes{"any": one(tftypes.Tuple{ElementTypes: []tftypes.Type{inputType}}, []tftypes.Value{input})}),
		"no such type":     {MsgPack: bytes.Replace(many.MsgPack, []byte(`"number"`), []byte(`"numbre"`), 1)},
		"no type":          {MsgPack: bytes.Replace(many.MsgPack, []byte(`["object",`), []byte(`["object";`), 1)},
		"no members":       {MsgPack: bytes.Replace(many.MsgPack, []byte(`["object",{`), []byte(`["object",[`), 1)},
		"other jobs":       message(t, attributes{"any": object, "jobs": jobsOf("j1", "j3")}),
		"JSON":             {JSON: []byte(`{"any":null,"name":"n","count":1,"jobs":{"k":{"id":"j1","ok":true}}}`)},
		"other attributes": &foreign,
		"cut off":          {MsgPack: whole.MsgPack[:len(whole.MsgPack)-1]},
		"cut off earlier":  {MsgPack: whole.MsgPack[:10]},
		"of another type":  {MsgPack: bytes.Replace(whole.MsgPack, []byte("\xa5count\x03"), []byte("\xa5count\xc3"), 1)},
	} {
		for range 2 {
			got, want := d.decode(value).attributes, decode(value, decodedType)
			if (got == nil) != (want == nil) || len(got) != len(want) {
				t.Fatalf("%s: got %v, want %v", name, got, want)
			}
			for attribute := range want {
				if !got[attribute].Equal(want[attribute]) {
					t.Errorf("%s, %s: got %v, want %v", name, attribute, got[attribute], want[attribute])
				}
			}
			clear(got) // the next call must return a new map
		}
	}
}

// BenchmarkDecoder decodes a thousand inputs of the same type.
func BenchmarkDecoder(b *testing.B) {
	inputType := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"seed": tftypes.Number, "prompt": tftypes.String}}
	types, inputs := make(map[string]tftypes.Type), make(attributes)
	for i := range 1000 {
		key := fmt.Sprintf("k%04d", i)
		types[key] = inputType
		inputs[key] = tftypes.NewValue(inputType, attributes{"seed": tftypes.NewValue(tftypes.Number, i), "prompt": tftypes.NewValue(tftypes.String, "a cat")})
	}
	value := message(b, attributes{"any": tftypes.NewValue(tftypes.Object{AttributeTypes: types}, inputs)})
	b.ReportAllocs()
	for b.Loop() {
		if (&Server{}).newDecoder(kind{value: decodedType}).decode(value).attributes == nil {
			b.Fatal("nothing is decoded")
		}
	}
}

// TestDecoded_same: attributes with equal values are the same, even if they are encoded
// differently.
func TestDecoded_same(t *testing.T) {
	t.Parallel()
	d := (&Server{}).newDecoder(kind{value: decodedType})
	one := d.decode(message(t, attributes{"jobs": jobsOf("j1"), "count": tftypes.NewValue(tftypes.Number, 1)}))
	other := d.decode(message(t, attributes{"jobs": jobsOf("j2"), "count": tftypes.NewValue(tftypes.Number, 1)}))
	asJSON := d.decode(&tfprotov6.DynamicValue{JSON: []byte(`{"any":null,"name":null,"count":1,"jobs":{"k0":{"id":"j1","ok":true}}}`)})
	for name, tc := range map[string]struct {
		a, b      decoded
		attribute string
		same      bool
	}{
		"equal":            {one, other, "count", true},
		"null":             {one, other, "any", true},
		"another":          {one, other, "jobs", false},
		"equal in JSON":    {one, asJSON, "jobs", true},
		"another in JSON":  {other, asJSON, "jobs", false},
		"both null":        {decoded{}, decoded{}, "jobs", true},
		"one of them null": {one, decoded{}, "jobs", false},
	} {
		if got := tc.a.same(tc.b, tc.attribute); got != tc.same {
			t.Errorf("%s: %v", name, got)
		}
	}
}
