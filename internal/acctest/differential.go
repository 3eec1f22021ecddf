package acctest

import (
	"context"
	"fmt"
	"reflect"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/provider"
)

// differential compares the provider with the framework alone: if the provider has not
// forwarded a request to the framework unchanged, differential sends it there, too, and
// fails the call if the responses differ. So every acceptance test of a resource is a
// test of the fast path. The call of a resource's own method is recorded and not
// repeated; both must call it with the same arguments.
type differential struct {
	fastpath.Protocol // the provider
	framework         *asked
}

var _ fastpath.Protocol = (*differential)(nil)

// asked is the framework's server. It records the requests of the provider.
type asked struct {
	fastpath.Protocol
	mu     sync.Mutex
	about  map[any]bool // requests
	notify func(what string)
}

func (a *asked) remember(what string, req any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.about[req] = true
	if a.notify != nil {
		a.notify(what)
	}
}

// forget reports whether the framework got exactly this request, and forgets it.
func (a *asked) forget(req any) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.about[req]
	delete(a.about, req)
	return was
}

func (a *asked) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	a.remember("read", req)
	return a.Protocol.ReadResource(ctx, req)
}

func (a *asked) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	a.remember("validate", req)
	return a.Protocol.ValidateResourceConfig(ctx, req)
}

func (a *asked) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	a.remember("plan", req)
	return a.Protocol.PlanResourceChange(ctx, req)
}

func (a *asked) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	a.remember("apply", req)
	return a.Protocol.ApplyResourceChange(ctx, req)
}

// newDifferential returns the provider in process.
func newDifferential(options ...provider.Option) (*differential, error) {
	framework := &asked{about: make(map[any]bool)}
	server, err := provider.NewServer(Version, append(options, provider.WithResources(record),
		provider.WithFramework(func(p fastpath.Protocol) fastpath.Protocol {
			framework.Protocol = p
			return framework
		}))...)
	if err != nil {
		return nil, err
	}
	return &differential{Protocol: server, framework: framework}, nil
}

// ValidateResourceConfig implements tfprotov6.ResourceServer.
func (d *differential) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return check(ctx, d, req, req.TypeName, d.Protocol.ValidateResourceConfig, d.framework.Protocol.ValidateResourceConfig)
}

// PlanResourceChange implements tfprotov6.ResourceServer.
func (d *differential) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return check(ctx, d, req, req.TypeName, d.Protocol.PlanResourceChange, d.framework.Protocol.PlanResourceChange)
}

// ReadResource implements tfprotov6.ResourceServer.
func (d *differential) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return check(ctx, d, req, req.TypeName, d.Protocol.ReadResource, d.framework.Protocol.ReadResource)
}

// ApplyResourceChange implements tfprotov6.ResourceServer.
func (d *differential) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return check(ctx, d, req, req.TypeName, d.Protocol.ApplyResourceChange, d.framework.Protocol.ApplyResourceChange)
}

// maxAlone is the maximum size, in bytes, of a request that is sent to the framework
// alone: larger ones would take minutes.
const maxAlone = 128 << 10

// check returns the provider's response, after comparing it with the framework's if the
// provider did not forward the request unchanged.
func check[Q, R any](ctx context.Context, d *differential, req *Q, typeName string, provider, framework func(context.Context, *Q) (*R, error)) (*R, error) {
	r := &recording{}
	got, err := provider(context.WithValue(ctx, recordingKey{}, r), req)
	if d.framework.forget(req) || err != nil || sizeOf(req) > maxAlone {
		return got, err
	}
	want, err := framework(r.again(ctx), req)
	if err != nil {
		return want, err
	}
	return got, differ(typeName, got, want)
}

// sizeOf returns the size of a request's values in bytes.
func sizeOf(req any) int {
	n := 0
	fields := reflect.ValueOf(req).Elem()
	for i := range fields.NumField() {
		if value, ok := fields.Field(i).Interface().(*tfprotov6.DynamicValue); ok && value != nil {
			n += len(value.MsgPack)
		}
	}
	return n
}

// differ compares two responses, value by value, because the encoding of a map has no
// defined order.
func differ[R any](typeName string, got, want *R) error {
	schema, err := providerSchema()
	if err != nil {
		return err
	}
	a, b := reflect.ValueOf(got).Elem(), reflect.ValueOf(want).Elem()
	for i := range a.NumField() {
		equal, err := same(schema.ResourceSchemas[typeName], a.Field(i), b.Field(i))
		if err != nil {
			return err
		}
		if !equal {
			return fmt.Errorf("the fast path's response for %s differs from the framework's in %s:\n%+v\n%+v", typeName, a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	}
	return nil
}

// same compares one field of two responses.
func same(schema *tfprotov6.Schema, a, b reflect.Value) (bool, error) {
	left, ok := a.Interface().(*tfprotov6.DynamicValue)
	right, _ := b.Interface().(*tfprotov6.DynamicValue)
	switch {
	case ok && left != nil && right != nil && schema != nil:
		l, err := left.Unmarshal(schema.ValueType())
		if err != nil {
			return false, err
		}
		r, err := right.Unmarshal(schema.ValueType())
		return err == nil && l.Equal(r), err
	case a.Kind() == reflect.Slice && a.Len()+b.Len() == 0:
		return true, nil
	default:
		return reflect.DeepEqual(a.Interface(), b.Interface()), nil
	}
}
