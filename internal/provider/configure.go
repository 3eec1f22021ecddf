package provider

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

// Environment variables for arguments; [runpod.API] has those for the addresses.
// RUNPOD_BASE_URL is not among them: the official provider reads it as the address of
// another API.
const (
	envAPIKey     = "RUNPOD_API_KEY" //nolint:gosec // the name of a variable, not a key
	envEndpointID = "RUNPOD_ENDPOINT_ID"
	envUserAgent  = "TF_APPEND_USER_AGENT"
	envVendorURL  = "RUNPOD_BASE_URL"
	envLedgerDir  = "RUNPODSERVERLESS_LEDGER_DIR"
	envDataDir    = "TF_DATA_DIR"
)

// The default folder of the ledger.
const (
	defaultDataDir = ".terraform"
	ledgerFolder   = "runpodserverless-ledger"
)

// Configure implements provider.Provider. It sends no request.
func (p *runpodProvider) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	var m model
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	data := &jobmodel.ProviderData{EndpointID: m.endpointID(&resp.Diagnostics)}
	if m.known() {
		options := m.options(ctx, &resp.Diagnostics)
		if resp.Diagnostics.HasError() {
			return
		}
		options.UserAgent = userAgent(p.version, req.TerraformVersion)
		options.Transport = p.transport
		client, err := runpod.New(options)
		if err != nil {
			resp.Diagnostics.Append(diagnose.Configuration(err).Error())
			return
		}
		options.BaseURL, options.AddressHint = m.managementBaseURL(&resp.Diagnostics), ""
		if resp.Diagnostics.HasError() {
			return
		}
		management, err := runpod.NewManagement(options)
		if err != nil {
			resp.Diagnostics.Append(diagnose.Configuration(err).Error())
			return
		}
		data = jobmodel.NewProviderData(client, data.EndpointID, p.openJobs)
		data.Management, data.WorkerLogLines = management, m.WorkerLogLines.ValueInt64()
	}
	data.Ledger = p.ledgers.Open(m.ledgerDir(), func(err error) {
		tflog.Warn(ctx, "The ledger cannot be used: an apply that is killed may submit jobs a second time", map[string]any{"error": err.Error()})
	})
	p.data.Store(data)
	resp.DataSourceData = data
	resp.ResourceData = data
	resp.EphemeralResourceData = data
	resp.ActionData = data
	resp.ListResourceData = data
}

// ledgerDir returns the folder of the ledger; "" for none. It must be known before
// anything is submitted.
func (m model) ledgerDir() string {
	if !m.LedgerDir.IsNull() {
		return m.LedgerDir.ValueString()
	}
	if dir := os.Getenv(envLedgerDir); dir != "" {
		return dir
	}
	data := os.Getenv(envDataDir)
	if data == "" {
		data = defaultDataDir
	}
	return filepath.Join(data, ledgerFolder)
}

// known reports whether a client can be created: no argument is unknown.
func (m model) known() bool {
	for _, v := range []attr.Value{
		m.APIKey, m.BaseURL, m.RequestTimeout, m.MaxRetries, m.RetryMinWait, m.RetryMaxWait,
		m.MaxConcurrentRequests, m.CACertPEM, m.ClientCertPEM, m.ClientKeyPEM, m.Headers,
		m.ManagementBaseURL, m.WorkerLogLines,
	} {
		if v.IsUnknown() {
			return false
		}
	}
	for _, v := range m.Headers.Elements() {
		if v.IsUnknown() {
			return false
		}
	}
	return true
}

func (m model) endpointID(diags *diag.Diagnostics) types.String {
	if !m.EndpointID.IsNull() {
		return m.EndpointID
	}
	id := os.Getenv(envEndpointID)
	if id == "" {
		return types.StringNull()
	}
	if err := runpod.CheckID(id); err != nil {
		diags.Append(diagnose.EndpointVariable(envEndpointID, id, err).ErrorAt(path.Root("endpoint_id")))
	}
	return types.StringValue(id)
}

// options returns the client's options from the block and the environment.
func (m model) options(ctx context.Context, diags *diag.Diagnostics) runpod.Options {
	o := runpod.Options{OnEvent: logEvent}
	o.APIKey = m.apiKey(diags)
	o.BaseURL = m.baseURL(diags)
	if o.BaseURL == "" && os.Getenv(envVendorURL) != "" {
		// The variable is not wrong if it is set for the official provider, so it is
		// mentioned only when a request fails in a way that a wrong address would
		// explain.
		o.AddressHint = envVendorURL + " is set, but this provider does not read it: it is the address of another API, which the official provider uses. " +
			"The request went to " + runpod.DefaultBaseURL + ". If it was to go elsewhere, set " + runpod.OpRun.API().Variable + " or base_url."
	}
	o.RequestTimeout = duration(m.RequestTimeout, diags)
	o.RetryMinWait = duration(m.RetryMinWait, diags)
	o.RetryMaxWait = duration(m.RetryMaxWait, diags)
	if !m.MaxRetries.IsNull() {
		n := int(m.MaxRetries.ValueInt64())
		o.MaxRetries = &n
	}
	o.MaxConcurrent = int(m.MaxConcurrentRequests.ValueInt64())
	if !m.Headers.IsNull() {
		diags.Append(m.Headers.ElementsAs(ctx, &o.Headers, false)...)
		for name, value := range o.Headers {
			if err := runpod.CheckHeader(name, value); err != nil {
				diags.Append(diagnose.Header(err).ErrorAt(path.Root("headers").AtMapKey(name)))
			}
		}
	}
	o.TLS = m.tls(diags)
	return o
}

