// Package fastpath answers Terraform where the framework's answer is known
// without asking it, or without asking it about everything: for stored resources
// that nothing can become of any more, and for new ones that differ only in what
// is passed on as it is. The framework goes through the whole value once for each
// attribute of the schema, which for a thousand jobs is most of the time of a plan.
// What is answered is what the framework would have answered, to the last value.
// Of what changes, the attributes that grow with its work go around the framework:
// see [Bulky].
package fastpath

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
)

// Protocol is what the framework serves: the protocol with actions and lists.
type Protocol interface {
	tfprotov6.ProviderServer
	tfprotov6.ActionServer
	tfprotov6.ListResourceServer
}

// Server answers what it can, and asks the framework's server for everything else.
type Server struct {
	Protocol
	kinds     func() map[string]kind
	data      func() any
	planned   answers[*creation]
	validated answers[struct{}]
}

var _ Protocol = (*Server)(nil)

// kind is a type of resources.
type kind struct {
	new      func() resource.Resource
	value    tftypes.Object
	identity tftypes.Type             // nil for a type without identities
	defaults map[string]tftypes.Value // nil when not all are known
}

// New returns a server over p that has answers for those of the resources that
// implement [Noop] or [PassesOn]. data returns what the provider passes to
// Configure of its resources.
func New(p Protocol, typeName string, resources []func() resource.Resource, data func() any) *Server {
	return &Server{Protocol: p, data: data, kinds: sync.OnceValue(func() map[string]kind { return kindsOf(typeName, resources) })}
}

func kindsOf(typeName string, resources []func() resource.Resource) map[string]kind {
	ctx := context.Background()
	kinds := make(map[string]kind)
	for _, fresh := range resources {
		r := fresh()
		var name resource.MetadataResponse
		r.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: typeName}, &name)
		var schema resource.SchemaResponse
		r.Schema(ctx, resource.SchemaRequest{}, &schema)
		value, _ := schema.Schema.Type().TerraformType(ctx).(tftypes.Object)
		k := kind{new: fresh, value: value}
		if all, ok := defaultsOf(ctx, schema.Schema); ok {
			k.defaults = all
		}
		if r, ok := r.(resource.ResourceWithIdentity); ok {
			var identity resource.IdentitySchemaResponse
			r.IdentitySchema(ctx, resource.IdentitySchemaRequest{}, &identity)
			k.identity = identity.IdentitySchema.Type().TerraformType(ctx)
		}
		kinds[name.TypeName] = k
	}
	return kinds
}

// ConfigureProvider implements tfprotov6.ProviderServer. What the framework
// said with another configuration is forgotten.
func (s *Server) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	defer s.planned.forget()
	defer s.validated.forget()
	return s.Protocol.ConfigureProvider(ctx, req)
}

// PlanResourceChange implements tfprotov6.ResourceServer.
func (s *Server) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	if resp := s.noopPlan(ctx, req); resp != nil {
		return resp, nil
	}
	if resp := s.planCreation(ctx, req); resp != nil {
		return resp, nil
	}
	if resp := s.planAround(ctx, req); resp != nil {
		return resp, nil
	}
	return s.Protocol.PlanResourceChange(ctx, req)
}

// resourceOf returns a configured resource of a type, as the framework makes one
// for each call, if it can do what R asks.
func resourceOf[R any](ctx context.Context, s *Server, typeName string) (r R, k kind, ok bool) {
	k, ok = s.kinds()[typeName]
	if !ok {
		return r, k, false
	}
	one := k.new()
	if r, ok = one.(R); !ok {
		return r, k, false
	}
	if configurable, ok := one.(resource.ResourceWithConfigure); ok {
		configurable.Configure(ctx, resource.ConfigureRequest{ProviderData: s.data()}, &resource.ConfigureResponse{})
	}
	return r, k, true
}

// decode returns the attributes of a value; nil when there is none.
func decode(value *tfprotov6.DynamicValue, typ tftypes.Type) map[string]tftypes.Value {
	if value == nil {
		return nil
	}
	v, err := value.Unmarshal(typ)
	if err != nil {
		return nil
	}
	return dynamicjson.Attributes(v)
}
