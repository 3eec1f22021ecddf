package job

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/ephemeral/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

// Schema implements ephemeral.EphemeralResource.
func (e *jobEphemeral) Schema(ctx context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	attributes := ephemeralArguments(ctx)
	for name, attribute := range ephemeralResults() {
		attributes[name] = attribute
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Runs one job and keeps nothing of it: neither input nor output reaches the plan or the state, so secrets can go in and come out. Needs Terraform 1.10 or OpenTofu 1.11.\n\n" +
			"Terraform opens ephemeral resources in every plan and in every apply, OpenTofu those that something needs. Set `run = terraform.applying`, so that a plan submits, and costs, nothing. " +
			"The results are null then: read a part of the output as `try(ephemeral.runpodserverless_job.name.output.part, null)`. " +
			"Every apply runs a new job; what is to run once belongs in the `runpodserverless_job` resource. " +
			"A job that is still live when Terraform closes the resource is cancelled.",
		Attributes: attributes,
	}
}

func ephemeralArguments(ctx context.Context) map[string]schema.Attribute {
	duration := func(description string, least, most time.Duration) schema.StringAttribute {
		return schema.StringAttribute{
			Optional: true, CustomType: timetypes.GoDurationType{}, MarkdownDescription: description,
			Validators: []validator.String{validators.Duration(least, most)},
		}
	}
	choice := func(description string, values ...string) schema.StringAttribute {
		return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: []validator.String{stringvalidator.OneOf(values...)}}
	}
	return map[string]schema.Attribute{
		"run": schema.BoolAttribute{Required: true, MarkdownDescription: "Whether to run the job. Set it to `terraform.applying`: a plan then submits nothing."},
		"endpoint_id": schema.StringAttribute{
			Optional: true, Computed: true, MarkdownDescription: "Endpoint that runs the job. Default: the provider's `endpoint_id`.",
			Validators: []validator.String{validators.ID()},
		},
		"input":     schema.DynamicAttribute{Required: true, MarkdownDescription: jobmodel.DescribeInput},
		"mode":      choice(jobmodel.DescribeMode, jobmodel.ModeAsync, jobmodel.ModeSync),
		"sync_wait": duration(jobmodel.DescribeSyncWait, runpod.MinSyncWait, runpod.MaxSyncWait),
		"policy": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: jobmodel.DescribePolicy,
			Attributes: map[string]schema.Attribute{
				"execution_timeout": duration(jobmodel.DescribeExecutionTimeout, jobmodel.MinExecutionTimeout, jobmodel.MaxPolicyDuration),
				"ttl":               duration(jobmodel.DescribeTTL, jobmodel.MinTTL, jobmodel.MaxPolicyDuration),
				"low_priority":      schema.BoolAttribute{Optional: true, MarkdownDescription: jobmodel.DescribeLowPriority},
			},
		},
		"webhook": schema.StringAttribute{
			Optional: true, Sensitive: true, MarkdownDescription: jobmodel.DescribeWebhook, Validators: []validator.String{validators.WebURL()},
		},
		"s3_config": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: jobmodel.DescribeS3Config,
			Attributes: map[string]schema.Attribute{
				"access_id":     schema.StringAttribute{Required: true, MarkdownDescription: "Access key id."},
				"access_secret": schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: "Secret access key."},
				"bucket_name":   schema.StringAttribute{Required: true, MarkdownDescription: "Bucket."},
				"endpoint_url":  schema.StringAttribute{Required: true, MarkdownDescription: "Address of the S3 service.", Validators: []validator.String{validators.WebURL()}},
				"object_path":   schema.StringAttribute{Optional: true, MarkdownDescription: "Path in the bucket."},
			},
		},
		"wait_for_completion": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether to wait for the job's end. With `false` it runs beside the rest of the apply, and is cancelled at its end. Default: `true`."},
		"retry": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: jobmodel.DescribeRetry,
			Attributes: map[string]schema.Attribute{
				"max_attempts": schema.Int64Attribute{Required: true, MarkdownDescription: jobmodel.DescribeMaxAttempts, Validators: jobmodel.RetryAttemptsValidators()},
				"on":           schema.SetAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: jobmodel.DescribeRetryOn, Validators: jobmodel.RetryOnValidators()},
				"min_backoff":  duration(jobmodel.DescribeMinBackoff, 0, time.Hour),
				"max_backoff":  duration(jobmodel.DescribeMaxBackoff, 0, time.Hour),
			},
		},
		"on_failure":   choice("When the job ends as `FAILED`, `TIMED_OUT` or `CANCELLED`: `error` (default) or `warn`.", jobmodel.FailError, jobmodel.FailWarn),
		"on_timeout":   choice("When the wait outlasts `timeouts.open`: `cancel` (default) cancels the job, `detach` leaves it running. Either fails the run.", string(jobrun.Cancel), string(jobrun.Detach)),
		"on_interrupt": choice("On Ctrl-C: `cancel` (default) cancels the job, because nothing could resume the wait; `detach` leaves it running.", string(jobrun.Cancel), string(jobrun.Detach)),
		"output_select": schema.MapAttribute{
			Optional: true, ElementType: types.StringType, MarkdownDescription: jobmodel.DescribeOutputSelect, Validators: jobmodel.OutputSelectValidators(),
		},
		"max_output_bytes": schema.Int64Attribute{
			Optional: true, MarkdownDescription: "Largest output, in bytes of JSON, that is passed on. A larger one leaves `output` null, with its size and digest and a warning. Default: 1048576.",
			Validators: []validator.Int64{int64validator.AtLeast(0)},
		},
		"timeouts": validators.EphemeralTimeouts(ctx, timeouts.Opts{OpenDescription: "How long to wait for the job after its submission, as a Go duration. Default: `30m`."}),
	}
}

func ephemeralResults() map[string]schema.Attribute {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	number := func(description string) schema.Int64Attribute {
		return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	moment := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, CustomType: timetypes.RFC3339Type{}, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"id":            text(jobmodel.DescribeID),
		"status":        text(jobmodel.DescribeStatus),
		"output":        schema.DynamicAttribute{Computed: true, MarkdownDescription: jobmodel.DescribeOutput},
		"output_bytes":  number(jobmodel.DescribeOutputBytes),
		"output_sha256": text(jobmodel.DescribeOutputSHA256),
		"error": schema.SingleNestedAttribute{
			Computed: true, MarkdownDescription: jobmodel.DescribeError,
			Attributes: map[string]schema.Attribute{
				"type": text(jobmodel.DescribeErrorType), "message": text(jobmodel.DescribeErrorMessage),
				"traceback": text(jobmodel.DescribeTraceback), "raw": text(jobmodel.DescribeErrorRaw),
			},
		},
		"delay_time_ms":     number(jobmodel.DescribeDelayTime),
		"execution_time_ms": number(jobmodel.DescribeExecutionTime),
		"worker_id":         text(jobmodel.DescribeWorkerID),
		"attempts":          number(jobmodel.DescribeAttempts),
		"submitted_at":      moment(jobmodel.DescribeSubmittedAt),
		"completed_at":      moment(jobmodel.DescribeCompletedAt),
		"expired":           schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the API no longer knew the job before its end was seen."},
	}
}
