package jobset

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/float64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

const (
	changeRunsAll = "Changing this forces every job to run again."

	description = "Runs many jobs on a queue-based endpoint as one resource: one job per key of `inputs`, up to `max_in_flight` at once, independent of `-parallelism`. " +
		"Changing `inputs` affects only the keys that changed, and the plan shows which. " +
		"Every submitted job is in the state, even if the apply stops midway: the next apply waits for unfinished jobs, submits the keys that are not yet submitted, and leaves finished ones alone.\n\n" +
		"Changing an argument that all jobs share (`endpoint_id`, `policy`, `webhook`, `s3_config`, `input_wo_version`, `triggers`) forces every job to run again. All other arguments can be changed in place, and submit nothing."
)

// Schema implements resource.Resource.
func (r *setResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	attributes := submissionAttributes()
	for _, more := range []map[string]schema.Attribute{waitingAttributes(ctx), resultAttributes()} {
		for name, attribute := range more {
			attributes[name] = attribute
		}
	}
	resp.Schema = schema.Schema{MarkdownDescription: description, Attributes: attributes}
}

// submissionAttributes are what the jobs are submitted with.
func submissionAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"endpoint_id": schema.StringAttribute{
			Optional: true, Computed: true, MarkdownDescription: "ID of the endpoint that runs the jobs. Defaults to the provider's `endpoint_id`. " + changeRunsAll,
			Validators:    []validator.String{validators.EndpointID()},
			PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown(), stringplanmodifier.RequiresReplace()},
		},
		"inputs": schema.DynamicAttribute{
			Optional: true,
			MarkdownDescription: "Inputs of the jobs: an object from keys to inputs, e.g. `{ for name in var.names : name => { prompt = name } }`. " +
				"Each input is an HCL object of any depth, up to 10 MiB of JSON. It must not be empty: the API accepts a job with an empty input, but never runs it. A null value, such as an `optional()` attribute that is not set, is sent as `null`. Integers beyond 2^53 keep every digit. An empty `inputs` runs nothing. " +
				"Changing the JSON of an input runs that key again. Exactly one of `inputs` and `inputs_file` must be set.",
		},
		"inputs_file": schema.StringAttribute{
			Optional: true,
			MarkdownDescription: "Path of a JSON Lines file with the inputs, instead of `inputs`: one object per line with `key` and `input`, e.g. `{\"key\": \"a\", \"input\": {\"prompt\": \"hello\"}}`. " +
				"The file is read one line at a time. Plan and state contain only the keys and digests of the inputs. Changing a line runs that key again; the order of the lines and white space make no difference. Conflicts with `inputs`.",
			Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
		},
		"inputs_sha256": schema.StringAttribute{
			Computed: true, MarkdownDescription: "SHA-256 digest of the keys and inputs in `inputs_file`, in hexadecimal. Used to detect changes. Null if `inputs` is set.",
		},
		"input_wo": schema.DynamicAttribute{
			Optional: true, WriteOnly: true, MarkdownDescription: "Write-only part of every input, such as a secret: an object that is deep-merged over each input and never stored. Requires Terraform or OpenTofu 1.11. Changing this runs jobs again only if `input_wo_version` changes as well.",
		},
		"input_wo_version": schema.Int64Attribute{
			Optional: true, MarkdownDescription: "Arbitrary number. Increase it when `input_wo` changes. " + changeRunsAll,
			PlanModifiers: []planmodifier.Int64{int64planmodifier.RequiresReplace()},
		},
		"s3_config": jobmodel.S3ConfigAttribute(changeRunsAll, "Changing this alone runs nothing again.", objectplanmodifier.RequiresReplace()),
		"policy":    jobmodel.PolicyAttribute(changeRunsAll, objectplanmodifier.RequiresReplace()),
		"webhook":   jobmodel.WebhookAttribute(changeRunsAll, stringplanmodifier.RequiresReplace()),
		"triggers": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Arbitrary map of values that, when changed, triggers all jobs again.",
			PlanModifiers:       []planmodifier.Map{mapplanmodifier.RequiresReplace()},
		},
	}
}

