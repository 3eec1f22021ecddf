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
		MarkdownDescription: "Runs one job and stores nothing of it: neither its input nor its output reaches the plan or the state, so both may hold secrets. Requires Terraform 1.10 or OpenTofu 1.11.\n\n" +
			"Terraform opens ephemeral resources in every plan and every apply; OpenTofu opens only those that something needs. Set `run = terraform.applying`, so that a plan submits nothing and costs nothing. " +
			"In a plan all results are null, so read a part of the output as `try(ephemeral.runpodserverless_job.name.output.part, null)`. " +
			"Every apply runs a new job; use the `runpodserverless_job` resource for a job that should run once. " +
			"A job that is unfinished when Terraform closes the resource is cancelled.",
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
		"run": schema.BoolAttribute{Required: true, MarkdownDescription: "If `true`, the job runs. Set it to `terraform.applying`, so that a plan submits nothing."},
		"endpoint_id": schema.StringAttribute{
			Optional: true, Computed: true, MarkdownDescription: "ID of the endpoint that runs the job. Defaults to the provider's `endpoint_id`.",
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
				"access_id":     schema.StringAttribute{Required: true, MarkdownDescription: jobmodel.DescribeS3AccessID},
				"access_secret": schema.StringAttribute{Optional: true, Sensitive: true, MarkdownDescription: jobmodel.DescribeS3AccessSecret},
				"bucket_name":   schema.StringAttribute{Required: true, MarkdownDescription: jobmodel.DescribeS3BucketName},
				"endpoint_url":  schema.StringAttribute{Required: true, MarkdownDescription: jobmodel.DescribeS3EndpointURL, Validators: []validator.String{validators.WebURL()}},
				"object_path":   schema.StringAttribute{Optional: true, MarkdownDescription: jobmodel.DescribeS3ObjectPath},
			},
		},
		"wait_for_completion": schema.BoolAttribute{Optional: true, MarkdownDescription: "If `true`, the apply waits until the job ends. If `false`, the job runs alongside the rest of the apply and is cancelled when Terraform closes the resource. Defaults to `true`."},
		"retry": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: jobmodel.DescribeRetry,
			Attributes: map[string]schema.Attribute{
				"max_attempts":  schema.Int64Attribute{Required: true, MarkdownDescription: jobmodel.DescribeMaxAttempts, Validators: jobmodel.RetryAttemptsValidators()},
				"on":            schema.SetAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: jobmodel.DescribeRetryOn, Validators: jobmodel.RetryOnValidators()},
				"error_matches": schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: jobmodel.DescribeErrorMatches, Validators: jobmodel.ErrorMatchesValidators()},
				"min_backoff":   duration(jobmodel.DescribeMinBackoff, 0, time.Hour),
				"max_backoff":   duration(jobmodel.DescribeMaxBackoff, 0, time.Hour),
			},
		},
		"on_failure":    choice("What to do when the job ends as `FAILED`, `TIMED_OUT` or `CANCELLED`: `error` or `warn`. Defaults to `error`.", jobmodel.FailError, jobmodel.FailWarn),
		"queue_timeout": duration(jobmodel.DescribeQueueTimeout, jobmodel.MinQueueTimeout, jobmodel.MaxQueueTimeout),
		"on_timeout":    choice("What to do when the job does not end within `timeouts.open`. `cancel` cancels it, `detach` leaves it running. Both fail the apply. Defaults to `cancel`.", string(jobrun.Cancel), string(jobrun.Detach)),
		"on_interrupt":  choice("What to do on Ctrl-C. `cancel` cancels the job, because nothing could resume the wait. `detach` leaves it running. Defaults to `cancel`.", string(jobrun.Cancel), string(jobrun.Detach)),
		"on_expired":    choice(jobmodel.DescribeOnExpired+" `error` fails the apply, `warn` shows a warning. Defaults to `error`.", jobmodel.FailError, jobmodel.FailWarn),
		"output_select": schema.MapAttribute{
			Optional: true, ElementType: types.StringType, MarkdownDescription: jobmodel.DescribeOutputSelect, Validators: jobmodel.OutputSelectValidators(),
		},
		"output_files": schema.MapNestedAttribute{
			Optional: true, MarkdownDescription: jobmodel.DescribeOutputFiles + " Files are never deleted, also not when Terraform closes the resource. Requires `wait_for_completion`.", Validators: jobmodel.OutputFilesValidators(),
			NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
				"select":   schema.StringAttribute{Optional: true, MarkdownDescription: jobmodel.DescribeFileSelect, Validators: jobmodel.FileSelectValidators()},
				"encoding": schema.StringAttribute{Optional: true, MarkdownDescription: jobmodel.DescribeFileEncoding, Validators: jobmodel.FileEncodingValidators()},
			}},
		},
		"max_output_bytes": schema.Int64Attribute{
			Optional: true, MarkdownDescription: "Maximum size of `output`, in bytes of JSON. If the output is larger, `output` is null, its size and digest are set, and a warning is shown. Defaults to `1048576` (1 MiB).",
			Validators: []validator.Int64{int64validator.AtLeast(0)},
		},
		"timeouts": validators.EphemeralTimeouts(ctx, timeouts.Opts{OpenDescription: "How long to wait for the job after its submission, e.g. `30s` or `2h45m`. Defaults to `30m`."}),
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
		"files":         schema.MapAttribute{Computed: true, ElementType: types.StringType, MarkdownDescription: "SHA-256 digest of each file of `output_files`, in hexadecimal, by path. Null as a whole without `output_files`, and in a plan."},
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
		"expired":           schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the job expired before the provider saw it end."},
	}
}
