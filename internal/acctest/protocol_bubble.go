package acctest

import (
	"context"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/types"

	runpodserverless "github.com/runpodserverless/terraform-provider-runpodserverless/internal/provider"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/providerdata"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// NewBubbleProtocolServer returns a server that calls the simulator without a
// network, with the simulator's default key and endpoint: for a bubble of
// testing/synctest, in which minutes take no time. Both have to be made inside
// of the bubble.
func NewBubbleProtocolServer(t testing.TB, sim *simulator.Server) *ProtocolServer {
	t.Helper()
	client, err := runpod.New(runpod.Options{APIKey: simulator.DefaultAPIKey, Transport: simtest.RoundTripper(sim)})
	if err != nil {
		t.Fatal(err)
	}
	whole, ok := runpodserverless.New(Version)().(wholeProvider)
	if !ok {
		t.Fatal("the provider has no actions or no ephemeral resources")
	}
	p := serve(t, &bubbleProvider{whole, providerdata.New(client, types.StringValue(simulator.DefaultEndpointID))})
	p.Configure(t.Context(), Values{}).RequireNone(t)
	return p
}

// wholeProvider is all that the provider offers besides resources and data sources.
type wholeProvider interface {
	provider.ProviderWithActions
	provider.ProviderWithEphemeralResources
}

// bubbleProvider is the provider with a client of the test's choice.
type bubbleProvider struct {
	wholeProvider
	data *providerdata.Data
}

// Configure implements provider.Provider.
func (p *bubbleProvider) Configure(_ context.Context, _ provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	resp.DataSourceData, resp.ResourceData, resp.EphemeralResourceData, resp.ActionData = p.data, p.data, p.data, p.data
}
