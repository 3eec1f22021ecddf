package acctest

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

var valueType = tftypes.Object{AttributeTypes: map[string]tftypes.Type{
	"text":   tftypes.String,
	"flag":   tftypes.Bool,
	"number": tftypes.Number,
	"list":   tftypes.List{ElementType: tftypes.String},
	"map":    tftypes.Map{ElementType: tftypes.Number},
	"free":   tftypes.DynamicPseudoType,
}}

func TestValueRoundTrip(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ give, want Values }{
		"nothing":  {give: Values{}, want: Values{}},
		"simple":   {give: Values{"text": "a", "flag": true, "number": 3}, want: Values{"text": "a", "flag": true, "number": int64(3)}},
		"fraction": {give: Values{"number": 0.25}, want: Values{"number": json.Number("0.25")}},
		"beyond the whole numbers of a float": {
			give: Values{"number": int64(math.MaxInt64)}, want: Values{"number": int64(math.MaxInt64)},
		},
		"beyond int64": {
			give: Values{"number": json.Number("12345678901234567890123")},
			want: Values{"number": json.Number("12345678901234567890123")},
		},
		"typed collections": {
			give: Values{"list": []string{"a"}, "map": map[string]int{"k": 1}},
			want: Values{"list": []any{"a"}, "map": Values{"k": int64(1)}},
		},
		"unknown": {give: Values{"text": Unknown, "free": Unknown}, want: Values{"text": Unknown, "free": Unknown}},
		"free form": {
			give: Values{"free": Values{"deep": []any{1, "a", false, nil, Values{}}}},
			want: Values{"free": Values{"deep": []any{int64(1), "a", false, nil, Values{}}}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			value, err := toValue(valueType, tc.give)
			if err != nil {
				t.Fatal(err)
			}
			wire, err := tfprotov6.NewDynamicValue(valueType, value)
			if err != nil {
				t.Fatal(err)
			}
			decoded, err := wire.Unmarshal(valueType)
			if err != nil {
				t.Fatal(err)
			}
			plain, err := fromValue(decoded)
			if err != nil {
				t.Fatal(err)
			}
			want := Values{}
			for name := range valueType.AttributeTypes {
				want[name] = tc.want[name]
			}
			if !reflect.DeepEqual(plain, want) {
				t.Errorf("got  %#v\nwant %#v", plain, want)
			}
		})
	}
}

func TestToValue_invalid(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		give any
		want string
	}{
		"unknown name":  {Values{"txet": "a"}, "no such attribute"},
		"wrong type":    {Values{"text": 3}, "text"},
		"not a number":  {Values{"number": "three"}, "number"},
		"not a list":    {Values{"list": "a"}, "a sequence is wanted"},
		"not an object": {"a", "names and values are wanted"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := toValue(valueType, tc.give)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q", err, tc.want)
			}
		})
	}
}

func TestProposedNew(t *testing.T) {
	t.Parallel()
	schema := &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{Attributes: []*tfprotov6.SchemaAttribute{
		{Name: "id", Type: tftypes.String, Computed: true},
		{Name: "input", Type: tftypes.String, Optional: true},
		{Name: "secret", Type: tftypes.String, Optional: true, WriteOnly: true},
		{Name: "policy", Optional: true, NestedType: &tfprotov6.SchemaObject{
			Nesting: tfprotov6.SchemaObjectNestingModeSingle,
			Attributes: []*tfprotov6.SchemaAttribute{
				{Name: "ttl", Type: tftypes.String, Optional: true, Computed: true},
				{Name: "low", Type: tftypes.Bool, Optional: true},
			},
		}},
	}}}
	prior := Values{"id": "job-1", "input": "old", "policy": Values{"ttl": "1h", "low": true}}
	config := Values{"input": "new", "secret": "s", "policy": Values{"low": false}}
	want := Values{"id": "job-1", "input": "new", "secret": nil, "policy": Values{"ttl": "1h", "low": false}}
	if got := proposedNew(schema, prior, config); !reflect.DeepEqual(got, want) {
		t.Errorf("change: got  %#v\nwant %#v", got, want)
	}
	want = Values{"id": nil, "input": "new", "secret": nil, "policy": Values{"ttl": nil, "low": false}}
	if got := proposedNew(schema, nil, config); !reflect.DeepEqual(got, want) {
		t.Errorf("create: got  %#v\nwant %#v", got, want)
	}
	if got := proposedNew(schema, prior, nil); got != nil {
		t.Errorf("destroy: got %#v, want nothing", got)
	}
}
