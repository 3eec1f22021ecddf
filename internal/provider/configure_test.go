package provider_test

import (
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// clearEnvironment removes a developer's own settings from the environment of a test.
func clearEnvironment(t *testing.T) {
	t.Helper()
	for _, name := range []string{"RUNPOD_API_KEY", "RUNPOD_ENDPOINT_BASE_URL", "RUNPOD_ENDPOINT_ID", "TF_APPEND_USER_AGENT"} {
		t.Setenv(name, "")
	}
}

func TestConfigure_invalid(t *testing.T) {
	clearEnvironment(t)
	for name, tc := range map[string]struct {
		config acctest.Values
		path   string
		error  string
	}{
		"no key":           {acctest.Values{}, "api_key", "RUNPOD_API_KEY"},
		"an empty key":     {acctest.Values{"api_key": "Bearer "}, "api_key", ""},
		"http elsewhere":   {acctest.Values{"api_key": "k", "base_url": "http://api.example.com/v2"}, "base_url", "clear text"},
		"an address":       {acctest.Values{"api_key": "k", "base_url": "127.0.0.1:8911/v2"}, "base_url", "such as http://127.0.0.1:8911/v2"},
		"a host alone":     {acctest.Values{"api_key": "k", "base_url": "gateway.example.com:8443/v2"}, "base_url", "such as https://gateway.example.com:8443/v2"},
		"no URL":           {acctest.Values{"api_key": "k", "base_url": "api.example.com"}, "base_url", "https://"},
		"an endpoint path": {acctest.Values{"api_key": "k", "endpoint_id": "a/b"}, "endpoint_id", "letters, digits"},
		"authorization":    {acctest.Values{"api_key": "k", "headers": acctest.Values{"authorization": "x"}}, "headers", "cannot be overridden"},
		"a certificate":    {acctest.Values{"api_key": "k", "ca_cert_pem": "nonsense"}, "ca_cert_pem", "no certificate"},
		"a key alone":      {acctest.Values{"api_key": "k", "client_cert_pem": "", "client_key_pem": "secret"}, "client_cert_pem", "is empty"},
		"a timeout":        {acctest.Values{"api_key": "k", "request_timeout": "1h"}, "request_timeout", "1s to 10m"},
	} {
		t.Run(name, func(t *testing.T) {
			p := acctest.NewUnconfiguredProtocolServer(t)
			diags := p.ValidateProviderConfig(t.Context(), tc.config)
			if !diags.HasError() {
				diags = p.Configure(t.Context(), tc.config)
			}
			for _, d := range diags {
				if d.Attribute != nil && strings.Contains(d.Attribute.String(), tc.path) && strings.Contains(d.Detail, tc.error) {
					return
				}
			}
			t.Errorf("no error at %s with %q: %s", tc.path, tc.error, diags)
		})
	}
}

// TestConfigure_environment: the environment sets what arguments do not, and
// RUNPOD_BASE_URL is not read.
func TestConfigure_environment(t *testing.T) {
	clearEnvironment(t)
	sim := simtest.Start(t, simulator.Options{})
	t.Setenv("RUNPOD_API_KEY", "Bearer "+sim.APIKey)
	t.Setenv("RUNPOD_ENDPOINT_BASE_URL", sim.URL)
	t.Setenv("RUNPOD_ENDPOINT_ID", "other")
	t.Setenv("RUNPOD_BASE_URL", "https://rest.example.com")
	t.Setenv("TF_APPEND_USER_AGENT", "pipeline/7")
	p := acctest.NewUnconfiguredProtocolServer(t)
	p.Configure(t.Context(), acctest.Values{"endpoint_id": "demo"}).RequireNone(t)
	_, diags := p.ReadDataSource(t.Context(), "runpodserverless_endpoint_health", acctest.Values{})
	diags.RequireNone(t)
	x := sim.Journal()[0]
	if x.Endpoint != "demo" || x.AuthScheme != "Bearer" || !strings.HasSuffix(x.Header.Get("User-Agent"), "pipeline/7") ||
		!strings.HasPrefix(x.Header.Get("User-Agent"), "terraform-provider-runpodserverless/"+acctest.Version) {
		t.Errorf("%+v", x)
	}
}

// TestConfigure_unknown: a key that is unknown until the apply is not an error until a
// request needs it.
func TestConfigure_unknown(t *testing.T) {
	clearEnvironment(t)
	p := acctest.NewUnconfiguredProtocolServer(t)
	p.Configure(t.Context(), acctest.Values{"api_key": acctest.Unknown, "endpoint_id": "demo"}).RequireNone(t)
	p.PlanResource(t.Context(), "runpodserverless_job", nil, acctest.Values{"input": acctest.Values{"a": 1}}).Diagnostics.RequireNone(t)
	_, diags := p.ReadDataSource(t.Context(), "runpodserverless_endpoint_health", acctest.Values{})
	if !strings.Contains(diags.String(), "known only after apply") {
		t.Error(diags)
	}
}