// waitingAttributes say how to run the jobs and what to do if the run ends early; they
// change in place.
func waitingAttributes(ctx context.Context) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"max_in_flight": schema.Int64Attribute{
			Optional: true, Computed: true, Default: int64default.StaticInt64(defaultInFlight),
			MarkdownDescription: "Maximum number of jobs in flight, that is, submitted and unfinished. Jobs in the endpoint's queue count, so a value above the endpoint's number of workers only makes the queue longer. Each job in flight uses one connection. From 1 to 200. Defaults to `50`.",
			Validators:          []validator.Int64{int64validator.Between(1, 200)},
		},
		"retry": jobmodel.RetryAttribute(),
		"on_failure": jobmodel.ChoiceAttribute("What to do when more jobs end as `FAILED`, `TIMED_OUT` or `CANCELLED` than `min_success_ratio` allows. `error` fails the apply after all jobs have ended, and the next apply runs the failed keys again. `warn` stores their results and shows a warning. Defaults to `error`.",
			jobmodel.FailError, jobmodel.FailWarn),
		"max_failures": schema.Int64Attribute{
			Optional: true, MarkdownDescription: "Number of failed jobs in one apply after which nothing more is submitted. The jobs in flight are waited for, the apply fails, and the next apply submits the remaining keys before those that failed. A job counts when it has failed after all attempts of `retry`, or expired unless `on_expired` is `warn`. At least 1. Defaults to no limit.",
			Validators: []validator.Int64{int64validator.AtLeast(1)},
		},
		"queue_timeout": jobmodel.QueueTimeoutAttribute("Maximum time that a job may be in the queue (`IN_QUEUE`), counted from its submission or, when an apply resumes the wait, from its start. If no worker takes a job by then, `on_timeout` applies to it, nothing more is submitted, and the error says that the job never started, with the endpoint's health. The next apply submits the remaining keys. Jobs wait for each other as well: choose a value above the time that `max_in_flight` jobs take. A duration from `1s` to `168h`, e.g. `5m`. Defaults to no limit."),
		"min_success_ratio": schema.Float64Attribute{
			Optional: true, Computed: true, Default: float64default.StaticFloat64(1),
			MarkdownDescription: "Minimum fraction of jobs that must not fail, from 0 to 1. If it is met, failed jobs are kept and a warning is shown. An expired job counts as failed unless `on_expired` is `warn`. Defaults to `1`.",
			Validators:          []validator.Float64{float64validator.Between(0, 1)},
		},
		"on_timeout":   jobmodel.ChoiceAttribute("What to do when the jobs do not end within `timeouts`, or with a job that is in the queue for longer than `queue_timeout`. `cancel` cancels unfinished jobs and fails the apply. `detach` leaves them running and shows a warning; the next apply resumes the wait. Defaults to `cancel`.", string(jobrun.Cancel), string(jobrun.Detach)),
		"on_expired":   jobmodel.ChoiceAttribute("What to do with jobs that the API no longer knows before their end was seen: their results expired, their `ttl` passed, or the queue was purged. `error` counts them as failed: if there are more failed and expired jobs than `min_success_ratio` allows, the apply fails, and the next apply runs the expired keys again, as its plan says. `warn` keeps them with `expired = true`, and runs nothing again. A stored result is never affected. Defaults to `error`.", jobmodel.FailError, jobmodel.FailWarn),
		"on_interrupt": jobmodel.ChoiceAttribute("What to do on Ctrl-C. `detach` leaves unfinished jobs running, and the next apply resumes the wait. `cancel` cancels them, for up to one minute. Defaults to `detach`.", string(jobrun.Detach), string(jobrun.Cancel)),
		"on_destroy":   jobmodel.ChoiceAttribute("What to do with an unfinished job when the set is destroyed or replaced, its key is removed, or its input changes. `cancel` cancels it, `keep` leaves it running. Defaults to `cancel`.", string(jobrun.Cancel), jobmodel.DestroyKeep),
		"output_sensitive": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "If `true`, outputs are stored in `sensitive_outputs` instead of `outputs`. Defaults to `false`.",
		},
		"output_select": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Stores only parts of each output: a map from names to [JMESPath](https://jmespath.site) expressions. An output is then an object with these names, and null where an expression finds nothing. Quote a key that contains a dash: `\"\\\"file-name\\\"\"`. `output_bytes` and `output_sha256` describe the whole output.",
			Validators:          jobmodel.OutputSelectValidators(),
		},
		"output_files": jobmodel.OutputFilesAttribute("Files to write each output to when its job completes: a map from paths, relative to the working directory, to what each file holds. A path contains `{key}`, which stands for the key of the job, e.g. `results/{key}.json`. " +
			"Folders are created. A file is written under a temporary name in the same folder and then renamed, so it is always whole; only its owner can read it. A symbolic link, a folder or a device is never written to or replaced. " +
			"With this argument, `outputs` holds only what `output_select` selects, and `max_output_bytes` does not limit the files. Can be changed in place: the files are written if the API still has the results. Files are never deleted, not even by a destroy or when a key is removed."),
		"max_output_bytes": schema.Int64Attribute{
			Optional: true, Computed: true, Default: int64default.StaticInt64(jobmodel.DefaultMaxOutputBytes),
			MarkdownDescription: "Maximum size of a job's output that is stored, in bytes of JSON. With `output_select`, the size of the selected parts counts. If an output is larger, it is null in `outputs`, its size and digest are stored in `jobs`, and a warning is shown. Defaults to `1048576` (1 MiB).",
			Validators:          []validator.Int64{int64validator.AtLeast(0)},
		},
		"timeouts": validators.ResourceTimeouts(ctx, timeouts.Opts{
			Create: true, Read: true, Update: true, Delete: true,
			CreateDescription: "How long all jobs together may take, e.g. `30s` or `2h45m`. Defaults to `30m`.",
			ReadDescription:   "How long a refresh may take, e.g. `30s` or `2m`. Defaults to `2m`.",
			UpdateDescription: "How long all jobs of a change together may take, including resumed ones, e.g. `30s` or `2h45m`. Defaults to `30m`.",
			DeleteDescription: "How long cancelling unfinished jobs may take, e.g. `30s` or `2m`. Defaults to `2m`.",
		}),
	}
}