// duration returns the value of an argument; 0, which means the default, if it is not
// set.
func duration(v validators.DurationValue, diags *diag.Diagnostics) time.Duration {
	if v.IsNull() {
		return 0
	}
	d, moreDiags := v.ValueGoDuration()
	diags.Append(moreDiags...)
	return d
}

func (m model) apiKey(diags *diag.Diagnostics) string {
	key := m.APIKey.ValueString()
	if m.APIKey.IsNull() {
		key = os.Getenv(envAPIKey)
	}
	if strings.TrimSpace(key) == "" {
		diags.Append(diagnose.APIKeyMissing(envAPIKey).ErrorAt(path.Root("api_key")))
		return ""
	}
	key, err := runpod.NormalizeAPIKey(key)
	if err != nil {
		diags.Append(diagnose.APIKey(err).ErrorAt(path.Root("api_key")))
	}
	return key
}

func (m model) baseURL(diags *diag.Diagnostics) string {
	return baseURL(m.BaseURL, runpod.OpRun.API(), diags)
}

func (m model) managementBaseURL(diags *diag.Diagnostics) string {
	return baseURL(m.ManagementBaseURL, runpod.OpWorkers.API(), diags)
}

// baseURL returns the address of an API from its argument or else from the environment,
// whose value is validated here. "" means the default.
func baseURL(argument types.String, api runpod.API, diags *diag.Diagnostics) string {
	if !argument.IsNull() {
		return argument.ValueString()
	}
	base := os.Getenv(api.Variable)
	if base != "" {
		if _, err := runpod.ParseBaseURL(base); err != nil {
			diags.Append(diagnose.Variable(api.Variable, err).ErrorAt(path.Root(api.Argument)))
		}
	}
	return base
}

// tls returns nil if the defaults apply.
func (m model) tls(diags *diag.Diagnostics) *tls.Config {
	if m.CACertPEM.IsNull() && m.ClientCertPEM.IsNull() {
		return nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca := m.CACertPEM.ValueString(); ca != "" {
		roots, err := x509.SystemCertPool()
		if err != nil {
			roots = x509.NewCertPool()
		}
		if !roots.AppendCertsFromPEM([]byte(ca)) {
			diags.Append(diagnose.CACertificate().ErrorAt(path.Root("ca_cert_pem")))
		}
		config.RootCAs = roots
	}
	switch cert := m.ClientCertPEM.ValueString(); {
	case cert == "" && m.ClientKeyPEM.ValueString() != "":
		diags.Append(diagnose.ClientCertificateMissing().ErrorAt(path.Root("client_cert_pem")))
	case cert != "":
		pair, err := tls.X509KeyPair([]byte(cert), []byte(m.ClientKeyPEM.ValueString()))
		if err != nil {
			// The parser's error can quote the key's header, but never the key.
			diags.Append(diagnose.ClientCertificate(err).ErrorAt(path.Root("client_cert_pem")))
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config
}

func userAgent(version, terraformVersion string) string {
	agent := fmt.Sprintf("terraform-provider-%s/%s (+https://registry.terraform.io/providers/runpodserverless/runpodserverless) Terraform/%s", TypeName, version, terraformVersion)
	if extra := strings.TrimSpace(os.Getenv(envUserAgent)); extra != "" {
		agent += " " + extra
	}
	return agent
}

// logEvent logs one request. An event contains no headers and no bodies, so nothing in
// it needs to be masked.
func logEvent(ctx context.Context, e runpod.Event) {
	fields := map[string]any{
		"operation": string(e.Operation), "endpoint_id": e.EndpointID, "attempt": e.Attempt,
		"http_status": e.StatusCode, "duration_ms": e.Duration.Milliseconds(),
	}
	if e.JobID != "" {
		fields["job_id"] = runpod.Printable(e.JobID, runpod.MaxShown)
	}
	if e.Err != nil {
		fields["error"] = e.Err.Error()
		tflog.Warn(ctx, "Request to the API failed", fields)
		return
	}
	if len(e.Dropped) > 0 {
		fields["left_out"] = e.Dropped
	}
	tflog.Debug(ctx, "Request to the API", fields)
}
