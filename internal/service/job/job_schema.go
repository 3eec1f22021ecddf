package job

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
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

const changeRuns = "A change runs a new job."

// Schema implements resource.Resource.
func (r *jobResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := submissionAttributes()
	for _, more := range []map[string]schema.Attribute{waitingAttributes(ctx), resultAttributes()} {
		for name, attribute := range more {
			attributes[name] = attribute
		}
	}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Runs one job on a queue-based endpoint: submits it, waits for its end, keeps its output. " +
			"An apply that is interrupted, times out or is killed resumes on the same job instead of paying for a second one.\n\n" +
			"A change of what is submitted (`input`, `policy`, `webhook`, `s3_config`, `triggers`, `mode`, `endpoint_id`) runs a new job. " +
			"Everything else changes in place, without a request.",
		Attributes: attributes,
	}
}

// submissionAttributes are what a job is made of; a change runs a new one.
func submissionAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"endpoint_id": schema.StringAttribute{
			Optional: true, Computed: true, MarkdownDescription: "Endpoint that runs the job. Default: the provider's `endpoint_id`. A change runs a new job.",
			Validators:    []validator.String{validators.ID()},
			PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown(), replaceString()},
		},
		"input": schema.DynamicAttribute{
			Optional: true, MarkdownDescription: jobmodel.DescribeInput + " A change of its JSON runs a new job. Required unless `input_wo` is set.",
			PlanModifiers: []planmodifier.Dynamic{replaceInput()},
		},
		"input_wo": schema.DynamicAttribute{
			Optional: true, WriteOnly: true, MarkdownDescription: "Part of the input that is never stored, such as a secret: an object that is merged over `input`, member by member. Needs Terraform or OpenTofu 1.11. A change runs a new job only together with `input_wo_version`.",
		},
		"input_wo_version": schema.Int64Attribute{
			Optional: true, MarkdownDescription: "Any number; a change says that `input_wo` changed, and runs a new job.",
			PlanModifiers: []planmodifier.Int64{replaceInt64()},
		},
		"mode": schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString(jobmodel.ModeAsync),
			MarkdownDescription: jobmodel.DescribeMode + " " + changeRuns,
			Validators:          []validator.String{stringvalidator.OneOf(jobmodel.ModeAsync, jobmodel.ModeSync)},
			PlanModifiers:       []planmodifier.String{replaceString()},
		},
		"sync_wait": schema.StringAttribute{
			Optional: true, CustomType: timetypes.GoDurationType{},
			MarkdownDescription: jobmodel.DescribeSyncWait,
			Validators:          []validator.String{validators.Duration(runpod.MinSyncWait, runpod.MaxSyncWait)},
		},
		"policy":    jobmodel.PolicyAttribute(changeRuns, replaceObject()),
		"webhook":   jobmodel.WebhookAttribute(changeRuns, replaceString()),
		"s3_config": s3ConfigAttribute(),
		"triggers":  replaceTriggers(),
	}
}

// s3ConfigType is the type of s3_config.
var s3ConfigType = s3ConfigAttribute().GetType()

func s3ConfigAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: jobmodel.DescribeS3Config + " " + changeRuns,
		PlanModifiers: []planmodifier.Object{replaceObject()},
		Attributes: map[string]schema.Attribute{
			"access_id":     schema.StringAttribute{Required: true, MarkdownDescription: "Access key id."},
			"access_secret": schema.StringAttribute{Optional: true, WriteOnly: true, Sensitive: true, MarkdownDescription: "Secret access key. Never stored. Needs Terraform or OpenTofu 1.11."},
			"bucket_name":   schema.StringAttribute{Required: true, MarkdownDescription: "Bucket."},
			"endpoint_url":  schema.StringAttribute{Required: true, MarkdownDescription: "Address of the S3 service.", Validators: []validator.String{validators.WebURL()}},
			"object_path":   schema.StringAttribute{Optional: true, MarkdownDescription: "Path in the bucket."},
		},
	}
}

// waitingAttributes say how to wait and what to do when the wait ends early;
// they change in place.
func waitingAttributes(ctx context.Context) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"wait_for_completion": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(true),
			MarkdownDescription: "Whether to wait for the job's end. With `false` only its id and state are known after apply; a later refresh reads the rest while the API keeps it. Default: `true`.",
		},
		"retry":        jobmodel.RetryAttribute(),
		"on_failure":   jobmodel.ChoiceAttribute("When the job ends as `FAILED`, `TIMED_OUT` or `CANCELLED`: `error` (default) fails the apply, and the next one runs a new job; `warn` keeps the result with a warning.", jobmodel.FailError, jobmodel.FailWarn),
		"on_timeout":   jobmodel.ChoiceAttribute("When the wait outlasts `timeouts`: `cancel` (default) cancels the job and fails the apply; `detach` leaves it running with a warning, and the next apply resumes the wait.", string(jobrun.Cancel), string(jobrun.Detach)),
		"on_interrupt": jobmodel.ChoiceAttribute("On Ctrl-C: `detach` (default) leaves the job running, and the next apply resumes the wait; `cancel` cancels it.", string(jobrun.Detach), string(jobrun.Cancel)),
		"on_destroy":   jobmodel.ChoiceAttribute("On destroy or replacement, when the job is not final: `cancel` (default) cancels it; `keep` leaves it running.", string(jobrun.Cancel), jobmodel.DestroyKeep),
		"output_sensitive": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "Whether the output goes to `sensitive_output` instead of `output`. Default: `false`.",
		},
		"output_select": schema.MapAttribute{
			Optional: true, ElementType: types.StringType, MarkdownDescription: jobmodel.DescribeOutputSelect, Validators: jobmodel.OutputSelectValidators(),
		},
		"max_output_bytes": schema.Int64Attribute{
			Optional: true, Computed: true, Default: int64default.StaticInt64(jobmodel.DefaultMaxOutputBytes),
			MarkdownDescription: jobmodel.DescribeMaxOutputBytes,
			Validators:          []validator.Int64{int64validator.AtLeast(0)},
		},
		"timeouts": validators.ResourceTimeouts(ctx, timeouts.Opts{
			Create: true, Read: true, Update: true, Delete: true,
			CreateDescription: "How long to wait for the job after its submission, as a Go duration. Default: `30m`.",
			ReadDescription:   "How long a refresh may take. Default: `2m`.",
			UpdateDescription: "How long a resumed wait may take. Default: `30m`.",
			DeleteDescription: "How long the cancelling of a live job may take. Default: `2m`.",
		}),
	}
}

// resultAttributes are what the API reports.
func resultAttributes() map[string]schema.Attribute {
	attributes := jobmodel.RecordAttributes(jobmodel.DescribeID, "Whether the API no longer knew the job before its end was seen. The resource is kept, and no new job is planned.")
	attributes["creation_failed"] = schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the create that made this resource ended with an error. Terraform replaces such a resource, and the replacement takes the job over, unless the job failed."}
	attributes["output"] = schema.DynamicAttribute{Computed: true, MarkdownDescription: "What the worker returned, as an object, tuple, string, number or bool, or the parts that `output_select` takes; null when there is nothing, when `output_sensitive` is set, or when it is larger than `max_output_bytes`."}
	attributes["sensitive_output"] = schema.DynamicAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The output when `output_sensitive` is set, else null."}
	return attributes
}
