package provider

import (
	"context"
	"iter"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
)

// streamGrace is how long an action or a list may take to end after a stop. It
// is more than the time for an interrupted submission, or for the cancelling of
// a job.
const streamGrace = 15 * time.Second

// Stoppable is the provider's server. It remembers that Terraform asked the
// provider to stop. The libraries below end the calls that are under way at that
// moment, and no others: a call that Terraform had already decided on, and that
// arrives a moment later, would submit a job after Ctrl-C and wait for its end.
type Stoppable struct {
	fastpath.Protocol
	openJobs *jobrun.OpenJobs
	reusable bool
	calls    underWay // those that may have a job, the streams included
	streams  underWay // actions and lists

	mu      sync.Mutex
	stopped context.Context
	stop    context.CancelFunc
}

var _ fastpath.Protocol = (*Stoppable)(nil)

// newStoppable returns a server over s that ends every call that is under way, or
// arrives later, once Terraform has asked the provider to stop. A reusable one, as
// a debugger has it, serves several runs: each configuration begins a new one.
func newStoppable(s fastpath.Protocol, reusable bool, open *jobrun.OpenJobs) *Stoppable {
	stopped, stop := context.WithCancel(context.Background())
	return &Stoppable{Protocol: s, openJobs: open, reusable: reusable, stopped: stopped, stop: stop}
}

// ConfigureProvider implements tfprotov6.ProviderServer.
func (s *Stoppable) ConfigureProvider(ctx context.Context, req *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	s.mu.Lock()
	if s.reusable && s.stopped.Err() != nil {
		s.stopped, s.stop = context.WithCancel(context.Background())
	}
	s.mu.Unlock()
	return s.Protocol.ConfigureProvider(ctx, req)
}

// StopProvider implements tfprotov6.ProviderServer. It returns once the actions
// and lists under way have delivered their last event: after that, the plugin
// protocol's server delivers none, and Terraform takes the end of a stream
// without an error for a success.
func (s *Stoppable) StopProvider(ctx context.Context, req *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	s.end()
	resp, err := s.Protocol.StopProvider(ctx, req)
	ctx, cancel := context.WithTimeout(ctx, streamGrace)
	defer cancel()
	s.streams.wait(ctx)
	return resp, err
}

// End is for the end of the process: it ends the calls that are under way, and
// cancels the jobs that nothing would ever ask for again. It returns when that is
// done or ctx ends, and calls failed for each job that could not be cancelled.
func (s *Stoppable) End(ctx context.Context, failed func(jobrun.OpenJob, error)) {
	s.end()
	var meanwhile sync.WaitGroup
	meanwhile.Go(func() { s.openJobs.CancelAll(ctx, failed) })
	s.calls.wait(ctx)
	meanwhile.Wait()
	s.openJobs.CancelAll(ctx, failed) // what was opened until then
}

func (s *Stoppable) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
}

// begin returns a context for one call that ends when the provider is stopped,
// and what to call at the call's end.
func (s *Stoppable) begin(call context.Context) (context.Context, func()) {
	s.mu.Lock()
	stopped := s.stopped
	s.mu.Unlock()
	ended := s.calls.begin()
	ctx, cancel := context.WithCancel(call)
	if stopped.Err() != nil {
		cancel() // now, not a moment later in a goroutine of AfterFunc
		return ctx, ended
	}
	unregister := context.AfterFunc(stopped, cancel)
	return ctx, func() {
		unregister()
		cancel()
		ended()
	}
}

// beginStream is begin for a call that Terraform reads events of.
func (s *Stoppable) beginStream(call context.Context) (context.Context, func()) {
	ctx, ended := s.begin(call)
	streamed := s.streams.begin()
	return ctx, func() {
		streamed()
		ended()
	}
}

// ApplyResourceChange implements tfprotov6.ResourceServer.
func (s *Stoppable) ApplyResourceChange(ctx context.Context, req *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	ctx, end := s.begin(ctx)
	defer end()
	return s.Protocol.ApplyResourceChange(ctx, req)
}

// ReadDataSource implements tfprotov6.DataSourceServer.
func (s *Stoppable) ReadDataSource(ctx context.Context, req *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	ctx, end := s.begin(ctx)
	defer end()
	return s.Protocol.ReadDataSource(ctx, req)
}

// OpenEphemeralResource implements tfprotov6.EphemeralResourceServer.
func (s *Stoppable) OpenEphemeralResource(ctx context.Context, req *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	ctx, end := s.begin(ctx)
	defer end()
	return s.Protocol.OpenEphemeralResource(ctx, req)
}

// CloseEphemeralResource implements tfprotov6.EphemeralResourceServer. A stop
// does not end it: it is what cleans up.
func (s *Stoppable) CloseEphemeralResource(ctx context.Context, req *tfprotov6.CloseEphemeralResourceRequest) (*tfprotov6.CloseEphemeralResourceResponse, error) {
	defer s.calls.begin()()
	return s.Protocol.CloseEphemeralResource(ctx, req)
}

// InvokeAction implements tfprotov6.ActionServer.
func (s *Stoppable) InvokeAction(ctx context.Context, req *tfprotov6.InvokeActionRequest) (*tfprotov6.InvokeActionServerStream, error) {
	ctx, end := s.beginStream(ctx)
	stream, err := s.Protocol.InvokeAction(ctx, req)
	if err != nil {
		end()
		return nil, err
	}
	return &tfprotov6.InvokeActionServerStream{Events: toItsEnd(stream.Events, end)}, nil
}

// ListResource implements tfprotov6.ListResourceServer.
func (s *Stoppable) ListResource(ctx context.Context, req *tfprotov6.ListResourceRequest) (*tfprotov6.ListResourceServerStream, error) {
	ctx, end := s.beginStream(ctx)
	stream, err := s.Protocol.ListResource(ctx, req)
	if err != nil {
		end()
		return nil, err
	}
	results := stream.Results
	return &tfprotov6.ListResourceServerStream{Results: func(push func(tfprotov6.ListResourceResult) bool) {
		defer end()
		results(push)
	}}, nil
}

// toItsEnd returns a sequence that calls end after its last element. It continues
// when nobody takes the elements any more: an action has a job to cancel then,
// and the framework would leave it waiting for its next message to be taken.
func toItsEnd[E any](events iter.Seq[E], end func()) iter.Seq[E] {
	return func(push func(E) bool) {
		defer end()
		taken := true
		events(func(event E) bool {
			taken = taken && push(event)
			return true
		})
	}
}

// underWay counts what has begun and not ended.
type underWay struct {
	mu    sync.Mutex
	count int
	none  chan struct{} // closed when the count falls to 0; nil while nobody waits
}

// begin counts one more until end is called, once.
func (u *underWay) begin() (end func()) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.count++
	return func() {
		u.mu.Lock()
		defer u.mu.Unlock()
		if u.count--; u.count == 0 && u.none != nil {
			close(u.none)
			u.none = nil
		}
	}
}

// wait returns when nothing is under way, or when ctx ends.
func (u *underWay) wait(ctx context.Context) {
	u.mu.Lock()
	if u.count == 0 {
		u.mu.Unlock()
		return
	}
	if u.none == nil {
		u.none = make(chan struct{})
	}
	none := u.none
	u.mu.Unlock()
	select {
	case <-none:
	case <-ctx.Done():
	}
}
