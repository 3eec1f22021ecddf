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

// twice asks the framework as well wherever the provider may have answered
// without it, and fails the call when the answers differ. So every test of a
// resource is a test of the shortcuts.
type twice struct {
	*fastpath.Server
	framework *asked
	schema    func() (*tfprotov6.GetProviderSchemaResponse, error)
}

var _ fastpath.Protocol = (*twice)(nil)

// asked is the framework's server, which remembers what the provider asks it.
type asked struct {
	fastpath.Protocol
	mu    sync.Mutex
	about map[any]bool // requests
}

func (a *asked) remember(req any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.about[req] = true
}

// forget tells whether the framework was asked about a request.
func (a *asked) forget(req any) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	was := a.about[req]
	delete(a.about, req)
	return was
}

func (a *asked) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	a.remember(req)
	return a.Protocol.ReadResource(ctx, req)
}

func (a *asked) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	a.remember(req)
	return a.Protocol.ValidateResourceConfig(ctx, req)
}

func (a *asked) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	a.remember(req)
	return a.Protocol.PlanResourceChange(ctx, req)
}

// newTwice returns the provider in process.
func newTwice(options ...provider.Option) (*twice, error) {
	server, err := provider.NewServer(Version, options...)
	if err != nil {
		return nil, err
	}
	framework := &asked{Protocol: server.Protocol, about: make(map[any]bool)}
	server.Protocol = framework
	return &twice{Server: server, framework: framework, schema: sync.OnceValues(func() (*tfprotov6.GetProviderSchemaResponse, error) {
		return server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{})
	})}, nil
}

// ValidateResourceConfig implements tfprotov6.ResourceServer.
func (t *twice) ValidateResourceConfig(ctx context.Context, req *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return check(ctx, t, req, req.TypeName, t.Server.ValidateResourceConfig, t.framework.Protocol.ValidateResourceConfig)
}

// PlanResourceChange implements tfprotov6.ResourceServer.
func (t *twice) PlanResourceChange(ctx context.Context, req *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return check(ctx, t, req, req.TypeName, t.Server.PlanResourceChange, t.framework.Protocol.PlanResourceChange)
}

// ReadResource implements tfprotov6.ResourceServer.
func (t *twice) ReadResource(ctx context.Context, req *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return check(ctx, t, req, req.TypeName, t.Server.ReadResource, t.framework.Protocol.ReadResource)
}

// check returns the provider's answer, and asks the framework where the provider
// did not, which makes no request to the API either, then.
func check[Q, R any](ctx context.Context, t *twice, req *Q, typeName string, provider, framework func(context.Context, *Q) (*R, error)) (*R, error) {
	got, err := provider(ctx, req)
	if t.framework.forget(req) || err != nil {
		return got, err
	}
	want, err := framework(ctx, req)
	if err != nil {
		return want, err
	}
	return got, differ(t, typeName, got, want)
}

// differ compares two answers, value by value: the order in which the members
// of a map are written says nothing.
func differ[R any](t *twice, typeName string, got, want *R) error {
	schema, err := t.schema()
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
			return fmt.Errorf("the fastpath's answer about a %s differs from the framework's in %s:\n%+v\n%+v", typeName, a.Type().Field(i).Name, a.Field(i), b.Field(i))
		}
	}
	return nil
}

// same compares one field of two answers.
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
