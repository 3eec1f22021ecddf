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

const changeRuns = "A change runs a new batch."

// Schema implements resource.Resource.
func (r *batchResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Runs up to 5,000 requests as one batch of the service's own distributed queue (Batch API): fills a draft, finalizes it, waits for the end of all requests, keeps their results.\n\n" +
			"~> The Batch API is in **beta**, and part of what it answers is not documented. The provider takes such answers in any form and asks the batch itself what happened. " +
			"An endpoint can have 10 active batches and 50,000 queued requests. Batches run on workers of their own and may take hours; the service names no order in which requests run.\n\n" +
			"Nothing runs, or costs, before the draft is finalized, and it is finalized only when the service counts exactly the requests that were to be sent. " +
			"An apply that is interrupted, or that the service does not answer any more, leaves a warning, and the next apply goes on where it ended, in whichever phase that was; no request is added twice. " +
			"Such a warning does not make the apply fail, because a failed creation would be run, and paid for, again: check `phase` in a postcondition where that matters.\n\n" +
			"A change of what is run (`requests` or the content of `requests_file`, `triggers`, `endpoint_id`) runs a new batch. Everything else changes in place.",
		Attributes: map[string]schema.Attribute{
			"endpoint_id": schema.StringAttribute{
				Optional: true, Computed: true, MarkdownDescription: "Endpoint that runs the batch. Default: the provider's `endpoint_id`. " + changeRuns,
				Validators: []validator.String{validators.ID()},
			},
			"requests": schema.DynamicAttribute{
				Optional: true, MarkdownDescription: "The inputs of the requests: a list of 1 to 5,000 objects, each as for a job's `input`, not empty and at most 10 MiB of JSON. A change of their JSON runs a new batch. Terraform itself compares long lists slowly, in a time that grows with the square of their length: from about 1,000 requests on, files are faster, for the results as well. Exactly one of `requests` and `requests_file` is required.",
			},
			"requests_file": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Path of a file in the JSON Lines format instead: each line is the input of one request, a JSON object, not empty and at most 10 MiB; blank lines are left out. The file is read line by line and never held in memory as a whole, nor is it stored. It is checked when the plan is made, unless the path is known only after apply. A change of its content runs a new batch; a mere change of its path, or of blank lines, does not.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"triggers": schema.MapAttribute{
				Optional: true, ElementType: types.StringType, MarkdownDescription: "Any values; a new batch runs when one of them changes.",
			},
			"wait_for_completion": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				MarkdownDescription: "Whether to wait for the end of all requests. With `false` the apply ends when the batch is finalized; once a refresh sees that it has ended, the next apply reads the results. Default: `true`.",
			},
			"results_file": schema.StringAttribute{
				Optional: true, MarkdownDescription: "Path of a file to write the results to, in the JSON Lines format: one object for each request with `index`, `id`, `status`, `output`, `error`, `started_at` and `completed_at`, in the order of the requests. It is written under a temporary name in the same folder and then renamed, with access for its owner only, and may be of any size. No two batches of a configuration can write the same file; a name that is known only after apply is compared with those of the batches that the same apply creates or changes. A later change writes it again while the service still has the results. Destroying the resource leaves the file. Without this argument the results go to `results`.",
				Validators: []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"max_output_bytes": schema.Int64Attribute{
				Optional: true, Computed: true, Default: int64default.StaticInt64(jobmodel.DefaultMaxOutputBytes),
				MarkdownDescription: "Largest size of all results together, in bytes of JSON, that is stored in `results`. Larger ones leave it null, with their size and digest and a warning; use `results_file` for them. Default: 1048576.",
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
			},
			"on_failure":   jobmodel.ChoiceAttribute("When not every request completes, or the batch is cancelled or given up by the service: `error` (default) fails the apply after the results were kept, and the next apply runs a new batch; `warn` keeps the batch with a warning.", jobmodel.FailError, jobmodel.FailWarn),
			"on_timeout":   jobmodel.ChoiceAttribute("When all of it outlasts `timeouts`: `cancel` (default) cancels the batch and fails the apply; requests that run end first. `detach` leaves it with a warning, and the next apply goes on.", string(jobrun.Cancel), string(jobrun.Detach)),
			"on_interrupt": jobmodel.ChoiceAttribute("On Ctrl-C, in any phase: `detach` (default) leaves the batch as it is, and the next apply goes on; `cancel` cancels it. A call that is under way gets up to 10 seconds to end.", string(jobrun.Detach), string(jobrun.Cancel)),
			"on_destroy":   jobmodel.ChoiceAttribute("On destroy or replacement, when the batch has not ended: `cancel` (default) cancels it, a draft too; requests that run end first. `keep` leaves it.", string(jobrun.Cancel), jobmodel.DestroyKeep),
			"timeouts": validators.ResourceTimeouts(ctx, timeouts.Opts{
				Create: true, Read: true, Update: true, Delete: true,
				CreateDescription: "How long filling, running and waiting may take together, as a Go duration. Default: `24h`.",
				ReadDescription:   "How long a refresh may take. Default: `2m`.",
				UpdateDescription: "The same for an apply that goes on with a batch. Default: `24h`.",
				DeleteDescription: "How long the cancelling of a batch may take. Default: `2m`.",
			}),

			"id":               computedString("Id of the batch."),
			"status":           computedString("State of the batch as the service says it: `DRAFT`, `FINALIZED`, `FAILED` or `CANCELLED`. A batch that is done stays `FINALIZED`; see `phase`."),
			"phase":            computedString("How far the batch has got: `draft` (requests are being added), `running` (finalized), `ended` (every request has ended, the results are not read yet), `done` (the results are read, whether the requests completed or failed), `cancelled` or `failed` (the batch as a whole), `expired` (the service no longer knew it; the resource is kept, and no new batch is planned)."),
			"total":            computedInt64("Number of requests."),
			"in_progress":      computedInt64("Requests that run, as last seen."),
			"completed":        computedInt64("Requests that completed, as last seen."),
			"failed":           computedInt64("Requests that failed, as last seen. What is missing from `total` waits or was cancelled."),
			"created_at":       schema.StringAttribute{Computed: true, CustomType: timetypes.RFC3339Type{}, MarkdownDescription: "When the batch was created, in UTC."},
			"requests_sha256":  computedString("SHA-256 digest of the requests' JSON, one line each, in hexadecimal: what a change is told by."),
			"creation_failed":  schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the create that made this resource ended with an error. Terraform replaces such a resource, and the replacement takes a finalized batch over, unless it failed."},
			"results":          schema.DynamicAttribute{Computed: true, MarkdownDescription: "What became of the requests, in their order: a tuple of objects with `index`, `id`, `status`, `output`, `error` (null, or an object with `type`, `message`, `traceback` and `raw`), `started_at` and `completed_at`. Null before the end, with `results_file`, and when larger than `max_output_bytes`."},
			"results_bytes":    computedInt64("Size of the results as JSON Lines, in bytes."),
			"results_sha256":   computedString("SHA-256 digest of the results as JSON Lines, in hexadecimal."),
			"results_in_order": schema.BoolAttribute{Computed: true, MarkdownDescription: "Whether the results are in the order of the requests. The service does not document in which order it lists requests; the provider learns it while the batch is a draft, to which it adds the first five requests one by one. Where that does not succeed, and after an import, this is `false`, each `index` is null, and the results are in the service's order."},
		},
	}
}

func computedString(description string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: description}
}

func computedInt64(description string) schema.Int64Attribute {
	return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
}
