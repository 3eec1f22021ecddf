package job

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

const week = 7 * 24 * time.Hour

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
			"The job's id is in the state before the wait begins, so an interrupted or timed-out apply resumes on the same job instead of paying for a second one.\n\n" +
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
			Optional: true, MarkdownDescription: "What the worker gets: an object of any depth, written as HCL. It must not be empty, because the API never runs such a job. Integers beyond 2^53 keep every digit. A change of its JSON runs a new job. Required unless `input_wo` is set.",
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
			Optional: true, Computed: true, Default: stringdefault.StaticString(modeAsync),
			MarkdownDescription: "`async` (default) submits with `/run`: the id is known at once and the result is kept for 30 minutes. `sync` submits with `/runsync`, which answers when the job ends: one request fewer for short jobs, but the id comes with the answer, so a connection that breaks in between loses the job, and the result is kept for one minute only. A change runs a new job.",
			Validators:          []validator.String{stringvalidator.OneOf(modeAsync, modeSync)},
			PlanModifiers:       []planmodifier.String{replaceString()},
		},
		"sync_wait": schema.StringAttribute{
			Optional: true, CustomType: timetypes.GoDurationType{},
			MarkdownDescription: "How long `/runsync` may hold the request in mode `sync`, as a Go duration from `1s` to `5m`. An unfinished job is then waited for like any other. Default: `90s`.",
			Validators:          []validator.String{validators.Duration(runpod.MinSyncWait, runpod.MaxSyncWait)},
		},
		"policy": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "Bounds of the job's life. A change runs a new job.",
			PlanModifiers: []planmodifier.Object{replaceObject()},
			Attributes: map[string]schema.Attribute{
				"execution_timeout": schema.StringAttribute{
					Optional: true, CustomType: timetypes.GoDurationType{},
					MarkdownDescription: "How long the job may run on a worker, as a Go duration from `5s` to `168h`. Past it the job ends as `FAILED`. Default: the endpoint's setting.",
					Validators:          []validator.String{validators.Duration(5*time.Second, week)},
				},
				"ttl": schema.StringAttribute{
					Optional: true, CustomType: timetypes.GoDurationType{},
					MarkdownDescription: "How long the job may exist, waiting and running together, as a Go duration from `10s` to `168h`. Past it the API deletes the job, even while it runs. Default: 24 hours.",
					Validators:          []validator.String{validators.Duration(10*time.Second, week)},
				},
				"low_priority": schema.BoolAttribute{Optional: true, MarkdownDescription: "Whether the job starts no additional worker."},
			},
		},
		"webhook": schema.StringAttribute{
			Optional: true, Sensitive: true, MarkdownDescription: "URL that the API posts the finished job to. A change runs a new job.",
			Validators:    []validator.String{validators.WebURL()},
			PlanModifiers: []planmodifier.String{replaceString()},
		},
		"s3_config": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "Where the worker stores large results. A change runs a new job.",
			PlanModifiers: []planmodifier.Object{replaceObject()},
			Attributes: map[string]schema.Attribute{
				"access_id":     schema.StringAttribute{Required: true, MarkdownDescription: "Access key id."},
				"access_secret": schema.StringAttribute{Optional: true, WriteOnly: true, Sensitive: true, MarkdownDescription: "Secret access key. Never stored. Needs Terraform or OpenTofu 1.11."},
				"bucket_name":   schema.StringAttribute{Required: true, MarkdownDescription: "Bucket."},
				"endpoint_url":  schema.StringAttribute{Required: true, MarkdownDescription: "Address of the S3 service.", Validators: []validator.String{validators.WebURL()}},
				"object_path":   schema.StringAttribute{Optional: true, MarkdownDescription: "Path in the bucket."},
			},
		},
		"triggers": replaceTriggers(),
	}
}

