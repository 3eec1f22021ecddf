package jobset

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-validators/float64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/float64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
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
	changeRunsAll = "A change runs every job again."

	description = "Runs many jobs on a queue-based endpoint, as one resource: a job for each key of `inputs`, up to `max_in_flight` of them at once, not bound by `-parallelism`. " +
		"A change of the inputs touches the keys that changed, and the plan shows which. " +
		"Every job that was submitted is in the state, whatever happens in the middle: the next apply waits for those that are live, submits the keys that had no turn, and leaves finished ones alone.\n\n" +
		"A change of what all jobs are made of (`endpoint_id`, `policy`, `webhook`, `triggers`) runs every job again. Everything else changes in place and submits nothing."
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

// submissionAttributes are what the jobs are made of.
func submissionAttributes() map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"endpoint_id": schema.StringAttribute{
			Optional: true, Computed: true, MarkdownDescription: "Endpoint that runs the jobs. Default: the provider's `endpoint_id`. " + changeRunsAll,
			Validators:    []validator.String{validators.ID()},
			PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown(), stringplanmodifier.RequiresReplace()},
		},
		"inputs": schema.DynamicAttribute{
			Required: true,
			MarkdownDescription: "What the workers get: an object with a key for each job, whose value is the job's input, such as `{ for name in var.names : name => { prompt = name } }`. " +
				"An input is an object of any depth that must not be empty, because the API never runs such a job, and at most 10 MiB of JSON. Integers beyond 2^53 keep every digit. An empty `inputs` runs nothing. " +
				"A change touches the keys that changed.",
		},
		"policy":  jobmodel.PolicyAttribute(changeRunsAll, objectplanmodifier.RequiresReplace()),
		"webhook": jobmodel.WebhookAttribute(changeRunsAll, stringplanmodifier.RequiresReplace()),
		"triggers": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Any values; every job runs again when one of them changes.",
			PlanModifiers:       []planmodifier.Map{mapplanmodifier.RequiresReplace()},
		},
	}
}

// waitingAttributes say how to run the jobs and what to do when that ends
// early; they change in place.
func waitingAttributes(ctx context.Context) map[string]schema.Attribute {
	return map[string]schema.Attribute{
		"max_in_flight": schema.Int64Attribute{
			Optional: true, Computed: true, Default: int64default.StaticInt64(defaultInFlight),
			MarkdownDescription: "Jobs in flight at most, from 1 to 200: submitted and not ended. A job that waits in the endpoint's queue counts, so more than the endpoint has workers only lengthens its queue. Each takes one connection. Default: 50.",
			Validators:          []validator.Int64{int64validator.Between(1, 200)},
		},
		"retry": jobmodel.RetryAttribute(),
		"on_failure": jobmodel.ChoiceAttribute("When more jobs end as `FAILED`, `TIMED_OUT` or `CANCELLED` than `min_success_ratio` allows: `error` (default) fails the apply when all keys have ended, and the next one runs the failed keys again; `warn` keeps their results with a warning.",
			jobmodel.FailError, jobmodel.FailWarn),
		"min_success_ratio": schema.Float64Attribute{
			Optional: true, Computed: true, Default: float64default.StaticFloat64(1),
			MarkdownDescription: "Share of the keys, from 0 to 1, that must not fail. Failed jobs within the rest are kept with a warning. A job that expired before its end was seen counts neither way. Default: `1`.",
			Validators:          []validator.Float64{float64validator.Between(0, 1)},
		},
		"on_timeout":   jobmodel.ChoiceAttribute("When the run outlasts `timeouts`: `cancel` (default) cancels the live jobs and fails the apply; `detach` leaves them running with a warning, and the next apply resumes.", string(jobrun.Cancel), string(jobrun.Detach)),
		"on_interrupt": jobmodel.ChoiceAttribute("On Ctrl-C: `detach` (default) leaves the live jobs running, and the next apply resumes; `cancel` cancels them, for up to a minute.", string(jobrun.Detach), string(jobrun.Cancel)),
		"on_destroy":   jobmodel.ChoiceAttribute("What becomes of a live job when the set is destroyed or replaced, or when its key is removed or its input changed: `cancel` (default) cancels it; `keep` leaves it running.", string(jobrun.Cancel), jobmodel.DestroyKeep),
		"output_sensitive": schema.BoolAttribute{
			Optional: true, Computed: true, Default: booldefault.StaticBool(false),
			MarkdownDescription: "Whether the outputs go to `sensitive_outputs` instead of `outputs`. Default: `false`.",
		},
		"output_select": schema.MapAttribute{
			Optional: true, ElementType: types.StringType,
			MarkdownDescription: "Keeps only parts of each output: names, each with a [JMESPath](https://jmespath.site) expression, in which a key with a dash is quoted: `\"\\\"file-name\\\"\"`. An output is then an object of these names; what an expression does not find is null. Size and digest are those of the whole output.",
			Validators:          jobmodel.OutputSelectValidators(),
		},
		"max_output_bytes": schema.Int64Attribute{
			Optional: true, Computed: true, Default: int64default.StaticInt64(jobmodel.DefaultMaxOutputBytes),
			MarkdownDescription: "Largest output of one job, in bytes of JSON, that is stored; with `output_select`, the size of what it takes counts. A larger one is null in `outputs`, with its size and digest in `jobs` and a warning. Default: 1048576.",
			Validators:          []validator.Int64{int64validator.AtLeast(0)},
		},
		"timeouts": validators.ResourceTimeouts(ctx, timeouts.Opts{
			Create: true, Read: true, Update: true, Delete: true,
			CreateDescription: "How long all jobs together may take, as a Go duration. Default: `30m`.",
			ReadDescription:   "How long a refresh may take. Default: `2m`.",
			UpdateDescription: "How long all jobs of a change together may take, resumed ones included. Default: `30m`.",
			DeleteDescription: "How long the cancelling of live jobs may take. Default: `2m`.",
		}),
	}
}

