package provider

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
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
	APIKey                types.String         `tfsdk:"api_key"`
	BaseURL               types.String         `tfsdk:"base_url"`
	EndpointID            types.String         `tfsdk:"endpoint_id"`
	RequestTimeout        timetypes.GoDuration `tfsdk:"request_timeout"`
	MaxRetries            types.Int64          `tfsdk:"max_retries"`
	RetryMinWait          timetypes.GoDuration `tfsdk:"retry_min_wait"`
	RetryMaxWait          timetypes.GoDuration `tfsdk:"retry_max_wait"`
	MaxConcurrentRequests types.Int64          `tfsdk:"max_concurrent_requests"`
	CACertPEM             types.String         `tfsdk:"ca_cert_pem"`
	ClientCertPEM         types.String         `tfsdk:"client_cert_pem"`
	ClientKeyPEM          types.String         `tfsdk:"client_key_pem"`
	Headers               types.Map            `tfsdk:"headers"`
	LedgerDir             types.String         `tfsdk:"ledger_dir"`
}

// Schema implements provider.Provider.
func (p *runpodProvider) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Runs work on the queue-based endpoints of Runpod Serverless: submits jobs and waits for them, one or thousands, gates on an endpoint's health, purges queues.",
		Attributes: map[string]schema.Attribute{
			"api_key": schema.StringAttribute{
				Optional: true, Sensitive: true,
				MarkdownDescription: "API key. A leading `Bearer ` is accepted. Default: the environment variable `RUNPOD_API_KEY`.",
			},
			"base_url": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Address of the API. Plain `http` is accepted for this machine's own addresses only. Default: the environment variable `RUNPOD_ENDPOINT_BASE_URL`, else `https://api.runpod.ai/v2`. `RUNPOD_BASE_URL` is not read: the vendor's provider means another API by it.",
				Validators:          []validator.String{validators.BaseURL()},
			},
			"endpoint_id": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Endpoint that every type uses unless it names its own. Default: the environment variable `RUNPOD_ENDPOINT_ID`.",
				Validators:          []validator.String{validators.ID()},
			},
			"request_timeout": schema.StringAttribute{
				Optional: true, CustomType: timetypes.GoDurationType{},
				MarkdownDescription: "Time for one HTTP exchange; a request that the server holds until a job ends adds the time of the hold. A Go duration from `1s` to `10m`. Default: `30s`.",
				Validators:          []validator.String{validators.Duration(time.Second, 10*time.Minute)},
			},
			"max_retries": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "How often a request is sent again after the first time, where that is safe, from 0 to 20. Submissions are sent again only when it is certain that nothing was accepted. Default: 4.",
				Validators:          []validator.Int64{int64validator.Between(0, 20)},
			},
			"retry_min_wait": schema.StringAttribute{
				Optional: true, CustomType: timetypes.GoDurationType{},
				MarkdownDescription: "Pause before the first repetition; it doubles from there. A Go duration from `10ms` to `5m`. Default: `500ms`.",
				Validators:          []validator.String{validators.Duration(10*time.Millisecond, 5*time.Minute)},
			},
			"retry_max_wait": schema.StringAttribute{
				Optional: true, CustomType: timetypes.GoDurationType{},
				MarkdownDescription: "Longest pause between two repetitions; a longer `Retry-After` of the API is honoured up to five minutes, and reported as an error beyond. A Go duration from `10ms` to `5m`. Default: `30s`.",
				Validators:          []validator.String{validators.Duration(10*time.Millisecond, 5*time.Minute)},
			},
			"max_concurrent_requests": schema.Int64Attribute{
				Optional:            true,
				MarkdownDescription: "Requests under way at once, over all types; a held request counts. From 1 to 1000. Default: 256.",
				Validators:          []validator.Int64{int64validator.Between(1, 1000)},
			},
			"ca_cert_pem": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Certificates, in PEM form, that are trusted besides the system's, for a proxy or gateway in front of the API. The standard proxy variables (`HTTPS_PROXY`, `NO_PROXY`) are honoured.",
			},
			"client_cert_pem": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Client certificate in PEM form, together with `client_key_pem`.",
				Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRoot("client_key_pem"))},
			},
			"client_key_pem": schema.StringAttribute{
				Optional: true, Sensitive: true,
				MarkdownDescription: "Key of the client certificate in PEM form.",
				Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRoot("client_cert_pem"))},
			},
			"headers": schema.MapAttribute{
				Optional: true, Sensitive: true, ElementType: types.StringType,
				MarkdownDescription: "Headers that are added to each request. `Authorization` and the headers that HTTP itself needs cannot be overridden, nor can `Idempotency-Key` be set: the API knows no such key.",
			},
			"ledger_dir": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Folder of the ledger, which remembers what was submitted until Terraform has stored it, so that an apply that was killed costs nothing. It holds ids, times and salted fingerprints, no inputs. " +
					"Keep it between runs, for instance in the cache of a CI job. An empty string turns the ledger off. Defaults to the environment variable `RUNPODSERVERLESS_LEDGER_DIR`, else `runpodserverless-ledger` in `TF_DATA_DIR` or `.terraform`.",
			},
		},
	}
}
