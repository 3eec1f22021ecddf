package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/provider/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

// model is the provider block.
type model struct {
	APIKey                types.String             `tfsdk:"api_key"`
	BaseURL               types.String             `tfsdk:"base_url"`
	EndpointID            types.String             `tfsdk:"endpoint_id"`
	RequestTimeout        validators.DurationValue `tfsdk:"request_timeout"`
	MaxRetries            types.Int64              `tfsdk:"max_retries"`
	RetryMinWait          validators.DurationValue `tfsdk:"retry_min_wait"`
	RetryMaxWait          validators.DurationValue `tfsdk:"retry_max_wait"`
	MaxConcurrentRequests types.Int64              `tfsdk:"max_concurrent_requests"`
	CACertPEM             types.String             `tfsdk:"ca_cert_pem"`
	ClientCertPEM         types.String             `tfsdk:"client_cert_pem"`
	ClientKeyPEM          types.String             `tfsdk:"client_key_pem"`
	Headers               types.Map                `tfsdk:"headers"`
	LedgerDir             types.String             `tfsdk:"ledger_dir"`
	ManagementBaseURL     types.String             `tfsdk:"management_base_url"`
	WorkerLogLines        types.Int64              `tfsdk:"worker_log_lines"`
}

// Schema implements provider.Provider.
func (p *runpodProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Run one job or thousands on the queue-based endpoints of Runpod Serverless, gate on endpoint health, and purge queues.",
		Attributes: map[string]schema.Attribute{
			"api_key": schema.StringAttribute{
				Optional: true, Sensitive: true,
				MarkdownDescription: "API key. A leading `Bearer ` is accepted. Defaults to the environment variable `RUNPOD_API_KEY`.",
			},
			"base_url": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Base URL of the API. Plain `http` is accepted for loopback addresses only. Defaults to the environment variable `RUNPOD_ENDPOINT_BASE_URL`, then to `https://api.runpod.ai/v2`. `RUNPOD_BASE_URL` is not read: the official `runpod/runpod` provider uses it for another API.",
				Validators:          []validator.String{validators.BaseURL()},
			},
			"endpoint_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "ID of the endpoint to use where a block has no `endpoint_id` of its own. Defaults to the environment variable `RUNPOD_ENDPOINT_ID`.",
				Validators:          []validator.String{validators.EndpointID()},
			},
			"request_timeout": schema.StringAttribute{
				Optional: true, CustomType: validators.DurationType{},
				MarkdownDescription: "Timeout of one HTTP request. Long polls get their polling time on top. A duration from `1s` to `10m`, e.g. `30s` or `1m30s`. Defaults to `30s`.",
				Validators:          []validator.String{validators.Duration(time.Second, 10*time.Minute)},
			},
			"max_retries": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "Maximum number of retries of a request, where a retry is safe. A submission is retried only when it is certain that nothing was accepted. From 0 to 20. Defaults to `4`.",
				Validators:          []validator.Int64{int64validator.Between(0, 20)},
			},
			"retry_min_wait": schema.StringAttribute{
				Optional: true, CustomType: validators.DurationType{},
				MarkdownDescription: "Pause before the first retry; it doubles with each further one. A duration from `10ms` to `5m`, e.g. `500ms` or `1m30s`. Defaults to `500ms`.",
				Validators:          []validator.String{validators.Duration(10*time.Millisecond, 5*time.Minute)},
			},
			"retry_max_wait": schema.StringAttribute{
				Optional: true, CustomType: validators.DurationType{},
				MarkdownDescription: "Longest pause between two retries. A longer `Retry-After` header is honored up to five minutes, and is an error beyond that. A duration from `10ms` to `5m`, e.g. `30s` or `1m30s`. Defaults to `30s`.",
				Validators:          []validator.String{validators.Duration(10*time.Millisecond, 5*time.Minute)},
			},
			"max_concurrent_requests": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "Maximum number of concurrent requests, over all resources and data sources. A long poll counts as one. From 1 to 1000. Defaults to `256`.",
				Validators:          []validator.Int64{int64validator.Between(1, 1000)},
			},
			"ca_cert_pem": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "PEM-encoded certificates to trust in addition to the system's, for a proxy or gateway in front of the API. The standard proxy variables (`HTTPS_PROXY`, `NO_PROXY`) are honored.",
			},
			"client_cert_pem": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "PEM-encoded client certificate. Requires `client_key_pem`.",
				Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRoot("client_key_pem"))},
			},
			"client_key_pem": schema.StringAttribute{
				Optional: true, Sensitive: true,
				MarkdownDescription: "PEM-encoded private key of the client certificate. Requires `client_cert_pem`.",
				Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRoot("client_cert_pem"))},
			},
			"management_base_url": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Base URL of the management API, which is read only by `runpodserverless_endpoint_workers`, `runpodserverless_worker_logs` and `worker_log_lines`. Plain `http` is accepted for loopback addresses only. Defaults to the environment variable `RUNPOD_MANAGEMENT_BASE_URL`, then to `https://api.runpod.io/v2`.",
				Validators:          []validator.String{validators.BaseURL()},
			},
			"worker_log_lines": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "Number of last lines of the workers' logs to show in errors about jobs that failed, timed out or never started. The lines may contain secrets that a worker prints. Reading them takes 5 seconds at most. From 0 to 200. Defaults to `0`.",
				Validators:          []validator.Int64{int64validator.Between(0, 200)},
			},
			"headers": schema.MapAttribute{
				Optional: true, Sensitive: true, ElementType: types.StringType,
				MarkdownDescription: "Headers to add to each request. `Authorization` and the headers that HTTP itself needs cannot be overridden. `Idempotency-Key` cannot be set, because the API ignores it.",
			},
			"ledger_dir": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Folder of the ledger, which remembers what was submitted until Terraform has stored it, so that an apply that was killed costs nothing. It contains IDs, times and salted fingerprints, and no inputs. " +
					"Keep it between runs, for instance in the cache of a CI job. An empty string turns the ledger off. Defaults to the environment variable `RUNPODSERVERLESS_LEDGER_DIR`, else `runpodserverless-ledger` in `TF_DATA_DIR` or `.terraform`.",
			},
		},
	}
}
