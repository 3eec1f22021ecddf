package job

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

const changeRuns = "Changing this forces a new job."

// Schema implements resource.Resource.
func (r *jobResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := submissionAttributes()
	for _, more := range []map[string]schema.Attribute{waitingAttributes(ctx), resultAttributes()} {
		for name, attribute := range more {
			attributes[name] = attribute
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Runs one job on a queue-based endpoint: submits it, waits until it ends, and stores its output. " +
			"An apply that is interrupted, times out or is killed resumes with the same job instead of paying for a second one.\n\n" +
			"Changing what is submitted (`input`, `input_wo_version`, `policy`, `webhook`, `s3_config`, `triggers`, `mode`, `endpoint_id`) forces a new job. " +
			"All other arguments can be changed in place.",
		Attributes: attributes,
	}
}

// submissionAttributes are what a job is submitted with; changing one forces a new
// job.
func submissionAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"endpoint_id": schema.StringAttribute{
			Optional: true, Computed: true, MarkdownDescription: "ID of the endpoint that runs the job. Defaults to the provider's `endpoint_id`. " + changeRuns,
			Validators:    []validator.String{validators.EndpointID()},
			PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown(), replaceString()},
		},
		"input": schema.DynamicAttribute{
			Optional: true, MarkdownDescription: jobmodel.DescribeInput + " Required unless `input_wo` is set. Changing its JSON forces a new job.",
		},
		"input_wo": schema.DynamicAttribute{
			Optional: true, WriteOnly: true, MarkdownDescription: "Write-only part of the input, such as a secret: an object that is deep-merged over `input` and never stored. Requires Terraform or OpenTofu 1.11. Changing this forces a new job only if `input_wo_version` changes as well.",
		},
		"input_wo_version": schema.Int64Attribute{
			Optional: true, MarkdownDescription: "Arbitrary number. Increase it when `input_wo` changes. Changing this forces a new job.",
			PlanModifiers: []planmodifier.Int64{replaceInt64()},
		},
		"mode": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString(jobmodel.ModeAsync),
			MarkdownDescription: jobmodel.DescribeMode + " " + changeRuns,
			Validators:          []validator.String{stringvalidator.OneOf(jobmodel.ModeAsync, jobmodel.ModeSync)},
			PlanModifiers:       []planmodifier.String{replaceString()},
		},
		"sync_wait": schema.StringAttribute{
			Optional: true, CustomType: validators.DurationType{},
			MarkdownDescription: jobmodel.DescribeSyncWait,
			Validators:          []validator.String{validators.Duration(runpod.MinSyncWait, runpod.MaxSyncWait)},
		},
		"policy":    jobmodel.PolicyAttribute(changeRuns, replaceObject()),
		"webhook":   jobmodel.WebhookAttribute(changeRuns, replaceString()),
		"s3_config": jobmodel.S3ConfigAttribute(changeRuns, "Changing this alone does not force a new job.", replaceObject()),
		"triggers":  replaceTriggers(),
	}
}

// s3ConfigType is the type of s3_config.
var s3ConfigType = jobmodel.S3ConfigAttribute("", "").GetType()

// waitingAttributes are the arguments that change in place: how to wait, what to do
// when the wait ends early, and what to store.
func waitingAttributes(ctx context.Context) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"wait_for_completion": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(true),
			MarkdownDescription: "If `true`, the apply waits until the job ends. If `false`, only `id` and `status` are known after the apply; a later refresh reads the result as long as the API keeps it. Defaults to `true`.",
		},
		"retry":         jobmodel.RetryAttribute(),
		"on_failure":    jobmodel.ChoiceAttribute("What to do when the job ends as `FAILED`, `TIMED_OUT` or `CANCELLED`. `error` fails the apply, and the next apply runs a new job. `warn` stores the result and shows a warning. Defaults to `error`.", jobmodel.FailError, jobmodel.FailWarn),
		"queue_timeout": jobmodel.QueueTimeoutAttribute(jobmodel.DescribeQueueTimeout),
		"on_timeout":    jobmodel.ChoiceAttribute("What to do when the job does not end within `timeouts`, or is in the queue for longer than `queue_timeout`. `cancel` cancels the job and fails the apply. `detach` leaves the job running and shows a warning; the next apply resumes the wait. Defaults to `cancel`.", string(jobrun.Cancel), string(jobrun.Detach)),
		"on_interrupt":  jobmodel.ChoiceAttribute("What to do on Ctrl-C. `detach` leaves the job running, and the next apply resumes the wait. `cancel` cancels the job. Defaults to `detach`.", string(jobrun.Detach), string(jobrun.Cancel)),
		"on_destroy":    jobmodel.ChoiceAttribute("What to do with an unfinished job when the resource is destroyed or replaced. `cancel` cancels it, `keep` leaves it running. Defaults to `cancel`.", string(jobrun.Cancel), jobmodel.DestroyKeep),
		"on_expired":    jobmodel.ChoiceAttribute(jobmodel.DescribeOnExpired+" `error` fails the apply, and the next apply runs a new job, as its plan says. `warn` keeps the job with `expired = true`, and no new job is planned. A stored result is never affected. Only a job that is waited for (`wait_for_completion`) is run again. Defaults to `error`.", jobmodel.FailError, jobmodel.FailWarn),
		"output_sensitive": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "If `true`, the output is stored in `sensitive_output` instead of `output`. Defaults to `false`.",
		},
		"output_select": schema.MapAttribute{
			Optional: true, ElementType: types.StringType, MarkdownDescription: jobmodel.DescribeOutputSelect, Validators: jobmodel.OutputSelectValidators(),
		},
		"output_files": jobmodel.OutputFilesAttribute(jobmodel.DescribeOutputFiles + " Can be changed in place: the files are written if the API still has the result. Files are never deleted, not even by a destroy."),
		"max_output_bytes": schema.Int64Attribute{
			Optional: true, Computed: true, Default: int64default.StaticInt64(jobmodel.DefaultMaxOutputBytes),
			MarkdownDescription: jobmodel.DescribeMaxOutputBytes,
			Validators:          []validator.Int64{int64validator.AtLeast(0)},
		},
		"timeouts": validators.ResourceTimeouts(ctx, timeouts.Opts{
			Create: true, Read: true, Update: true, Delete: true,
			CreateDescription: "How long to wait for the job after its submission, e.g. `30s` or `2h45m`. Defaults to `30m`.",
			ReadDescription:   "How long a refresh may take, e.g. `30s` or `2m`. Defaults to `2m`.",
			UpdateDescription: "How long a resumed wait may take, e.g. `30s` or `2h45m`. Defaults to `30m`.",
			DeleteDescription: "How long cancelling an unfinished job may take, e.g. `30s` or `2m`. Defaults to `2m`.",
		}),
	}
}

// resultAttributes are the results of the job.
func resultAttributes() map[string]schema.Attribute {
	attributes := jobmodel.RecordAttributes(jobmodel.DescribeID, "Whether the job expired before the provider saw it end. `on_expired` decides whether the next apply runs a new job.")
	attributes["files"] = jobmodel.FilesAttribute()
	attributes["creation_failed"] = schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the create that made this resource ended with an error. Terraform replaces such a resource, and the replacement takes the job over, unless the job failed."}
	attributes["output"] = schema.DynamicAttribute{Computed: true, MarkdownDescription: jobmodel.DescribeOutput + " Null as well if `output_sensitive` is `true`. " + jobmodel.DescribeLargeOutput}
	attributes["sensitive_output"] = schema.DynamicAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The output if `output_sensitive` is `true`, otherwise null."}
	return attributes
}
