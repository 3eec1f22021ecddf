package dynamicjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Equal reports whether two JSON texts have the same value. The order of keys and the
// notation of numbers (1, 1.0, 1e0) make no difference; numbers are compared digit by
// digit, not as float64. An empty text is null, as in [Decode].
func Equal(a, b json.RawMessage) (bool, error) {
	treeA, err := parse(a)
	if err != nil {
		return false, err
	}
	treeB, err := parse(b)
	if err != nil {
		return false, err
	}
	return sameTree(treeA, treeB), nil
}

// Merge merges overlay into base, both JSON objects. Members that are objects in both
// are merged recursively; any other member of overlay replaces that of base. An empty
// text and null count as an object without members; any other value that is not an
// object is an error.
func Merge(base, overlay json.RawMessage) (json.RawMessage, error) {
	into, err := parseObject(base)
	if err != nil {
		return nil, err
	}
	over, err := parseObject(overlay)
	if err != nil {
		return nil, err
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(mergeTrees(into, over)); err != nil {
		return nil, fmt.Errorf("the merged JSON cannot be written: %w", err)
	}
	return bytes.TrimSuffix(buf.Bytes(), []byte("\n")), nil
}

// parse reads JSON into the types of encoding/json, with numbers as json.Number.
func parse(raw json.RawMessage) (any, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, nil
	}
	if !utf8.Valid(raw) {
		return nil, errNotUTF8
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, fmt.Errorf("the JSON cannot be read: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, errTrailing
	}
	return tree, nil
}

func parseObject(raw json.RawMessage) (map[string]any, error) {
	tree, err := parse(raw)
	if err != nil {
		return nil, err
	}
	object, ok := tree.(map[string]any)
	if !ok && tree != nil {
		return nil, errors.New("only objects can be merged, and the JSON is not an object")
	}
	return object, nil
}

func mergeTrees(base, overlay map[string]any) map[string]any {
	if base == nil {
		base = make(map[string]any, len(overlay))
	}
	for name, value := range overlay {
		old, wasObject := base[name].(map[string]any)
		if over, ok := value.(map[string]any); ok && wasObject {
			value = mergeTrees(old, over)
		}
		base[name] = value
	}
	return base
}

func sameTree(a, b any) bool {
	switch a := a.(type) {
	case map[string]any:
		b, ok := b.(map[string]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for name, value := range a {
			if other, ok := b[name]; !ok || !sameTree(value, other) {
				return false
			}
		}
		return true
	case []any:
		b, ok := b.([]any)
		if !ok || len(a) != len(b) {
			return false
		}
		for i := range a {
			if !sameTree(a[i], b[i]) {
				return false
			}
		}
		return true
	case json.Number:
		b, ok := b.(json.Number)
		return ok && (a == b || canonicalNumber(a.String()) == canonicalNumber(b.String()))
	default:
		return a == b
	}
}

// decimal is a number as an integer without leading and trailing zeros, times a power
// of ten. Equal numbers have equal decimals, so comparing them needs no arithmetic.
type decimal struct {
	negative bool
	digits   string
	exponent int64
	huge     string // the exponent as written, if it exceeds 32 bits
}

func canonicalNumber(s string) decimal {
	var d decimal
	s, d.negative = strings.CutPrefix(s, "-")
	mantissa, exponent := s, ""
	if i := strings.IndexAny(s, "eE"); i >= 0 {
		mantissa, exponent = s[:i], s[i+1:]
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	d.digits = strings.TrimLeft(whole+fraction, "0")
	if d.digits == "" {
		return decimal{}
	}
	if exponent != "" {
		var err error
		if d.exponent, err = strconv.ParseInt(exponent, 10, 32); err != nil {
			d.exponent, d.huge = 0, exponent
		}
	}
	significant := strings.TrimRight(d.digits, "0")
	d.exponent += int64(len(d.digits) - len(significant) - len(fraction))
	d.digits = significant
	return d
}
