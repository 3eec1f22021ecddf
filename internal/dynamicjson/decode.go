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

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

const (
	// MaxDepth is the maximum nesting of a value that is decoded.
	MaxDepth = 200
	// precision is the precision of Terraform's numbers, in bits.
	precision = 512
	// maxExponent bounds the decimal exponent of a number, because Terraform writes
	// numbers without an exponent.
	maxExponent = 1000
	// maxNumberLength bounds the length of a number in bytes, because the time to parse
	// it grows quadratically.
	maxNumberLength = 4096
)

// Decode returns JSON as a dynamic value. An empty raw and a JSON null give a null
// dynamic value; if a key occurs more than once in an object, the last member counts.
//
// It returns an error for malformed JSON, more than one value, text that is not UTF-8,
// nesting deeper than [MaxDepth], and numbers with an exponent beyond 1000 or more than
// 4096 bytes. Errors quote nothing of the value, which may be a secret.
//
// Keys are converted to Unicode normalization form C, as Terraform does with all
// strings: it rejects an object with a key in another form.
func Decode(raw json.RawMessage) (types.Dynamic, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return types.DynamicNull(), nil
	}
	if !utf8.Valid(raw) {
		return types.DynamicNull(), errNotUTF8
	}
	if !json.Valid(raw) {
		return types.DynamicNull(), malformed(raw)
	}
	d := decoder{runpod.NewScanner(raw)}
	v, _, err := d.value(0)
	if err != nil {
		return types.DynamicNull(), err
	}
	if dynamic, ok := v.(types.Dynamic); ok {
		return dynamic, nil
	}
	return types.DynamicValue(v), nil
}

var (
	errNotUTF8  = errors.New("the JSON is not valid UTF-8")
	errTrailing = errors.New("there is more after the end of the JSON value")
	errTooDeep  = fmt.Errorf("the JSON is nested deeper than %d levels", MaxDepth)
)

// malformed returns an error that says what is wrong with invalid JSON.
func malformed(raw json.RawMessage) error {
	var first json.RawMessage
	err := json.NewDecoder(bytes.NewReader(raw)).Decode(&first)
	switch {
	case err == nil:
		return errTrailing
	case errors.Is(err, io.EOF):
		err = io.ErrUnexpectedEOF
	case strings.Contains(err.Error(), "max depth"): // encoding/json has a limit of its own
		return errTooDeep
	}
	return fmt.Errorf("the JSON cannot be read: %w", err)
}

// decoder decodes JSON that is known to be valid. It avoids the decoder of
// encoding/json, which would copy the whole text first, and every string twice.
type decoder struct{ runpod.Scanner }

// value reads one value and returns it with its type: asking the value for its type
// would walk through it again at every level.
func (d *decoder) value(depth int) (attr.Value, attr.Type, error) {
	c := d.Next()
	if (c == '{' || c == '[') && depth == MaxDepth {
		return nil, nil, errTooDeep
	}
	switch c {
	case '{':
		return d.object(depth + 1)
	case '[':
		return d.array(depth + 1)
	case '"':
		text, err := d.text()
		return types.StringValue(text), types.StringType, err
	case 't':
		d.Token()
		return types.BoolValue(true), types.BoolType, nil
	case 'f':
		d.Token()
		return types.BoolValue(false), types.BoolType, nil
	case 'n':
		d.Token()
		return types.DynamicNull(), types.DynamicType, nil
	default:
		number, err := decodeNumber(string(d.Token()))
		return number, types.NumberType, err
	}
}

func (d *decoder) object(depth int) (attr.Value, attr.Type, error) {
	attrTypes := make(map[string]attr.Type)
	values := make(map[string]attr.Value)
	d.Skip()
	for d.Next() != '}' {
		name, err := d.text()
		if err != nil {
			return nil, nil, err
		}
		v, t, err := d.value(depth)
		if err != nil {
			return nil, nil, err
		}
		name = cty.NormalizeString(name)
		values[name], attrTypes[name] = v, t
	}
	d.Skip()
	return types.ObjectValueMust(attrTypes, values), types.ObjectType{AttrTypes: attrTypes}, nil
}

func (d *decoder) array(depth int) (attr.Value, attr.Type, error) {
	elemTypes := []attr.Type{}
	values := []attr.Value{}
	d.Skip()
	for d.Next() != ']' {
		v, t, err := d.value(depth)
		if err != nil {
			return nil, nil, err
		}
		values, elemTypes = append(values, v), append(elemTypes, t)
	}
	d.Skip()
	return types.TupleValueMust(elemTypes, values), types.TupleType{ElemTypes: elemTypes}, nil
}

// text reads a string. A string without escapes, the usual case, is copied once.
func (d *decoder) text() (string, error) {
	token := d.Token()
	if bytes.IndexByte(token, '\\') < 0 {
		return string(token[1 : len(token)-1]), nil
	}
	var text string
	err := json.Unmarshal(token, &text)
	return text, err
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
