package acctest

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strconv"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

type unknown struct{}

// String implements fmt.Stringer, for messages of failed comparisons.
func (unknown) String() string { return "(known after apply)" }

// Unknown is a value that is known only after apply, in arguments and in results.
var Unknown = unknown{}

// toValue converts plain Go to a protocol value of the type: nil, bool, string, any
// number, json.Number, []any and map[string]any (or other slices and maps with string
// keys). Missing attributes become null, unknown names are an error.
func toValue(typ tftypes.Type, v any) (tftypes.Value, error) {
	switch v := v.(type) {
	case nil:
		return tftypes.NewValue(typ, nil), nil
	case unknown:
		return tftypes.NewValue(typ, tftypes.UnknownValue), nil
	case tftypes.Value:
		return v, nil
	}
	if typ.Is(tftypes.DynamicPseudoType) {
		return inferValue(v)
	}
	switch typ := typ.(type) {
	case tftypes.Object:
		return toObject(typ, v)
	case tftypes.Map:
		elements, err := toMapping(v, func(string) (tftypes.Type, bool) { return typ.ElementType, true })
		return checked(typ, elements, err)
	case tftypes.List:
		elements, err := toSequence(v, func(int) tftypes.Type { return typ.ElementType })
		return checked(typ, elements, err)
	case tftypes.Set:
		elements, err := toSequence(v, func(int) tftypes.Type { return typ.ElementType })
		return checked(typ, elements, err)
	}
	if typ.Is(tftypes.Number) {
		n, err := toNumber(v)
		return checked(typ, n, err)
	}
	return checked(typ, v, nil)
}

// checked converts tftypes.NewValue's panic to an error.
func checked(typ tftypes.Type, v any, err error) (tftypes.Value, error) {
	if err != nil {
		return tftypes.Value{}, err
	}
	if err := tftypes.ValidateValue(typ, v); err != nil {
		return tftypes.Value{}, err
	}
	return tftypes.NewValue(typ, v), nil
}

func toObject(typ tftypes.Object, v any) (tftypes.Value, error) {
	attributes, err := toMapping(v, func(name string) (tftypes.Type, bool) {
		t, ok := typ.AttributeTypes[name]
		return t, ok
	})
	if err != nil {
		return tftypes.Value{}, err
	}
	for name, t := range typ.AttributeTypes {
		if _, ok := attributes[name]; !ok {
			attributes[name] = tftypes.NewValue(t, nil)
		}
	}
	return checked(typ, attributes, nil)
}

func toMapping(v any, typeOf func(string) (tftypes.Type, bool)) (map[string]tftypes.Value, error) {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Map || rv.Type().Key().Kind() != reflect.String {
		return nil, fmt.Errorf("%T where names and values are wanted", v)
	}
	values := make(map[string]tftypes.Value, rv.Len())
	for _, key := range rv.MapKeys() {
		name := key.String()
		t, ok := typeOf(name)
		if !ok {
			return nil, fmt.Errorf("%s: the schema has no such attribute", name)
		}
		value, err := toValue(t, rv.MapIndex(key).Interface())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		values[name] = value
	}
	return values, nil
}

func toSequence(v any, typeOf func(int) tftypes.Type) ([]tftypes.Value, error) {
	rv := reflect.ValueOf(v)
	if rv.Kind() != reflect.Slice {
		return nil, fmt.Errorf("%T where a sequence is wanted", v)
	}
	values := make([]tftypes.Value, rv.Len())
	for i := range values {
		value, err := toValue(typeOf(i), rv.Index(i).Interface())
		if err != nil {
			return nil, fmt.Errorf("[%d]: %w", i, err)
		}
		values[i] = value
	}
	return values, nil
}

func toNumber(v any) (*big.Float, error) {
	if n, ok := v.(*big.Float); ok {
		return n, nil
	}
	// The CLI parses numbers with a precision of 512 bits.
	n, _, err := big.ParseFloat(fmt.Sprint(v), 10, 512, big.ToNearestEven)
	return n, err
}

// inferValue converts a value with the type that it would have in HCL: an object for a
// map, a tuple for a slice.
func inferValue(v any) (tftypes.Value, error) {
	switch v := v.(type) {
	case bool:
		return tftypes.NewValue(tftypes.Bool, v), nil
	case json.Number:
		return toValue(tftypes.Number, v)
	case string:
		return tftypes.NewValue(tftypes.String, v), nil
	}
	dynamic := func(int) tftypes.Type { return tftypes.DynamicPseudoType }
	switch reflect.ValueOf(v).Kind() {
	case reflect.Map:
		values, err := toMapping(v, func(string) (tftypes.Type, bool) { return tftypes.DynamicPseudoType, true })
		types := make(map[string]tftypes.Type, len(values))
		for name, value := range values {
			types[name] = value.Type()
		}
		return checked(tftypes.Object{AttributeTypes: types}, values, err)
	case reflect.Slice:
		values, err := toSequence(v, dynamic)
		types := make([]tftypes.Type, len(values))
		for i, value := range values {
			types[i] = value.Type()
		}
		return checked(tftypes.Tuple{ElementTypes: types}, values, err)
	default:
		return toValue(tftypes.Number, v)
	}
}

// fromValue is the inverse of toValue: integers that fit become int64, other numbers
// json.Number, so that no digit is lost. Sets keep their encoded order.
func fromValue(v tftypes.Value) (any, error) {
	switch {
	case !v.IsKnown():
		return Unknown, nil
	case v.IsNull():
		return nil, nil
	}
	switch v.Type().(type) {
	case tftypes.Object, tftypes.Map:
		var values map[string]tftypes.Value
		if err := v.As(&values); err != nil {
			return nil, err
		}
		result := make(map[string]any, len(values))
		for name, value := range values {
			plain, err := fromValue(value)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			result[name] = plain
		}
		return result, nil
	case tftypes.List, tftypes.Set, tftypes.Tuple:
		var values []tftypes.Value
		if err := v.As(&values); err != nil {
			return nil, err
		}
		result := make([]any, len(values))
		for i, value := range values {
			plain, err := fromValue(value)
			if err != nil {
				return nil, fmt.Errorf("[%d]: %w", i, err)
			}
			result[i] = plain
		}
		return result, nil
	}
	return fromPrimitive(v)
}

func fromPrimitive(v tftypes.Value) (any, error) {
	switch {
	case v.Type().Is(tftypes.String):
		var s string
		err := v.As(&s)
		return s, err
	case v.Type().Is(tftypes.Bool):
		var b bool
		err := v.As(&b)
		return b, err
	case v.Type().Is(tftypes.Number):
		n := new(big.Float)
		if err := v.As(&n); err != nil {
			return nil, err
		}
		text := n.Text('f', -1)
		if whole, err := strconv.ParseInt(text, 10, 64); err == nil {
			return whole, nil
		}
		return json.Number(text), nil
	}
	return nil, fmt.Errorf("no Go value for the type %s", v.Type())
}
