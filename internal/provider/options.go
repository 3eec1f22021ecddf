package provider

import (
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
)

// Option configures the provider that [New] and [NewServer] return.
type Option func(*runpodProvider)

// ForDebugger makes the server serve several runs, as a server in a debugger does:
// after a stop, the next configuration begins a new run.
func ForDebugger(debug bool) Option {
	return func(p *runpodProvider) { p.reusable = debug }
}

// WithTransport sends every request through t instead of the network. It is for tests
// in fake time, in which a real network does not work.
func WithTransport(t http.RoundTripper) Option {
	return func(p *runpodProvider) { p.transport = t }
}

// WithFramework replaces the framework's server with what wrap returns, and detaches
// attributes of any size. It is for tests that compare the fast path with the framework
// alone.
func WithFramework(wrap func(framework fastpath.Protocol) fastpath.Protocol) Option {
	return func(p *runpodProvider) { p.wrapFramework, p.detachThreshold = wrap, 0 }
}

// WithResources replaces each resource with what wrap returns. It is for tests that
// record the requests to a resource and its responses.
func WithResources(wrap func(resource.Resource) resource.Resource) Option {
	return func(p *runpodProvider) { p.wrapResource = wrap }
}
