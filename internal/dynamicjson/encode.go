package dynamicjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
)

var _ error = (*UnknownError)(nil)

// UnknownError reports that a value is not known yet.
type UnknownError struct{ Path string } // for example `.images[2]["the seed"]`; "" for the whole value

// Error implements error.
func (e *UnknownError) Error() string {
	if e.Path == "" {
		return "the value is not known yet"
	}
	return fmt.Sprintf("the value at %s is not known yet", e.Path)
}

// Encode returns a value as compact JSON with sorted keys and without HTML escaping.
// Sets become arrays in Terraform's order. A value that is unknown, or contains an
// unknown value at any depth, gives an [*UnknownError].
func Encode(v attr.Value) (json.RawMessage, error) {
	var e encoder
	if err := e.value(v); err != nil {
		return nil, err
	}
	return e.buf.Bytes(), nil
}

// IsFullyKnown reports whether a value and everything in it is known.
func IsFullyKnown(v attr.Value) bool {
	if v == nil || v.IsNull() {
		return true
	}
	if v.IsUnknown() {
		return false
	}
	if d, ok := v.(basetypes.DynamicValue); ok {
		return IsFullyKnown(d.UnderlyingValue())
	}
	for _, member := range members(v) {
		if !IsFullyKnown(member) {
			return false
		}
	}
	for _, element := range elements(v) {
		if !IsFullyKnown(element) {
			return false
		}
	}
	return true
}

// IsNull reports whether a dynamic value is null, with or without a type: a null
// variable of the type list(any), for example, gives a null that has a type.
func IsNull(v basetypes.DynamicValue) bool { return v.IsNull() || v.IsUnderlyingValueNull() }

// members returns the members of an object or a map; nil for other values.
func members(v attr.Value) map[string]attr.Value {
	switch v := v.(type) {
	case basetypes.ObjectValue:
		return v.Attributes()
	case basetypes.MapValue:
		return v.Elements()
	}
	return nil
}

// elements returns the elements of a tuple, a list or a set; nil for other values.
func elements(v attr.Value) []attr.Value {
	switch v := v.(type) {
	case basetypes.TupleValue:
		return v.Elements()
	case basetypes.ListValue:
		return v.Elements()
	case basetypes.SetValue:
		return v.Elements()
	}
	return nil
}

type encoder struct{ buf bytes.Buffer }

func (e *encoder) value(v attr.Value) error {
	switch {
	case v == nil || v.IsNull():
		e.buf.WriteString("null")
		return nil
	case v.IsUnknown():
		return &UnknownError{}
	}
	switch v := v.(type) {
	case basetypes.DynamicValue:
		return e.value(v.UnderlyingValue())
	case basetypes.ObjectValue, basetypes.MapValue:
		return object(e, members(v), e.value)
	case basetypes.TupleValue, basetypes.ListValue, basetypes.SetValue:
		return array(e, elements(v), e.value)
	case basetypes.BoolValue:
		e.buf.WriteString(strconv.FormatBool(v.ValueBool()))
	case basetypes.NumberValue:
		return e.number(v.ValueBigFloat())
	case basetypes.Int64Value:
		e.buf.WriteString(strconv.FormatInt(v.ValueInt64(), 10))
	case basetypes.Int32Value:
		e.buf.WriteString(strconv.FormatInt(int64(v.ValueInt32()), 10))
	case basetypes.Float64Value:
		return e.number(big.NewFloat(v.ValueFloat64()))
	case basetypes.Float32Value:
		return e.number(big.NewFloat(float64(v.ValueFloat32())))
	case interface{ ValueString() string }: // custom types included, such as a duration
		e.text(v.ValueString())
	default:
		return fmt.Errorf("a value of type %T has no form in JSON", v)
	}
	return nil
}

// object and array encode each member or element with value.
func object[V any](e *encoder, members map[string]V, value func(V) error) error {
	e.buf.WriteByte('{')
	for i, name := range slices.Sorted(maps.Keys(members)) {
		if i > 0 {
			e.buf.WriteByte(',')
		}
		e.text(name)
		e.buf.WriteByte(':')
		if err := value(members[name]); err != nil {
			return within(memberStep(name), err)
		}
	}
	e.buf.WriteByte('}')
	return nil
}

func array[V any](e *encoder, elements []V, value func(V) error) error {
	e.buf.WriteByte('[')
	for i, element := range elements {
		if i > 0 {
			e.buf.WriteByte(',')
		}
		if err := value(element); err != nil {
			return within("["+strconv.Itoa(i)+"]", err)
		}
	}
	e.buf.WriteByte(']')
	return nil
}

// within prepends a step to the path of an error. Paths are built only for errors, not
// for every value.
func within(step string, err error) error {
	var unknown *UnknownError
	if errors.As(err, &unknown) {
		unknown.Path = step + unknown.Path
	}
	return err
}

// memberStep returns the step to a member in the syntax of a Terraform expression.
func memberStep(name string) string {
	for i, r := range name {
		letter := r == '_' || r|0x20 >= 'a' && r|0x20 <= 'z'
		if !letter && (i == 0 || r != '-' && (r < '0' || r > '9')) {
			return "[" + strconv.Quote(name) + "]"
		}
	}
	if name == "" {
		return `[""]`
	}
	return "." + name
}

// text writes a string, with <, > and & unescaped.
func (e *encoder) text(s string) {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= utf8.RuneSelf || c == '"' || c == '\\' {
			enc := json.NewEncoder(&e.buf)
			enc.SetEscapeHTML(false)
			_ = enc.Encode(s)               // a string cannot fail
			e.buf.Truncate(e.buf.Len() - 1) // the encoder's newline
			return
		}
	}
	e.buf.WriteByte('"')
	e.buf.WriteString(s)
	e.buf.WriteByte('"')
}

// smallestPlain is the binary exponent below which a fraction is written with a decimal
// exponent: 0.000001 is the smallest power of ten without one.
const smallestPlain = -20

// number writes a number with the fewest digits that parse to the same number, without
// an exponent as long as that is readable.
func (e *encoder) number(f *big.Float) error {
	switch {
	case f.IsInf():
		return errors.New("an infinite number has no form in JSON")
	case f.Sign() == 0: // the protocol has no negative zero
		e.buf.WriteByte('0')
	case f.IsInt() && f.MantExp(nil) <= precision:
		e.buf.Write(f.Append(e.buf.AvailableBuffer(), 'f', 0))
	case f.MantExp(nil) > smallestPlain && f.MantExp(nil) <= precision:
		e.buf.Write(f.Append(e.buf.AvailableBuffer(), 'f', -1))
	default:
		e.buf.Write(f.Append(e.buf.AvailableBuffer(), 'g', -1))
	}
	return nil
}
