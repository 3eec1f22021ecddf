package fastpath

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
)

// Bulky is a resource with attributes that grow with its work, and that nothing
// but its own methods looks at: they have no default and no plan modifier. When
// a change is planned or applied they go around the framework, which sees
// stand-ins for them. The resource gets them by [WholePlan] and [WholeState], and
// gives them back by [Withhold]. The configuration has stand-ins when a change is
// planned, and is not there when one is applied.
type Bulky interface {
	// Bulky returns the names of the attributes. Each is computed and not
	// optional, or else dynamic.
	Bulky() []string
}

// around is what goes around the framework in one call.
type around struct {
	plan, state attributes // what the stand-ins stand for
	base        attributes // the same for an answer that the resource had no part in
	result      attributes // withheld by the resource
}

type attributes = map[string]tftypes.Value

// What stands for an attribute is null, or one of these where null would say that
// it is not set.
var (
	stored  = tftypes.NewValue(tftypes.String, "stored")
	changed = tftypes.NewValue(tftypes.String, "changed")
)

func isStandIn(v tftypes.Value) bool { return v.IsNull() || v.Equal(stored) || v.Equal(changed) }

type aroundKey struct{}

func aroundOf(ctx context.Context) *around {
	a, _ := ctx.Value(aroundKey{}).(*around)
	return a
}

// WholePlan returns the plan that a method of a [Bulky] resource was given, with
// all that it holds; ctx is that of the call.
func WholePlan(ctx context.Context, plan tftypes.Value) tftypes.Value {
	if a := aroundOf(ctx); a != nil {
		return whole(plan, a.plan)
	}
	return plan
}

// WholeState does the same for the stored state.
func WholeState(ctx context.Context, state tftypes.Value) tftypes.Value {
	if a := aroundOf(ctx); a != nil {
		return whole(state, a.state)
	}
	return state
}

// whole replaces stand-ins. What the framework marked as unknown stays so.
func whole(raw tftypes.Value, replaced attributes) tftypes.Value {
	all := maps.Clone(dynamicjson.Attributes(raw))
	if all == nil || replaced == nil {
		return raw
	}
	for name, value := range replaced {
		if isStandIn(all[name]) {
			all[name] = value
		}
	}
	return tftypes.NewValue(raw.Type(), all)
}

// Withhold returns a plan or the result of an apply without some of its
// attributes, which the server puts back once the framework is done with it: the
// framework goes through a value several times. ctx is that of the call; where
// no server waits for them, the value keeps its attributes. They must be known
// in a result, and hold no write-only attribute. Once withheld, an attribute
// cannot be made null by another value without it.
func Withhold(ctx context.Context, value tftypes.Value, names ...string) tftypes.Value {
	a := aroundOf(ctx)
	typ, isObject := value.Type().(tftypes.Object)
	all := maps.Clone(dynamicjson.Attributes(value))
	if a == nil || !isObject || all == nil {
		return value
	}
	a.result = make(attributes, len(names))
	for _, name := range names {
		a.result[name] = all[name]
		all[name] = tftypes.NewValue(typ.AttributeTypes[name], nil)
	}
	return tftypes.NewValue(typ, all)
}

// putBack returns what the framework answered with what went around it.
func (a *around) putBack(answer *tfprotov6.DynamicValue, typ tftypes.Object) (*tfprotov6.DynamicValue, error) {
	value, err := answer.Unmarshal(typ)
	if err != nil {
		return nil, err
	}
	all := maps.Clone(dynamicjson.Attributes(value))
	if all == nil {
		return answer, nil // null: there is nothing that they could be a part of
	}
	for name, replaced := range a.base {
		if _, ok := a.result[name]; !ok && isStandIn(all[name]) {
			all[name] = replaced
		}
	}
	for name, withheld := range a.result {
		if all[name].IsNull() { // else the resource has said something else since
			all[name] = withheld
		}
	}
	return encode(typ, all)
}
