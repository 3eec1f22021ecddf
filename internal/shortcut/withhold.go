package shortcut

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/rawvalue"
)

// withheld are the attributes that a resource keeps from the framework in the
// result of one apply.
type withheld struct{ members map[string]tftypes.Value }

type withheldKey struct{}

// Withhold returns the result of an apply without some of its attributes. The
// server puts them into what it answers, so that the framework, which goes
// through the result four times, need not see a thousand jobs. ctx is that of
// the call of Create or Update; where no server waits for them, the result keeps
// its attributes. They must be known, and hold no write-only attribute.
func Withhold(ctx context.Context, result tftypes.Value, names ...string) tftypes.Value {
	w, served := ctx.Value(withheldKey{}).(*withheld)
	typ, isObject := result.Type().(tftypes.Object)
	members := rawvalue.Members(result)
	if !served || !isObject || members == nil {
		return result
	}
	members = maps.Clone(members)
	held := make(map[string]tftypes.Value, len(names))
	for _, name := range names {
		held[name] = members[name]
		members[name] = tftypes.NewValue(typ.AttributeTypes[name], nil)
	}
	w.members = held
	return tftypes.NewValue(typ, members)
}

// ApplyResourceChange implements tfprotov6.ResourceServer.
func (s *Server) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	var w withheld
	resp, err := s.Protocol.ApplyResourceChange(context.WithValue(ctx, withheldKey{}, &w), req)
	if err != nil || w.members == nil || resp.NewState == nil {
		return resp, err
	}
	state, err := w.putBack(resp.NewState, s.kinds()[req.TypeName].value)
	if err != nil {
		resp.Diagnostics = append(resp.Diagnostics, &tfprotov6.Diagnostic{
			Severity: tfprotov6.DiagnosticSeverityError, Summary: "Unable to store the result",
			Detail: "A part of it cannot be encoded: " + err.Error() + ". This is a bug in the provider; please report it.",
		})
		return resp, nil
	}
	resp.NewState = state
	return resp, nil
}

// putBack returns a result with what was withheld of it.
func (w *withheld) putBack(result *tfprotov6.DynamicValue, typ tftypes.Object) (*tfprotov6.DynamicValue, error) {
	value, err := result.Unmarshal(typ)
	if err != nil {
		return nil, err
	}
	members := maps.Clone(rawvalue.Members(value))
	if members == nil {
		return result, nil // null: there is nothing that it could be a part of
	}
	for name, member := range w.members {
		if members[name].IsNull() { // else the resource has said something else since
			members[name] = member
		}
	}
	return encode(typ, members)
}
