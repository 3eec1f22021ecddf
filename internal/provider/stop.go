package provider

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
)

// stoppable remembers that Terraform asked the provider to stop. The libraries
// below end the calls that are under way at that moment, and no others: a call
// that Terraform had already decided on, and that arrives a moment later, would
// submit a job after Ctrl-C and wait for its end.
type stoppable struct {
	fastpath.Protocol
	reusable bool

	mu      sync.Mutex
	stopped context.Context
	stop    context.CancelFunc
}

var _ fastpath.Protocol = (*stoppable)(nil)

// NewStoppable returns a server over s that ends every call that is under way, or
// arrives later, once Terraform has asked the provider to stop. A reusable one, as
// a debugger has it, serves several runs: each configuration begins a new one.
func NewStoppable(s fastpath.Protocol, reusable bool) fastpath.Protocol {
	stopped, stop := context.WithCancel(context.Background())
	return &stoppable{Protocol: s, reusable: reusable, stopped: stopped, stop: stop}
}

// ConfigureProvider implements tfprotov6.ProviderServer.
func (s *stoppable) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	s.mu.Lock()
	if s.reusable && s.stopped.Err() != nil {
		s.stopped, s.stop = context.WithCancel(context.Background())
	}
	s.mu.Unlock()
	return s.Protocol.ConfigureProvider(ctx, req)
}

// StopProvider implements tfprotov6.ProviderServer.
func (s *stoppable) StopProvider(ctx context.Context, req *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	s.mu.Lock()
	s.stop()
	s.mu.Unlock()
	return s.Protocol.StopProvider(ctx, req)
}

// within returns a context for one call that ends when the provider is stopped.
func (s *stoppable) within(call context.Context) context.Context {
	s.mu.Lock()
	stopped := s.stopped
	s.mu.Unlock()
	ctx, cancel := context.WithCancel(call)
	if stopped.Err() != nil {
		cancel() // now, not a moment later in a goroutine of AfterFunc
		return ctx
	}
	unregister := context.AfterFunc(stopped, cancel)
	context.AfterFunc(ctx, func() { unregister() })
	return ctx
}

// ApplyResourceChange implements tfprotov6.ResourceServer.
func (s *stoppable) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return s.Protocol.ApplyResourceChange(s.within(ctx), req)
}

// ReadDataSource implements tfprotov6.DataSourceServer.
func (s *stoppable) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return s.Protocol.ReadDataSource(s.within(ctx), req)
}

// OpenEphemeralResource implements tfprotov6.EphemeralResourceServer.
func (s *stoppable) OpenEphemeralResource(ctx context.Context, req *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	return s.Protocol.OpenEphemeralResource(s.within(ctx), req)
}

// InvokeAction implements tfprotov6.ActionServer.
func (s *stoppable) InvokeAction(ctx context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	return s.Protocol.InvokeAction(s.within(ctx), req)
}
