package job

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/action/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/action"
	"github.com/hashicorp/terraform-plugin-framework/action/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

const actionNote = "Requires Terraform 1.14; OpenTofu has no actions. An action stores nothing, and a failed action is not retried"

// Schema implements action.Action.
func (a *runAction) Schema(ctx context.Context, _ action.SchemaRequest, resp *action.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Runs one job and reports its progress: a message when its status has changed (seen within a second at first, within 10 seconds of a long job; a status that lasts for less can be missed), every 30 seconds and, with `stream`, for each chunk that the worker yields.\n\n" +
			actionNote + ". Use the `runpodserverless_job` resource for a job whose result matters; it also works with older Terraform and with OpenTofu. " +
			"An action cannot take secrets; pass those to the resource or to the ephemeral resource.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": actionEndpoint(),
			"input":       schema.DynamicAttribute{Required: true, MarkdownDescription: jobmodel.DescribeInput},
			"mode":        actionChoice(jobmodel.DescribeMode, jobmodel.ModeAsync, jobmodel.ModeSync),
			"sync_wait":   actionDuration(jobmodel.DescribeSyncWait, runpod.MinSyncWait, runpod.MaxSyncWait),
			"policy": schema.SingleNestedAttribute{
				Optional: true, MarkdownDescription: jobmodel.DescribePolicy,
				Attributes: map[string]schema.Attribute{
					"execution_timeout": actionDuration(jobmodel.DescribeExecutionTimeout, jobmodel.MinExecutionTimeout, jobmodel.MaxPolicyDuration),
					"ttl":               actionDuration(jobmodel.DescribeTTL, jobmodel.MinTTL, jobmodel.MaxPolicyDuration),
					"low_priority":      schema.BoolAttribute{Optional: true, MarkdownDescription: jobmodel.DescribeLowPriority},
				},
			},
			"webhook": schema.StringAttribute{
				Optional: true, MarkdownDescription: jobmodel.DescribeWebhook + " It is shown in plans; use the resource for a URL that holds a secret.",
				Validators: []validator.String{validators.WebURL()},
			},
			"wait_for_completion": schema.BoolAttribute{Optional: true, MarkdownDescription: "If `true`, the action waits until the job ends. Defaults to `true`."},
			"stream":              schema.BoolAttribute{Optional: true, MarkdownDescription: "If `true`, each chunk that the worker yields is shown. This consumes the chunks, so no other reader gets them. Defaults to `false`."},
			"retry": schema.SingleNestedAttribute{
				Optional: true, MarkdownDescription: jobmodel.DescribeRetry,
				Attributes: map[string]schema.Attribute{
					"max_attempts":  schema.Int64Attribute{Required: true, MarkdownDescription: jobmodel.DescribeMaxAttempts, Validators: jobmodel.RetryAttemptsValidators()},
					"on":            schema.SetAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: jobmodel.DescribeRetryOn, Validators: jobmodel.RetryOnValidators()},
					"error_matches": schema.ListAttribute{Optional: true, ElementType: types.StringType, MarkdownDescription: jobmodel.DescribeErrorMatches, Validators: jobmodel.ErrorMatchesValidators()},
					"min_backoff":   actionDuration(jobmodel.DescribeMinBackoff, 0, time.Hour),
					"max_backoff":   actionDuration(jobmodel.DescribeMaxBackoff, 0, time.Hour),
				},
			},
			"on_failure":    actionChoice(describeActionFailure, jobmodel.FailError, jobmodel.FailWarn),
			"queue_timeout": actionDuration(jobmodel.DescribeQueueTimeout+" Conflicts with `stream`.", jobmodel.MinQueueTimeout, jobmodel.MaxQueueTimeout),
			"on_timeout":    actionChoice("What to do when the job does not end within `timeouts.invoke`. `cancel` cancels it and fails the action. `detach` leaves it running and shows a warning. Defaults to `cancel`.", string(jobrun.Cancel), string(jobrun.Detach)),
			"on_interrupt":  actionChoice("What to do on Ctrl-C or SIGTERM. `detach` leaves the job running, `cancel` cancels it. Either way the action fails, and its error names the job. Defaults to `detach`.", string(jobrun.Detach), string(jobrun.Cancel)),
			"on_expired":    actionChoice(jobmodel.DescribeOnExpired+" `error` fails the action, `warn` shows a warning. Defaults to `error`.", jobmodel.FailError, jobmodel.FailWarn),
			"output_files": schema.MapNestedAttribute{
				Optional: true, MarkdownDescription: "Files to write the output to when the job completes: a map from paths, relative to the working directory, to what each file holds. Folders are created. A file is written under a temporary name in the same folder and then renamed, so it is always whole; only its owner can read it. A symbolic link, a folder or a device is never written to or replaced. Requires `wait_for_completion`.",
				Validators: jobmodel.OutputFilesValidators(),
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"select":   schema.StringAttribute{Optional: true, MarkdownDescription: jobmodel.DescribeFileSelect, Validators: jobmodel.FileSelectValidators()},
					"encoding": schema.StringAttribute{Optional: true, MarkdownDescription: jobmodel.DescribeFileEncoding, Validators: jobmodel.FileEncodingValidators()},
				}},
			},
			"timeouts": validators.ActionTimeouts(ctx, timeouts.Opts{InvokeDescription: "How long to wait for the job after its submission, e.g. `30s` or `2h45m`. Defaults to `30m`."}),
		},
	}
}

const describeActionFailure = "What to do when the job ends as `FAILED`, `TIMED_OUT` or `CANCELLED`: `error` or `warn`. Defaults to `error`."

func actionEndpoint() schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, MarkdownDescription: "ID of the endpoint that runs the job. Defaults to the provider's `endpoint_id`.", Validators: []validator.String{validators.EndpointID()},
	}
}

func actionChoice(description string, values ...string) schema.StringAttribute {
	return schema.StringAttribute{Optional: true, MarkdownDescription: description, Validators: []validator.String{stringvalidator.OneOf(values...)}}
}

func actionDuration(description string, least, most time.Duration) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, CustomType: validators.DurationType{}, MarkdownDescription: description,
		Validators: []validator.String{validators.Duration(least, most)},
	}
}

// checkEndpoint reports at plan when an action has no endpoint.
func checkEndpoint(ctx context.Context, data *jobmodel.ProviderData, config tfsdk.Config, diags *diag.Diagnostics) {
	var own types.String
	diags.Append(config.GetAttribute(ctx, path.Root("endpoint_id"), &own)...)
	data.Endpoint(own, diags)
}
