// Package fastpath keeps work away from the plugin framework, which walks the
// whole value of a resource once for each attribute of its schema: for a thousand
// jobs that is most of the time of a plan. It has two mechanisms.
//
// No-op: a refresh or a plan of a resource that nothing can change is answered
// from the request, see [Noop].
//
// Detach: attributes that grow with the work are taken out of a request before the
// framework sees it and put back into its answer, see [Detach].
//
// The answers are those that the framework gives without it, to the last value.
package fastpath

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Protocol is what the framework serves: the protocol with actions and lists.
type Protocol interface {
	tfprotov6.ProviderServer
	tfprotov6.ActionServer
	tfprotov6.ListResourceServer
}

// Server is the plugin protocol's server around the framework's.
type Server struct {
	Protocol
	kinds map[string]kind
	data  func() any
	from  int // see New
}

var _ Protocol = (*Server)(nil)

// kind is a type of resources.
type kind struct {
	new      func() resource.Resource
	value    tftypes.Object
	identity tftypes.Type             // nil for a type without identities
	defaults map[string]tftypes.Value // nil when not all are known
	detached []string                 // names of attributes
	results  map[string]bool          // of these, those that are not arguments
}

// DetachFrom is the size of a request or an answer, in bytes, from which on taking
// attributes out costs less than it saves.
const DetachFrom = 4 << 10

// New returns a server over p for these resources, which are those that p serves.
// data returns what the provider passes to Configure of its resources. Attributes
// are detached from values of detachFrom bytes on, usually [DetachFrom]. It returns
// an error when an attribute is detached that must not be.
func New(p Protocol, typeName string, resources []func() resource.Resource, data func() any, detachFrom int) (*Server, error) {
	s := &Server{Protocol: p, data: data, kinds: make(map[string]kind, len(resources)), from: detachFrom}
	for _, newResource := range resources {
		name, k, err := kindOf(typeName, newResource)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		s.kinds[name] = k
	}
	return s, nil
}

func kindOf(typeName string, newResource func() resource.Resource) (string, kind, error) {
	ctx := context.Background()
	r := newResource()
	var name resource.MetadataResponse
	r.Metadata(ctx, resource.MetadataRequest{ProviderTypeName: typeName}, &name)
	var schema resource.SchemaResponse
	r.Schema(ctx, resource.SchemaRequest{}, &schema)
	value, _ := schema.Schema.Type().TerraformType(ctx).(tftypes.Object)
	k := kind{new: newResource, value: value}
	if all, ok := defaultsOf(ctx, schema.Schema); ok {
		k.defaults = all
	}
	if r, ok := r.(resource.ResourceWithIdentity); ok {
		var identity resource.IdentitySchemaResponse
		r.IdentitySchema(ctx, resource.IdentitySchemaRequest{}, &identity)
		k.identity = identity.IdentitySchema.Type().TerraformType(ctx)
	}
	if d, ok := r.(detaching); ok {
		k.detached, k.results = d.detachedNames(), make(map[string]bool)
		if err := checkDetached(d.whole(), schema.Schema, k.detached); err != nil {
			return name.TypeName, kind{}, err
		}
		for _, detached := range k.detached {
			k.results[detached] = isResult(schema.Schema.Attributes[detached])
		}
	}
	return name.TypeName, k, nil
}
