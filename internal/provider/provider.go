// Package provider contains the provider's configuration and the list of its types.
package provider

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/list"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/fastpath"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/service/batch"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/service/endpoint"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/service/job"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/service/jobset"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/service/queue"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/service/worker"
)

// TypeName is the provider's name and the prefix of every type name.
const TypeName = "runpodserverless"

var (
	_ provider.Provider                       = (*runpodProvider)(nil)
	_ provider.ProviderWithActions            = (*runpodProvider)(nil)
	_ provider.ProviderWithEphemeralResources = (*runpodProvider)(nil)
	_ provider.ProviderWithListResources      = (*runpodProvider)(nil)
)

type runpodProvider struct {
	version   string
	transport http.RoundTripper                     // nil for the network
	data      atomic.Pointer[jobmodel.ProviderData] // nil until it is configured
	openJobs  *jobrun.OpenJobs
	ledgers   *ledger.Registry

	reusable        bool // see ForDebugger
	detachThreshold int
	wrapFramework   func(fastpath.Protocol) fastpath.Protocol // nil for none
	wrapResource    func(resource.Resource) resource.Resource // nil for none
}

// WithLedgers makes the provider use a ledger of this registry, which outlives the
// provider. Without this option the ledger is in memory only.
func WithLedgers(r *ledger.Registry) Option {
	return func(p *runpodProvider) { p.ledgers = r }
}

// New returns a constructor of the provider, in the form that the plugin server takes.
func New(version string, options ...Option) func() provider.Provider {
	return func() provider.Provider { return newProvider(version, options) }
}

func newProvider(version string, options []Option) *runpodProvider {
	p := &runpodProvider{version: version, openJobs: new(jobrun.OpenJobs), ledgers: new(ledger.Registry), detachThreshold: fastpath.DetachThreshold}
	for _, option := range options {
		option(p)
	}
	return p
}

// Metadata implements provider.Provider.
func (p *runpodProvider) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = TypeName
	resp.Version = p.version
}

// Resources implements provider.Provider.
func (p *runpodProvider) Resources(context.Context) []func() resource.Resource {
	return []func() resource.Resource{
		p.wrapped(batch.NewResource),
		fastpath.Detach(p.wrapped(job.NewResource), "input", "output", "sensitive_output"),
		fastpath.Detach(p.wrapped(jobset.NewResource), "inputs", "jobs", "outputs", "sensitive_outputs"),
		p.wrapped(queue.NewPurgeResource),
	}
}

// wrapped returns a constructor of the resource, or of its replacement in a test.
func (p *runpodProvider) wrapped(newResource func() resource.Resource) func() resource.Resource {
	if p.wrapResource == nil {
		return newResource
	}
	return func() resource.Resource { return p.wrapResource(newResource()) }
}

// DataSources implements provider.Provider.
func (p *runpodProvider) DataSources(context.Context) []func() datasource.DataSource {
	return []func() datasource.DataSource{
		endpoint.NewHealthDataSource,
		job.NewDataSource,
		job.NewStreamDataSource,
		worker.NewEndpointWorkersDataSource,
		worker.NewWorkerLogsDataSource,
	}
}

// EphemeralResources implements provider.ProviderWithEphemeralResources.
func (p *runpodProvider) EphemeralResources(context.Context) []func() ephemeral.EphemeralResource {
	return []func() ephemeral.EphemeralResource{
		job.NewEphemeralResource,
	}
}

// Actions implements provider.ProviderWithActions.
func (p *runpodProvider) Actions(context.Context) []func() action.Action {
	return []func() action.Action{
		job.NewRunAction,
		job.NewCancelAction,
		job.NewRetryAction,
		queue.NewPurgeAction,
	}
}

// ListResources implements provider.ProviderWithListResources.
func (p *runpodProvider) ListResources(context.Context) []func() list.ListResource {
	return []func() list.ListResource{
		batch.NewListResource,
	}
}