// resultAttributes are the results of the jobs.
func resultAttributes() map[string]schema.Attribute {
	entry := jobmodel.RecordAttributes(jobmodel.DescribeID+" Null if no job is known.", "Whether the job expired before the provider saw it end. `on_expired` decides whether the next apply runs its key again.")
	entry["input_sha256"] = schema.StringAttribute{Computed: true, MarkdownDescription: "SHA-256 digest of the JSON of the job's input, in hexadecimal. Used to detect changes."}
	entry["files"] = jobmodel.FilesAttribute()
	return map[string]schema.Attribute{
		"id": schema.StringAttribute{
			Computed: true, MarkdownDescription: "ID of the set, generated by the provider. The API does not know it.",
			PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"jobs": schema.MapNestedAttribute{
			Computed:            true,
			MarkdownDescription: "Result of each job, by the keys of `inputs`. A key that was not submitted, or whose submission had an unknown outcome, has a null `id`; the next apply submits it. The provider sets `error.type` to `OutcomeUnknown` for such a submission, and to `Cancelled` for a job that it cancelled; the next apply runs that key again.",
			// An explicit type, so that the framework need not derive it from the
			// attributes again for every value.
			CustomType:   types.MapType{ElemType: jobEntryType},
			NestedObject: schema.NestedAttributeObject{CustomType: jobEntryType, Attributes: entry},
		},
		"outputs":           schema.DynamicAttribute{Computed: true, MarkdownDescription: "Outputs of the jobs: an object with every key of `inputs`, whose value is the job's output or the parts selected by `output_select`. A value is null if there is no output, or if it is larger than `max_output_bytes`. Null as a whole if `output_sensitive` is `true`. " + jobmodel.DescribeLargeOutput},
		"sensitive_outputs": schema.DynamicAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The outputs if `output_sensitive` is `true`, otherwise null."},
		"succeeded":         schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of jobs that ended as `COMPLETED`."},
		"failed":            schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of jobs that ended as `FAILED`, `TIMED_OUT` or `CANCELLED`."},
		"expired":           schema.Int64Attribute{Computed: true, MarkdownDescription: "Number of jobs that expired before the provider saw them end."},
		"execution_time_ms": schema.Int64Attribute{Computed: true, MarkdownDescription: "Time on workers of all jobs together, in milliseconds."},
		"delay_time_ms":     schema.Int64Attribute{Computed: true, MarkdownDescription: "Time in the queue of all jobs together, in milliseconds."},
		"creation_failed":   schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the creation of the set ended with an error that no later change has fixed. Terraform replaces such a set; the replacement reuses the results of completed jobs and submits only the rest."},
	}
}
