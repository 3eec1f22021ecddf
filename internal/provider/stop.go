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

// streamGrace is how long an action or a list may take to end after a stop. It is
// longer than an interrupted submission or the cancellation of a job takes.
const streamGrace = 15 * time.Second

// Stoppable is the provider's server. It records that Terraform has asked the provider
// to stop. The libraries cancel only the calls that are in flight at that time: a call
// that Terraform had already decided on and that arrives a moment later would submit a
// job after Ctrl-C and wait for it.
type Stoppable struct {
	fastpath.Protocol
	openJobs *jobrun.OpenJobs
	reusable bool
	calls    inFlight // those that may have a job, including streams
	streams  inFlight // actions and lists

	mu      sync.Mutex
	stopped context.Context
	stop    context.CancelFunc
}

var _ fastpath.Protocol = (*Stoppable)(nil)

// newStoppable returns a server around s that cancels every call that is in flight, or
// arrives later, once Terraform has asked the provider to stop. A reusable server, for
// a debugger, serves several runs: each configuration begins a new one.
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

// StopProvider implements tfprotov6.ProviderServer. It returns once the actions and
// lists in flight have delivered their last event: the plugin library delivers none
// after that, and Terraform takes a stream that ends without an error for a success.
func (s *Stoppable) StopProvider(ctx context.Context, req *tfprotov6.StopProviderRequest) (*tfprotov6.StopProviderResponse, error) {
	s.end()
	resp, err := s.Protocol.StopProvider(ctx, req)
	ctx, cancel := context.WithTimeout(ctx, streamGrace)
	defer cancel()
	s.streams.wait(ctx)
	return resp, err
}

// End ends the calls in flight and cancels the jobs that nothing would read any more.
// It is called before the process exits. It returns when that is done or ctx ends, and
// calls failed for each job that could not be cancelled.
func (s *Stoppable) End(ctx context.Context, failed func(jobrun.OpenJob, error)) {
	s.end()
	var meanwhile sync.WaitGroup
	meanwhile.Go(func() { s.openJobs.CancelAll(ctx, failed) })
	s.calls.wait(ctx)
	meanwhile.Wait()
	s.openJobs.CancelAll(ctx, failed) // jobs that were opened meanwhile
}

func (s *Stoppable) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stop()
}

// begin returns a context for one call, which is cancelled when the provider is
// stopped, and a function to be called at the end of the call.
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

// beginStream is [Stoppable.begin] for a call that returns a stream of events.
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

// CloseEphemeralResource implements tfprotov6.EphemeralResourceServer. A stop does not
// cancel it, because it is the cleanup.
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
	return &tfprotov6.InvokeActionServerStream{Events: drained(stream.Events, end)}, nil
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

// drained returns a sequence that calls end after its last element. It runs to its end
// even if the consumer stops early: an action may then have a job to cancel, and the
// framework would block it until its next message is consumed.
func drained[E any](events iter.Seq[E], end func()) iter.Seq[E] {
	return func(push func(E) bool) {
		defer end()
		taken := true
		events(func(event E) bool {
			taken = taken && push(event)
			return true
		})
	}
}

// inFlight counts calls that have begun and not ended.
type inFlight struct {
	mu    sync.Mutex
	count int
	idle  chan struct{} // closed when the count reaches 0; nil if nothing waits
}

// begin adds a call to the count until end is called, once.
func (f *inFlight) begin() (end func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.count--; f.count == 0 && f.idle != nil {
			close(f.idle)
			f.idle = nil
		}
	}
}

// wait returns when no call is in flight or ctx ends.
func (f *inFlight) wait(ctx context.Context) {
	f.mu.Lock()
	if f.count == 0 {
		f.mu.Unlock()
		return
	}
	if f.idle == nil {
		f.idle = make(chan struct{})
	}
	idle := f.idle
	f.mu.Unlock()
	select {
	case <-idle:
	case <-ctx.Done():
	}
}
