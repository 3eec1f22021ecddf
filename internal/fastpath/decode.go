package fastpath

import (
	"bytes"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"github.com/vmihailenco/msgpack/v5"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
)

type attributes = map[string]tftypes.Value

// decode returns the attributes of a value; nil if it is null or unknown.
func decode(value *tfprotov6.DynamicValue, typ tftypes.Type) attributes {
	if value == nil {
		return nil
	}
	v, err := value.Unmarshal(typ)
	if err != nil {
		return nil
	}
	return dynamicjson.Attributes(v)
}

func encode(typ tftypes.Object, members attributes) (*tfprotov6.DynamicValue, error) {
	encoded, err := tfprotov6.NewDynamicValue(typ, tftypes.NewValue(typ, members))
	return &encoded, err
}

// decoder decodes the values of one request. Configuration, state and plan have much in
// common: an attribute with the same encoding in several of them is decoded once and
// known to be equal.
type decoder struct {
	typ       tftypes.Object
	threshold int // the minimum size of a value for which this pays off
	done      map[string][]attribute
}

// attribute is an encoded attribute and its decoded value.
type attribute struct {
	raw   []byte
	value tftypes.Value
}

// decoded are the attributes of a value; nil if it is null or unknown.
type decoded struct {
	attributes
	raw map[string][]byte // as encoded; nil if that is unknown
}

func (s *Server) newDecoder(k kind) *decoder {
	return &decoder{typ: k.value, threshold: s.threshold, done: make(map[string][]attribute)}
}

// decode is like the function decode. Each call returns a new map.
func (d *decoder) decode(value *tfprotov6.DynamicValue) decoded {
	if value == nil || len(value.MsgPack) < d.threshold {
		return decoded{attributes: decode(value, d.typ)}
	}
	raw := split(value.MsgPack)
	if len(raw) != len(d.typ.AttributeTypes) {
		return decoded{attributes: decode(value, d.typ)}
	}
	all := make(attributes, len(raw))
	for name, one := range raw {
		typ, ok := d.typ.AttributeTypes[name]
		if !ok {
			return decoded{}
		}
		if all[name], ok = d.attribute(name, typ, one); !ok {
			return decoded{}
		}
	}
	return decoded{all, raw}
}

func (d *decoder) attribute(name string, typ tftypes.Type, raw []byte) (tftypes.Value, bool) {
	for _, one := range d.done[name] {
		if bytes.Equal(one.raw, raw) {
			return one.value, true
		}
	}
	value, err := unmarshal(typ, raw)
	if err != nil {
		return tftypes.Value{}, false
	}
	d.done[name] = append(d.done[name], attribute{raw, value})
	return value, true
}

// unmarshal decodes a value. A dynamic value is encoded with its type, which repeats
// the same few types for an object of a thousand inputs. Each is parsed once, because
// parsing them takes longer than decoding the value.
func unmarshal(typ tftypes.Type, raw []byte) (tftypes.Value, error) {
	if typ.Is(tftypes.DynamicPseudoType) {
		if actual, rest, ok := actualType(raw); ok {
			typ, raw = actual, rest
		}
	}
	value := tfprotov6.DynamicValue{MsgPack: raw}
	return value.Unmarshal(typ)
}

// actualType splits an encoded dynamic value, [type, value], if the type is an object
// without optional attributes. The library decodes all others.
func actualType(raw []byte) (typ tftypes.Type, value []byte, ok bool) {
	rest := bytes.NewReader(raw)
	dec := msgpack.NewDecoder(rest)
	if n, err := dec.DecodeArrayLen(); err != nil || n != 2 {
		return nil, nil, false
	}
	encoded, err := dec.DecodeBytes()
	if err != nil {
		return nil, nil, false
	}
	var parts []json.RawMessage
	if json.Unmarshal(encoded, &parts) != nil || len(parts) != 2 || string(parts[0]) != `"object"` {
		return nil, nil, false
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(parts[1], &members) != nil {
		return nil, nil, false
	}
	parsed := make(map[string]tftypes.Type)
	types := make(map[string]tftypes.Type, len(members))
	for name, member := range members {
		one, known := parsed[string(member)]
		if !known {
			if one, err = tftypes.ParseJSONType(member); err != nil { //nolint:staticcheck // the library offers no other function that parses a type
				return nil, nil, false
			}
			parsed[string(member)] = one
		}
		types[name] = one
	}
	return tftypes.Object{AttributeTypes: types}, raw[len(raw)-rest.Len():], true
}

// same reports whether an attribute has equal values in v and other.
func (v decoded) same(other decoded, name string) bool {
	if raw := v.raw[name]; raw != nil && bytes.Equal(raw, other.raw[name]) {
		return true
	}
	return v.attributes[name].Equal(other.attributes[name])
}

// split returns the attributes of an encoded object, still encoded; nil if it is
// anything else.
func split(object []byte) map[string][]byte {
	rest := bytes.NewReader(object)
	dec := msgpack.NewDecoder(rest)
	n, err := dec.DecodeMapLen()
	if err != nil || n < 0 {
		return nil
	}
	all := make(map[string][]byte, n)
	for range n {
		name, err := dec.DecodeString()
		if err != nil {
			return nil
		}
		start := len(object) - rest.Len()
		if dec.Skip() != nil {
			return nil
		}
		all[name] = object[start : len(object)-rest.Len()]
	}
	return all
}
