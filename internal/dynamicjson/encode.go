package dynamicjson

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

// UnknownError says that a value is not known yet.
type UnknownError struct{ Path string } // such as ".images[2].seed"; "" for the whole value

// Error implements error.
func (e *UnknownError) Error() string {
	if e.Path == "" {
		return "the value is not known yet"
	}
	return fmt.Sprintf("the value at %s is not known yet", e.Path)
}

// Encode returns a value as compact JSON with sorted keys. A value that is not
// known yet, at any depth, gives an *UnknownError.
func Encode(v attr.Value) (json.RawMessage, error) {
	var e encoder
	if err := e.value(v, ""); err != nil {
		return nil, err
	}
	return e.buf.Bytes(), nil
}

// Known tells that a value is known to its depth.
func Known(v attr.Value) bool {
	_, err := Encode(v)
	return err == nil
}

type encoder struct{ buf bytes.Buffer }

func (e *encoder) value(v attr.Value, path string) error {
	switch {
	case v == nil || v.IsNull():
		e.buf.WriteString("null")
		return nil
	case v.IsUnknown():
		return &UnknownError{path}
	}
	switch v := v.(type) {
	case basetypes.DynamicValue:
		return e.value(v.UnderlyingValue(), path)
	case basetypes.StringValue:
		e.text(v.ValueString())
	case basetypes.BoolValue:
		e.buf.WriteString(strconv.FormatBool(v.ValueBool()))
	case basetypes.NumberValue:
		e.buf.WriteString(number(v.ValueBigFloat()))
	case basetypes.Int64Value:
		e.buf.WriteString(strconv.FormatInt(v.ValueInt64(), 10))
	case basetypes.Float64Value:
		e.buf.WriteString(number(big.NewFloat(v.ValueFloat64())))
	case basetypes.ObjectValue:
		return e.object(v.Attributes(), path)
	case basetypes.MapValue:
		return e.object(v.Elements(), path)
	case basetypes.TupleValue:
		return e.array(v.Elements(), path)
	case basetypes.ListValue:
		return e.array(v.Elements(), path)
	case basetypes.SetValue:
		return e.array(v.Elements(), path)
	default:
		return fmt.Errorf("a value of type %T has no form in JSON", v)
	}
	return nil
}

func (e *encoder) object(members map[string]attr.Value, path string) error {
	e.buf.WriteByte('{')
	for i, name := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			e.buf.WriteByte(',')
		}
		e.text(name)
		e.buf.WriteByte(':')
		if err := e.value(members[name], path+"."+name); err != nil {
			return err
		}
	}
	e.buf.WriteByte('}')
	return nil
}

func (e *encoder) array(elements []attr.Value, path string) error {
	e.buf.WriteByte('[')
	for i, element := range elements {
		if i > 0 {
			e.buf.WriteByte(',')
		}
		if err := e.value(element, path+"["+strconv.Itoa(i)+"]"); err != nil {
			return err
		}
	}
	e.buf.WriteByte(']')
	return nil
}

// text writes a string, leaving <, > and & as they are.
func (e *encoder) text(s string) {
	enc := json.NewEncoder(&e.buf)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s)               // a string cannot fail
	e.buf.Truncate(e.buf.Len() - 1) // the encoder's line break
}

// number writes a number with the fewest digits that read back as the same
// number: whole ones without an exponent, as far as that stays readable.
func number(f *big.Float) string {
	if f.IsInt() && f.MantExp(nil) < 512 {
		return f.Text('f', 0)
	}
	return f.Text('g', -1)
}
