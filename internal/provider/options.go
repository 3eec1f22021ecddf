package provider

import (
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
)

// Option changes the provider that New and NewServer make.
type Option func(*runpodProvider)

// ForDebugger makes a server that serves several runs, as one that a debugger
// started does: after a stop, the next configuration begins a new run.
func ForDebugger(debug bool) Option {
	return func(p *runpodProvider) { p.reusable = debug }
}

// WithTransport makes every request go through t instead of the network: for
// tests in fake time, which a network does not keep.
func WithTransport(t http.RoundTripper) Option {
	return func(p *runpodProvider) { p.transport = t }
}

// WithFramework puts what wrap returns in the place of the framework's server, and
// detaches attributes of any size: for tests that compare the fast path with the
// framework alone.
func WithFramework(wrap func(framework fastpath.Protocol) fastpath.Protocol) Option {
	return func(p *runpodProvider) { p.wrapFramework, p.detachFrom = wrap, 0 }
}

// WithResources puts what wrap returns in the place of each resource: for tests
// that record what a resource is asked and what it answers.
func WithResources(wrap func(resource.Resource) resource.Resource) Option {
	return func(p *runpodProvider) { p.wrapResource = wrap }
}
