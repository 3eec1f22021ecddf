package dynamicjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

const (
	// MaxDepth bounds the nesting of a value that is decoded.
	MaxDepth = 200
	// precision is that of Terraform's own numbers, in bits.
	precision = 512
	// maxExponent bounds a number's decimal exponent: Terraform writes whole
	// numbers out, digit by digit.
	maxExponent = 1000
)

// Decode returns JSON as a dynamic value. An empty raw and a JSON null give the
// null dynamic value.
func Decode(raw json.RawMessage) (types.Dynamic, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return types.DynamicNull(), nil
	}
	if !utf8.Valid(raw) {
		return types.DynamicNull(), errors.New("the JSON is not valid UTF-8")
	}
	d := decoder{json.NewDecoder(bytes.NewReader(raw))}
	d.UseNumber()
	v, _, err := d.value(0)
	if err != nil {
		return types.DynamicNull(), err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return types.DynamicNull(), errors.New("there is more after the end of the JSON value")
	}
	if dynamic, ok := v.(types.Dynamic); ok {
		return dynamic, nil
	}
	return types.DynamicValue(v), nil
}

type decoder struct{ *json.Decoder }

// value reads one value, and says its type: to ask the value for it would cost
// another walk through it.
func (d decoder) value(depth int) (attr.Value, attr.Type, error) {
	token, err := d.Token()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return nil, nil, unreadable(err)
	}
	if depth > MaxDepth {
		return nil, nil, fmt.Errorf("the JSON is nested deeper than %d levels", MaxDepth)
	}
	switch token := token.(type) {
	case json.Delim:
		if token == '{' {
			return d.object(depth)
		}
		return d.array(depth)
	case string:
		return types.StringValue(token), types.StringType, nil
	case bool:
		return types.BoolValue(token), types.BoolType, nil
	case json.Number:
		v, err := decodeNumber(token.String())
		return v, types.NumberType, err
	default:
		return types.DynamicNull(), types.DynamicType, nil
	}
}

func (d decoder) object(depth int) (attr.Value, attr.Type, error) {
	attrTypes := make(map[string]attr.Type)
	values := make(map[string]attr.Value)
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, nil, unreadable(err)
		}
		v, t, err := d.value(depth + 1)
		if err != nil {
			return nil, nil, err
		}
		key, ok := name.(string)
		if !ok {
			return nil, nil, fmt.Errorf("the JSON has %v where a name should be", name)
		}
		values[key], attrTypes[key] = v, t
	}
	if _, err := d.Token(); err != nil {
		return nil, nil, unreadable(err)
	}
	return types.ObjectValueMust(attrTypes, values), types.ObjectType{AttrTypes: attrTypes}, nil
}

func (d decoder) array(depth int) (attr.Value, attr.Type, error) {
	var elemTypes []attr.Type
	var values []attr.Value
	for d.More() {
		v, t, err := d.value(depth + 1)
		if err != nil {
			return nil, nil, err
		}
		values, elemTypes = append(values, v), append(elemTypes, t)
	}
	if _, err := d.Token(); err != nil {
		return nil, nil, unreadable(err)
	}
	return types.TupleValueMust(elemTypes, values), types.TupleType{ElemTypes: elemTypes}, nil
}

func unreadable(err error) error { return fmt.Errorf("the JSON cannot be read: %w", err) }

func decodeNumber(s string) (attr.Value, error) {
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(s[i+1:])
		if err != nil || exponent > maxExponent || exponent < -maxExponent {
			return nil, fmt.Errorf("the number %.40s has an exponent beyond %d", s, maxExponent)
		}
	}
	f, _, err := big.ParseFloat(s, 10, precision, big.ToNearestEven)
	if err != nil {
		return nil, fmt.Errorf("the number %.40s cannot be read: %w", s, err)
	}
	return types.NumberValue(f), nil
}
