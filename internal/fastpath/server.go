// Package fastpath saves the plugin framework work. The framework walks the whole value
// of a resource once for each attribute of its schema, which for a thousand jobs is
// most of the time of a plan. The package has two mechanisms.
//
// No-op: a refresh or a plan of a resource that nothing can change is answered from the
// request alone, see [Noop].
//
// Detach: attributes that grow with the number of jobs are taken out of a request
// before the framework sees it and restored in its response, see [Detach].
//
// The responses equal those of the framework alone.
package fastpath

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Protocol is the part of the plugin protocol that the framework serves: with actions
// and list resources.
type Protocol interface {
	tfprotov6.ProviderServer
	tfprotov6.ActionServer
	tfprotov6.ListResourceServer
}

// Server wraps the framework's server.
type Server struct {
	Protocol
	kinds     map[string]kind
	data      func() any
	threshold int // see New
}

var _ Protocol = (*Server)(nil)

// kind is a resource type.
type kind struct {
	new      func() resource.Resource
	value    tftypes.Object
	identity tftypes.Type             // nil for a type without identity
	defaults map[string]tftypes.Value // nil if not all are known
	detached []string                 // names of the detached attributes
	results  map[string]bool          // the results among these; the others are arguments
}

// DetachThreshold is the minimum size of a request or a response, in bytes, for which
// detaching attributes pays off.
const DetachThreshold = 4 << 10

// New returns a server that wraps p and handles the resources that p serves. data
// returns what the provider passes to Configure of its resources. Attributes are
// detached from values of threshold bytes or more, usually [DetachThreshold]. It
// returns an error if a resource detaches an attribute that [Detach] does not allow.
func New(p Protocol, typeName string, resources []func() resource.Resource, data func() any, threshold int) (*Server, error) {
	s := &Server{Protocol: p, data: data, kinds: make(map[string]kind, len(resources)), threshold: threshold}
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
		if err := checkDetached(d.unwrap(), schema.Schema, k.detached); err != nil {
			return name.TypeName, kind{}, err
		}
		for _, detached := range k.detached {
			k.results[detached] = isResult(schema.Schema.Attributes[detached])
		}
	}
	return name.TypeName, k, nil
}
