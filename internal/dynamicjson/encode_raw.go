package dynamicjson

import (
	"encoding/json"
	"fmt"
	"math/big"
	"strconv"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// EncodeRaw is [Encode] for a tftypes value. Converting a thousand inputs to the
// framework's types first would take most of the time.
func EncodeRaw(v tftypes.Value) (json.RawMessage, error) {
	var e encoder
	if err := e.raw(v); err != nil {
		return nil, err
	}
	return e.buf.Bytes(), nil
}

func (e *encoder) raw(v tftypes.Value) error {
	switch {
	case v.IsNull():
		e.buf.WriteString("null")
		return nil
	case !v.IsKnown():
		return &UnknownError{}
	}
	switch v.Type().(type) {
	case tftypes.Object, tftypes.Map:
		return e.rawObject(v)
	case tftypes.List, tftypes.Set, tftypes.Tuple:
		return e.rawArray(v)
	}
	switch typ := v.Type(); {
	case typ.Is(tftypes.String):
		var s string
		if err := v.As(&s); err != nil {
			return err
		}
		e.text(s)
		return nil
	case typ.Is(tftypes.Number):
		var f big.Float
		if err := v.As(&f); err != nil {
			return err
		}
		return e.number(&f)
	case typ.Is(tftypes.Bool):
		var b bool
		if err := v.As(&b); err != nil {
			return err
		}
		e.buf.WriteString(strconv.FormatBool(b))
		return nil
	default:
		return fmt.Errorf("a value of type %s has no form in JSON", typ)
	}
}

func (e *encoder) rawObject(v tftypes.Value) error {
	var members map[string]tftypes.Value
	if err := v.As(&members); err != nil {
		return err
	}
	return object(e, members, e.raw)
}

func (e *encoder) rawArray(v tftypes.Value) error {
	var elements []tftypes.Value
	if err := v.As(&elements); err != nil {
		return err
	}
	return array(e, elements, e.raw)
}