// resultAttributes are what became of the jobs.
func resultAttributes() map[string]schema.Attribute {
	entry := jobmodel.RecordAttributes(jobmodel.DescribeID+" Null when no job is known.", "Whether the API no longer knew the job before its end was seen. Such a job is kept, and its key is not run again.")
	entry["input_sha256"] = schema.StringAttribute{Computed: true, MarkdownDescription: "SHA-256 digest of the JSON of the input that the job ran, in hexadecimal: another one than that of the key's input means that the key is to run again."}
	return map[string]schema.Attribute{
		"id": schema.StringAttribute{
			Computed: true, MarkdownDescription: "Id of the set, made up by the provider; the API does not know it.",
			PlanModifiers: []planmodifier.String{stringplanmodifier.UseStateForUnknown()},
		},
		"jobs": schema.MapNestedAttribute{
			Computed:            true,
			MarkdownDescription: "What became of each job, by the keys of `inputs`. A key whose job was not submitted, or whose submission had an unknown outcome, has a null `id`; the next apply submits it. The provider's own `error.type` is `OutcomeUnknown` for such a submission and `Cancelled` for a job that it cancelled before its end, whose key runs again.",
			// The types as such, so that the framework need not make them up from
			// the attributes again for every value that it walks by.
			CustomType:   types.MapType{ElemType: jobEntryType},
			NestedObject: schema.NestedAttributeObject{CustomType: jobEntryType, Attributes: entry},
		},
		"outputs":           schema.DynamicAttribute{Computed: true, MarkdownDescription: "What the workers returned: an object with every key of `inputs`, whose value is the job's output or the parts that `output_select` takes; null when there is none or when it is larger than `max_output_bytes`. Null as a whole when `output_sensitive` is set."},
		"sensitive_outputs": schema.DynamicAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The outputs when `output_sensitive` is set, else null."},
		"succeeded":         schema.Int64Attribute{Computed: true, MarkdownDescription: "Jobs that ended as `COMPLETED`."},
		"failed":            schema.Int64Attribute{Computed: true, MarkdownDescription: "Jobs that ended as `FAILED`, `TIMED_OUT` or `CANCELLED`."},
		"creation_failed":   schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the creation of the set ended with an error and no change has mended it since. Terraform replaces such a set, and the replacement keeps the results of the jobs that completed."},
	}
}
