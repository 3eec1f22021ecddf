package jobmodel

import (
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/batchrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// ProviderData is the configured provider.
type ProviderData struct {
	// Client, Waiter, Runner and Batches are nil while the provider's configuration
	// holds values that are known only after apply.
	Client  *runpod.Client
	Waiter  *wait.Waiter
	Runner  *jobrun.Runner
	Batches *batchrun.Runner
	// Management reads workers and their logs; nil when Client is.
	Management *runpod.Management
	// WorkerLogLines is the number of last lines of workers' logs that errors show.
	WorkerLogLines int64
	// EndpointID is the default for every type, "" when there is none.
	EndpointID types.String
	// Ledger records what was submitted and is in no state yet.
	Ledger *ledger.Ledger
	// Handover passes results from a resource that is replaced to the one in its
	// place.
	Handover Handover
	// TaintedJobs are usable jobs of tainted sets that a refresh has read.
	TaintedJobs TaintedJobs
	// FailedJobs are jobs of tainted sets that a delete has removed.
	FailedJobs FailedJobs
	// Files are the files that resources write.
	Files payload.Registry
	// OpenJobs are the jobs of ephemeral resources. They belong to the process.
	OpenJobs *jobrun.OpenJobs
}

// NewProviderData returns the data of a provider that uses client, in a process
// that cancels the open jobs at its end.
func NewProviderData(client *runpod.Client, endpointID types.String, open *jobrun.OpenJobs) *ProviderData {
	waiter := wait.New(client)
	return &ProviderData{
		Client: client, Waiter: waiter, Runner: jobrun.New(client, waiter), Batches: batchrun.New(client),
		EndpointID: endpointID, OpenJobs: open,
	}
}

// ProviderDataFrom reads the value that the framework passes to Configure. It returns nil
// without an error before the provider is configured, as during validation. Resources
// are refreshed, planned and changed only after that. For the other kinds,
// [ProviderData.Ready] and what it needs also work on nil.
func ProviderDataFrom(value any, diags *diag.Diagnostics) *ProviderData {
	if value == nil {
		return nil
	}
	data, ok := value.(*ProviderData)
	if !ok {
		diags.Append(diagnose.UnexpectedProviderData(value).Error())
		return nil
	}
	return data
}

// Ready reports whether requests can be made, and reports why not.
func (d *ProviderData) Ready(diags *diag.Diagnostics) bool {
	if d != nil && d.Client != nil {
		return true
	}
	diags.Append(diagnose.NotConfigured().Error())
	return false
}

// ReadyFor is Ready for a request to an endpoint. The endpoint may be the provider's,
// and not known yet.
func (d *ProviderData) ReadyFor(endpointID types.String, diags *diag.Diagnostics) bool {
	if endpointID.IsUnknown() {
		diags.Append(diagnose.NotConfigured().Error())
		return false
	}
	return d.Ready(diags)
}

// Unconfigured reports whether no request can be made because the provider's
// configuration holds values that are not known yet.
func (d *ProviderData) Unconfigured() bool { return d != nil && d.Client == nil }

// ReadyToRead is ReadyFor for a data source, which is deferred instead if the CLI
// allows it. An unknown provider configuration is the only reason to defer, here and
// below: stable releases allow it during the apply, and refuse it then.
func (d *ProviderData) ReadyToRead(endpointID types.String, req datasource.ReadRequest, resp *datasource.ReadResponse) bool {
	if req.ClientCapabilities.DeferralAllowed && d.unknownFor(endpointID) {
		resp.Deferred = &datasource.Deferred{Reason: datasource.DeferredReasonProviderConfigUnknown}
		return false
	}
	return d.ReadyFor(endpointID, &resp.Diagnostics)
}

// ReadyToRefresh is Ready for the refresh of a resource, which is deferred instead if
// the CLI allows it. The plan of a resource needs no request and is never deferred: it
// can be applied once the values are known.
func (d *ProviderData) ReadyToRefresh(req resource.ReadRequest, resp *resource.ReadResponse) bool {
	if req.ClientCapabilities.DeferralAllowed && d.Unconfigured() {
		resp.Deferred = &resource.Deferred{Reason: resource.DeferredReasonProviderConfigUnknown}
		return false
	}
	return d.Ready(&resp.Diagnostics)
}

// ReadyToOpen is ReadyFor for an ephemeral resource, which is deferred instead if the
// CLI allows it.
func (d *ProviderData) ReadyToOpen(endpointID types.String, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) bool {
	if req.ClientCapabilities.DeferralAllowed && d.unknownFor(endpointID) {
		resp.Deferred = &ephemeral.Deferred{Reason: ephemeral.DeferredReasonProviderConfigUnknown}
		return false
	}
	return d.ReadyFor(endpointID, &resp.Diagnostics)
}

func (d *ProviderData) unknownFor(endpointID types.String) bool {
	return d.Unconfigured() || endpointID.IsUnknown()
}

// Endpoint returns the endpoint to use: the type's own argument, else the
// provider's default. It may be unknown. With neither, it reports an error at
// the argument.
func (d *ProviderData) Endpoint(own types.String, diags *diag.Diagnostics) types.String {
	if !own.IsNull() {
		return own
	}
	if d == nil {
		return types.StringUnknown()
	}
	if d.EndpointID.IsNull() {
		diags.Append(diagnose.EndpointMissing().ErrorAt(path.Root("endpoint_id")))
	}
	return d.EndpointID
}

// SameEndpoint reports whether a resource, which has an endpoint_id of its own or uses the
// provider's, still uses the stored endpoint.
func (d *ProviderData) SameEndpoint(own, stored tftypes.Value) bool {
	if !own.IsNull() {
		return own.Equal(stored)
	}
	var id string
	return stored.IsKnown() && stored.As(&id) == nil && d.EndpointID.Equal(types.StringValue(id))
}