// waitingAttributes say how to wait and what to do when the wait ends early;
// they change in place.
func waitingAttributes(ctx context.Context) map[string]schema.Attribute {
	choice := func(description, fallback string, others ...string) schema.StringAttribute {
		return schema.StringAttribute{
			Optional: true, Computed: true, Default: stringdefault.StaticString(fallback), MarkdownDescription: description,
			Validators: []validator.String{stringvalidator.OneOf(append(others, fallback)...)},
		}
	}
	backoff := func(description string) schema.StringAttribute {
		return schema.StringAttribute{
			Optional: true, CustomType: timetypes.GoDurationType{}, MarkdownDescription: description,
			Validators: []validator.String{validators.Duration(0, time.Hour)},
		}
	}
	return map[string]schema.Attribute{
		"wait_for_completion": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(true),
			MarkdownDescription: "Whether to wait for the job's end. With `false` only its id and state are known after apply; a later refresh reads the rest while the API keeps it. Default: `true`.",
		},
		"retry": schema.SingleNestedAttribute{
			Optional: true, MarkdownDescription: "Puts a job that ended badly back into the queue, under the same id and with the same input (`/retry`).",
			Attributes: map[string]schema.Attribute{
				"max_attempts": schema.Int64Attribute{
					Required: true, MarkdownDescription: "Runs in all, the first included, from 1 to 20.",
					Validators: []validator.Int64{int64validator.Between(1, 20)},
				},
				"on": schema.SetAttribute{
					Optional: true, ElementType: types.StringType, MarkdownDescription: "Ends that are retried: `FAILED`, `TIMED_OUT`. Default: both.",
					Validators: []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(stringvalidator.OneOf(string(runpod.StatusFailed), string(runpod.StatusTimedOut)))},
				},
				"min_backoff": backoff("Pause before the second run; it doubles from there. A Go duration up to `1h`. Default: `1s`."),
				"max_backoff": backoff("Longest pause between two runs. A Go duration up to `1h`. Default: `1m`."),
			},
		},
		"on_failure":   choice("When the job ends as `FAILED`, `TIMED_OUT` or `CANCELLED`: `error` (default) fails the apply, and the next one runs a new job; `warn` keeps the result with a warning.", failError, failWarn),
		"on_timeout":   choice("When the wait outlasts `timeouts`: `cancel` (default) cancels the job and fails the apply; `detach` leaves it running with a warning, and the next apply resumes the wait.", string(jobrun.Cancel), string(jobrun.Detach)),
		"on_interrupt": choice("On Ctrl-C: `detach` (default) leaves the job running, and the next apply resumes the wait; `cancel` cancels it.", string(jobrun.Detach), string(jobrun.Cancel)),
		"on_destroy":   choice("On destroy or replacement, when the job is not final: `cancel` (default) cancels it; `keep` leaves it running.", string(jobrun.Cancel), destroyKeep),
		"output_sensitive": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "Whether the output goes to `sensitive_output` instead of `output`. Default: `false`.",
		},
		"max_output_bytes": schema.Int64Attribute{
			Optional: true, Computed: true, Default: int64default.StaticInt64(defaultMaxOutputBytes),
			MarkdownDescription: "Largest output, in bytes of JSON, that is stored. A larger one leaves `output` null, with its size and digest and a warning. Default: 1048576.",
			Validators:          []validator.Int64{int64validator.AtLeast(0)},
		},
		"timeouts": timeouts.Attributes(ctx, timeouts.Opts{
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
		"id":               text("Id of the job."),
		"status":           text("State of the job as last seen: `IN_QUEUE`, `IN_PROGRESS`, `COMPLETED`, `FAILED`, `CANCELLED`, `TIMED_OUT`, or what else the API says."),
		"output":           schema.DynamicAttribute{Computed: true, MarkdownDescription: "What the worker returned, as an object, tuple, string, number or bool; null when there is nothing, when `output_sensitive` is set, or when it is larger than `max_output_bytes`."},
		"sensitive_output": schema.DynamicAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The output when `output_sensitive` is set, else null."},
		"output_bytes":     number("Size of the output's JSON in bytes; null without an output."),
		"output_sha256":    text("SHA-256 digest of the output's JSON as the API sent it, in hexadecimal; null without an output."),
		"error": schema.SingleNestedAttribute{
			Computed: true, MarkdownDescription: "What went wrong; null when nothing did.",
			Attributes: map[string]schema.Attribute{
				"type":      text("Class of the exception; null when not told."),
				"message":   text("The error in words."),
				"traceback": text("Traceback of the exception; null when not told."),
				"raw":       text("The error as the API sent it."),
			},
		},
		"delay_time_ms":     number("Milliseconds in the queue; starts again when the platform dispatches the job a second time."),
		"execution_time_ms": number("Milliseconds on a worker."),
		"worker_id":         text("Worker that ran the job."),
		"attempts":          number("Runs of the job that `retry` made, the first included."),
		"submitted_at":      moment("When the job was submitted, in UTC."),
		"completed_at":      moment("When the job was seen to be final, in UTC."),
		"expired":           schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the API no longer knew the job before its end was seen. The resource is kept, and no new job is planned."},
	}
}

// pathInput is where errors about the input are reported.
var pathInput = path.Root("input")
