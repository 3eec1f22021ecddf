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
	"github.com/zclconf/go-cty/cty"
)

const (
	// MaxDepth bounds the nesting of a value that is decoded.
	MaxDepth = 200
	// precision is that of Terraform's own numbers, in bits.
	precision = 512
	// maxExponent bounds a number's decimal exponent: Terraform writes numbers
	// out digit by digit.
	maxExponent = 1000
	// maxNumberLength bounds the digits of a number: the time to read them
	// grows with their square.
	maxNumberLength = 4096
)

// Decode returns JSON as a dynamic value. An empty raw and a JSON null give the
// null dynamic value; of members with the same key the last one counts. Refused
// are malformed JSON, more than one value, text that is not UTF-8, nesting
// deeper than MaxDepth, and numbers with an exponent beyond 1000 or with
// thousands of digits. Errors hold no part of a value: it may be a secret.
//
// Keys are brought to Unicode's normal form C, as Terraform does with all its
// strings: it rejects an object with a key in another form.
func Decode(raw json.RawMessage) (types.Dynamic, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return types.DynamicNull(), nil
	}
	if !utf8.Valid(raw) {
		return types.DynamicNull(), errNotUTF8
	}
	d := decoder{json.NewDecoder(bytes.NewReader(raw))}
	d.UseNumber()
	v, _, err := d.value(0)
	if err != nil {
		return types.DynamicNull(), err
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return types.DynamicNull(), errTrailing
	}
	if dynamic, ok := v.(types.Dynamic); ok {
		return dynamic, nil
	}
	return types.DynamicValue(v), nil
}

var (
	errNotUTF8  = errors.New("the JSON is not valid UTF-8")
	errTrailing = errors.New("there is more after the end of the JSON value")
)

type decoder struct{ *json.Decoder }

func (d decoder) token() (json.Token, error) {
	token, err := d.Token()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return nil, fmt.Errorf("the JSON cannot be read: %w", err)
	}
	return token, nil
}

// value reads one value and returns its type beside it: asking the value for
// its type would walk through it once more at every level.
func (d decoder) value(depth int) (attr.Value, attr.Type, error) {
	token, err := d.token()
	if err != nil {
		return nil, nil, err
	}
	switch token := token.(type) {
	case json.Delim:
		if depth == MaxDepth {
			return nil, nil, fmt.Errorf("the JSON is nested deeper than %d levels", MaxDepth)
		}
		if token == '{' {
			return d.object(depth + 1)
		}
		return d.array(depth + 1)
	case string:
		return types.StringValue(token), types.StringType, nil
	case bool:
		return types.BoolValue(token), types.BoolType, nil
	case json.Number:
		number, err := decodeNumber(token.String())
		return number, types.NumberType, err
	default:
		return types.DynamicNull(), types.DynamicType, nil
	}
}

func (d decoder) object(depth int) (attr.Value, attr.Type, error) {
	attrTypes := make(map[string]attr.Type)
	values := make(map[string]attr.Value)
	for d.More() {
		token, err := d.token()
		if err != nil {
			return nil, nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, nil, errors.New("the JSON cannot be read: the key of a member is not a string")
		}
		v, t, err := d.value(depth)
		if err != nil {
			return nil, nil, err
		}
		name = cty.NormalizeString(name)
		values[name], attrTypes[name] = v, t
	}
	if _, err := d.token(); err != nil {
		return nil, nil, err
	}
	return types.ObjectValueMust(attrTypes, values), types.ObjectType{AttrTypes: attrTypes}, nil
}

func (d decoder) array(depth int) (attr.Value, attr.Type, error) {
	elemTypes := []attr.Type{}
	values := []attr.Value{}
	for d.More() {
		v, t, err := d.value(depth)
		if err != nil {
			return nil, nil, err
		}
		values, elemTypes = append(values, v), append(elemTypes, t)
	}
	if _, err := d.token(); err != nil {
		return nil, nil, err
	}
	return types.TupleValueMust(elemTypes, values), types.TupleType{ElemTypes: elemTypes}, nil
}

func decodeNumber(s string) (attr.Value, error) {
	if len(s) > maxNumberLength {
		return nil, fmt.Errorf("the JSON holds a number longer than %d digits", maxNumberLength)
	}
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		exponent, err := strconv.Atoi(s[i+1:])
		if err != nil || exponent > maxExponent || exponent < -maxExponent {
			return nil, fmt.Errorf("the JSON holds a number with an exponent beyond %d", maxExponent)
		}
	}
	f, _, err := big.ParseFloat(s, 10, precision, big.ToNearestEven)
	if err != nil {
		return nil, fmt.Errorf("the JSON holds a number that cannot be read: %w", err)
	}
	return types.NumberValue(f), nil
}
