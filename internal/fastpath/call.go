package fastpath

import (
	"context"
	"maps"
	"math"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
)

// call holds the detached values during one call of the server: the adapter restores
// those of the request, and adds those that it detaches from the response.
type call struct {
	config, plan, state detached
	answer              detached // what is restored in the framework's response
	threshold           int      // see New
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// callOf returns the call that a context belongs to; if there is none, a call without
// detached values that detaches none.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.Value(callKey{}).(*call); ok {
		return c
	}
	return &call{threshold: math.MaxInt}
}

// detached are the values that placeholders replace, by attribute; nil for none.
type detached map[string]tftypes.Value

// restore returns a value with its detached attributes restored. What the framework has
// marked as unknown in the meantime stays unknown.
func (d detached) restore(raw tftypes.Value) tftypes.Value {
	all := maps.Clone(dynamicjson.Attributes(raw))
	if d == nil || all == nil {
		return raw
	}
	for name, value := range d {
		if all[name].IsKnown() {
			all[name] = value
		}
	}
	return tftypes.NewValue(raw.Type(), all)
}

// detach takes attributes out of a response of the resource, for the server to restore.
// Those of a small response stay in it unless the request's were detached, too.
func (c *call) detach(raw tftypes.Value, names []string) tftypes.Value {
	c.answer = nil
	typ, isObject := raw.Type().(tftypes.Object)
	all := maps.Clone(dynamicjson.Attributes(raw))
	if !isObject || all == nil {
		return raw
	}
	if c.config == nil && c.plan == nil && c.state == nil {
		left := c.threshold
		for _, name := range names {
			left -= size(all[name], left)
		}
		if left > 0 {
			return raw
		}
	}
	c.answer = make(detached, len(names))
	for _, name := range names {
		if value := all[name]; value.IsKnown() {
			c.answer[name], all[name] = value, tftypes.NewValue(typ.AttributeTypes[name], nil)
		}
	}
	return tftypes.NewValue(typ, all)
}

// size returns the approximate size of a value in bytes, or limit or more if it reaches
// that.
func size(v tftypes.Value, limit int) int {
	n := 1
	if !v.IsKnown() || v.IsNull() {
		return n
	}
	var text string
	var members map[string]tftypes.Value
	var elements []tftypes.Value
	switch v.Type().(type) {
	case tftypes.Object, tftypes.Map:
		_ = v.As(&members) // As accepts this type
	case tftypes.List, tftypes.Set, tftypes.Tuple:
		_ = v.As(&elements)
	default:
		if v.Type().Is(tftypes.String) && v.As(&text) == nil {
			n += len(text)
		}
	}
	for name, member := range members {
		if n >= limit {
			return n
		}
		n += len(name) + size(member, limit-n)
	}
	for _, element := range elements {
		if n >= limit {
			return n
		}
		n += size(element, limit-n)
	}
	return n
}

// restoreAnswer restores the detached values in the framework's response.
func (c *call) restoreAnswer(answer *tfprotov6.DynamicValue, typ tftypes.Object) (*tfprotov6.DynamicValue, error) {
	if answer == nil || c.answer == nil {
		return answer, nil
	}
	value, err := answer.Unmarshal(typ)
	if err != nil {
		return nil, err
	}
	if value.IsNull() {
		return answer, nil // null has no attributes
	}
	return encode(typ, dynamicjson.Attributes(c.answer.restore(value)))
}
