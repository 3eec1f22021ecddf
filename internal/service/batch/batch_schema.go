package batch

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
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

const changeRuns = "Changing this forces a new batch."

// Schema implements resource.Resource.
func (r *batchResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Runs up to 5,000 requests as one batch on the service's own distributed queue (Batch API): fills a draft, finalizes it, waits until all requests have ended, and stores their results.\n\n" +
			"~> The Batch API is in **beta**, and some of its replies are not documented. The provider accepts these in any form and checks the batch itself. " +
			"An endpoint can have 10 active batches and 50,000 queued requests. Batches run on dedicated workers and may take hours; the order in which requests run is not specified.\n\n" +
			"Nothing runs, and nothing costs, before the draft is finalized. The provider finalizes it only if the service counts exactly the requests that were sent. " +
			"If the apply is interrupted or killed, or the service stops responding, the apply ends with a warning, and the next apply resumes in the same phase; no request is added twice. " +
			"It is a warning because Terraform would run, and pay for, a failed creation again. To fail the apply, check `phase` in a postcondition.\n\n" +
			"Changing what is run (`requests` or the content of `requests_file`, `triggers`, `endpoint_id`) forces a new batch. All other arguments can be changed in place.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "ID of the endpoint that runs the batch. Defaults to the provider's `endpoint_id`. " + changeRuns,
				Validators: []validator.String{validators.EndpointID()},
			},
			"requests": schema.DynamicAttribute{
				Optional: true, MarkdownDescription: "Inputs of the requests: a list of 1 to 5,000 objects, each like the `input` of a job, not empty and at most 10 MiB of JSON. A null value, such as an `optional()` attribute that is not set, is sent as `null`. Terraform itself compares long lists in quadratic time; from about 1,000 requests, use files for requests and results. Conflicts with `requests_file`; one of the two is required. Changing its JSON forces a new batch.",
			},
			"requests_file": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Path of a JSON Lines file with the requests. Each line is the input of one request: a JSON object, not empty and at most 10 MiB. Blank lines are ignored. The file is read line by line, is never held in memory as a whole, and is not stored. It is checked at plan, unless the path is known only after apply. Conflicts with `requests`; one of the two is required. Changing its content forces a new batch; changing only its path or its blank lines does not.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"triggers": schema.MapAttribute{
				Optional: true, ElementType: types.StringType, MarkdownDescription: "Arbitrary map of values that, when changed, triggers a new batch.",
			},
			"wait_for_completion": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				MarkdownDescription: "If `true`, the apply waits until all requests have ended. If `false`, it ends when the batch is finalized; once a refresh finds that the batch has ended, the next apply reads the results. Defaults to `true`.",
			},
			"results_file": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Path of a JSON Lines file to write the results to, instead of `results`: one object per request with `index`, `id`, `status`, `output`, `error`, `started_at` and `completed_at`, in the order of the requests. It may be of any size. The file is written under a temporary name in the same folder and then renamed; only its owner can read it. Two resources of one provider configuration cannot write the same file, and names that differ only in case count as the same; a name that is known only after apply is compared with those of the batches that the same apply creates or changes. Batches of different provider configurations (`alias`) are not compared: give each a file of its own. Can be changed in place: the file is written again if the service still has the results. A refresh notices a file that is missing or changed, and the next apply writes it again. Destroying the resource keeps the file.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"max_output_bytes": schema.Int64Attribute{
				Optional: true, Computed: true, Default: int64default.StaticInt64(jobmodel.DefaultMaxOutputBytes),
				MarkdownDescription: "Maximum size of `results`, in bytes of JSON. If the results are larger, `results` is null, their size and digest are stored, and a warning is shown; use `results_file` for them. Defaults to `1048576` (1 MiB).",
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
			},
			"on_failure":   jobmodel.ChoiceAttribute("What to do when a request does not complete, or when the batch as a whole is cancelled or fails. `error` stores the results and fails the apply, and the next apply runs a new batch. `warn` stores the results and shows a warning. Defaults to `error`.", jobmodel.FailError, jobmodel.FailWarn),
			"on_expired":   jobmodel.ChoiceAttribute("What to do when the service no longer has the batch before its results were read. `error` fails the apply, and the next apply runs a new batch, as its plan says. `warn` keeps the batch with `phase = \"expired\"`, and no new batch is planned. Stored results are never affected. Only a batch that is waited for (`wait_for_completion`) is run again. Defaults to `error`.", jobmodel.FailError, jobmodel.FailWarn),
			"on_timeout":   jobmodel.ChoiceAttribute("What to do when the batch does not end within `timeouts`. `cancel` cancels it and fails the apply; requests that are running end first. `detach` leaves it as it is and shows a warning; the next apply resumes. Defaults to `cancel`.", string(jobrun.Cancel), string(jobrun.Detach)),
			"on_interrupt": jobmodel.ChoiceAttribute("What to do on Ctrl-C, in any phase. `detach` leaves the batch as it is, and the next apply resumes. `cancel` cancels it. A request that is in progress gets up to 10 seconds to finish. Defaults to `detach`.", string(jobrun.Detach), string(jobrun.Cancel)),
			"on_destroy":   jobmodel.ChoiceAttribute("What to do with an unfinished batch when the resource is destroyed or replaced. `cancel` cancels it, including a draft; requests that are running end first. `keep` leaves it. Defaults to `cancel`.", string(jobrun.Cancel), jobmodel.DestroyKeep),
			"timeouts": validators.ResourceTimeouts(ctx, timeouts.Opts{
				Create: true, Read: true, Update: true, Delete: true,
				CreateDescription: "How long filling, running and waiting may take together, e.g. `30m` or `2h45m`. Defaults to `24h`.",
				ReadDescription:   "How long a refresh may take, e.g. `30s` or `2m`. Defaults to `2m`.",
				UpdateDescription: "How long an apply that resumes a batch may take, e.g. `30m` or `2h45m`. Defaults to `24h`.",
				DeleteDescription: "How long cancelling the batch may take, e.g. `30s` or `2m`. Defaults to `2m`.",
			}),

			"id":               computedString("ID of the batch."),
			"status":           computedString("Status of the batch as the service reports it: `DRAFT`, `FINALIZED`, `FAILED` or `CANCELLED`. A batch that is done stays `FINALIZED`; see `phase`."),
			"phase":            computedString("Phase of the batch: `draft` (requests are being added), `running` (finalized), `ended` (every request has ended, the results are not read yet), `done` (the results are read, whether the requests completed or failed), `cancelled` or `failed` (the batch as a whole), or `expired` (the service no longer has it; `on_expired` decides whether the next apply runs a new batch)."),
			"total":            computedInt64("Number of requests."),
			"in_progress":      computedInt64("Last known number of running requests."),
			"completed":        computedInt64("Last known number of completed requests."),
			"failed":           computedInt64("Last known number of failed requests. The rest of `total` is waiting or was cancelled."),
			"created_at":       schema.StringAttribute{Computed: true, CustomType: timetypes.RFC3339Type{}, MarkdownDescription: "Time at which the batch was created, in UTC (RFC 3339)."},
			"requests_sha256":  computedString("SHA-256 digest of the requests' JSON, one line each, in hexadecimal. Used to detect changes."),
			"creation_failed":  schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the create that made this resource ended with an error. Terraform replaces such a resource, and the replacement takes a finalized batch over, unless it failed."},
			"results":          schema.DynamicAttribute{Computed: true, MarkdownDescription: "Results of the requests, in the order of the requests: a tuple of objects with `index`, `id`, `status`, `output`, `error` (null, or an object with `type`, `message`, `traceback` and `raw`), `started_at` and `completed_at`. Null before the batch has ended, with `results_file`, and if they are larger than `max_output_bytes`. Terraform itself plans large lists slowly, also below 1 MiB; use `results_file` for them."},
			"results_bytes":    computedInt64("Size of the results as JSON Lines, in bytes."),
			"results_sha256":   computedString("SHA-256 digest of the results as JSON Lines, in hexadecimal; with `results_file`, of that file. Null while the file is missing or changed: the next apply writes it again, unless the service has forgotten the results."),
			"results_in_order": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the results are in the order of the requests. The service does not document the order in which it lists requests, so the provider detects it while the batch is a draft, by adding the first five requests one by one. If that fails, and after an import, this is `false`, each `index` is null, and the results are in the service's order."},
		},
	}
}

func computedString(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func computedInt64(description string) schema.Int64Attribute {
	return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
}
