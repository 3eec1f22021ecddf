package diagnose

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/batchrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// BatchCounts counts the requests of a batch.
type BatchCounts struct{ Total, Completed, Failed, Cancelled int64 }

// FailedRequest is a request of a batch that did not complete.
type FailedRequest struct {
	Place  string // identifies the request, for the reader
	Result batchrun.Result
}

// BatchFailures is a batch of which not every request completed.
type BatchFailures struct {
	Batch    Batch
	State    string
	Counts   BatchCounts
	Failures []FailedRequest // the first of them
	Done     bool            // the batch itself completed
	Fails    bool            // it is an error
	Kept     bool            // the batch is not run again
}

// Diagnostic returns the error or the warning about the batch.
func (f *BatchFailures) Diagnostic() diag.Diagnostic {
	c := f.Counts
	about := f.Batch.facts().field("State", f.State).
		field("Requests", fmt.Sprintf("%d in all, %d completed, %d failed, %d cancelled", c.Total, c.Completed, c.Failed, c.Cancelled))
	for _, failure := range f.Failures {
		text := string(failure.Result.Status)
		if failure.Result.Error != nil {
			text = shorten(failure.Result.Error.Message, 300)
		}
		about.field("Request "+failure.Place, text)
	}
	title := "Batch ended as " + f.State
	if f.Done {
		title = fmt.Sprintf("%d of %d requests did not complete", c.Failed+c.Cancelled, c.Total)
	}
	if !f.Fails {
		return about.titled(title).Warning()
	}
	next := "To fix this: fix the cause and apply again, which runs a new batch with all requests; or set on_failure = \"warn\" to keep such a batch."
	if f.Kept {
		next = importedKept
	}
	return about.paragraph("The results, those of the failed requests included, are kept.\n\n%s", next).titled(title).Error()
}

// EndedAsDraft is the message about a batch that ended before it was finalized.
func (b Batch) EndedAsDraft(batch runpod.Batch) Message {
	return b.facts().field("State", batch.String()).
		paragraph("It ended while it was a draft, so another client cancelled it. Nothing of it ran. The next apply runs a new batch.").titled("Batch ended as " + string(batch.Status))
}

// ResultsInterrupted is the message about results that were not read because of an
// interrupt.
func (b Batch) ResultsInterrupted(state string) Message {
	return b.facts().field("State", state).paragraph(batchResumes).titled("Interrupted; the results were not read")
}

const titleResultsGone = "Results are no longer available"

// ResultsGone is the message about results that the API no longer has.
func (b Batch) ResultsGone(state string) Message {
	return b.facts().field("State", state).
		paragraph("The API no longer has the results of the batch. What was stored of them is kept.").titled(titleResultsGone)
}

// ResultsGoneForFile is ResultsGone for results that were to be written to a file.
func (b Batch) ResultsGoneForFile(state, name string) Message {
	return b.facts().field("State", state).field("File", name).
		paragraph("The API no longer has the results of the batch, so the file is not written, and results_sha256 is null. What was stored of the results is kept, and a file that was written before is unchanged.").titled(titleResultsGone)
}

// FileUnrestorable is the message about a results file that is missing or has
// different content, when the API has forgotten the results.
func (b Batch) FileUnrestorable(state, name string) Message {
	return b.facts().field("State", state).field("File", name).
		paragraph("The API has forgotten the results, so the file cannot be written any more. results_sha256 is null from now on, and nothing is planned because of it. To get the results, run a new batch: change a value in triggers, or use -replace. If you have a copy of the file, put it back: the next refresh recognizes it.").titled(titleUnrestorable)
}

// ResultsFailed is the message about results that could not be read, or not be written to a file.
func (b Batch) ResultsFailed(state string, err error) Message {
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return b.facts().field("State", state).field("File", fmt.Sprintf("%s: %s", file.Path, file.Err)).
			paragraph("Every request of the batch has ended, and nothing is lost. No file is half written, and a results file that was there before is unchanged.\n\nTo fix this: make room or correct results_file, and apply again while the API has the results. The next apply reads them again; it submits nothing.").titled("Unable to write the results of the batch")
	}
	return b.facts().field("State", state).cause(err).
		paragraph("Every request of the batch has ended, and nothing is lost: the next apply reads the results again while the API has them.").titled("Unable to read the results of the batch")
}

// ResultsUnordered is the message about results that cannot be assigned to their requests.
func (b Batch) ResultsUnordered(state string) Message {
	return b.facts().field("State", state).
		paragraph("In which order the API lists the requests of a batch is not documented, and the provider could not learn it while the batch was a draft. The results are in the API's order, without an index.\n\nTo fix this: let the worker return what tells the requests apart, such as an id from the input.").titled("Results are not in the order of the requests")
}

// OutputsNotJSON is the message about outputs that cannot be read, with a sentence about the first.
func (b Batch) OutputsNotJSON(requests int64, defects []string) Message {
	return b.facts().field("Requests", fmt.Sprintf("%d, of which the first: %s", requests, strings.Join(defects, "; "))).
		paragraph(notJSON).titled("Outputs are not JSON")
}

// ResultsTooLarge is the message about results beyond max_output_bytes.
func (b Batch) ResultsTooLarge(size, limit int64) Message {
	return b.results(size).paragraph("The results are larger than max_output_bytes (%d), so they are not stored; their size and digest are.\n\nTo fix this: set results_file, or raise max_output_bytes. The next apply reads them again while the API has them.", limit).titled("Results too large to store")
}

// ResultsNotStored is the message about results that Terraform cannot represent.
func (b Batch) ResultsNotStored(size int64, err error) Message {
	return b.results(size).paragraph("%s. Their size and digest are stored.\n\nTo fix this: set results_file.", err).titled("Results cannot be stored")
}

func (b Batch) results(size int64) *detail {
	return b.facts().field("Size of the results", fmt.Sprintf("%d bytes", size))
}

// BatchEnd is the end of a run that is not the end of the batch. A batch that the API
// has forgotten is an [ExpiredBatch].
type BatchEnd struct {
	Batch    Batch
	Outcome  *batchrun.Outcome
	Sent     int
	Total    int64
	Creating bool // an error would taint the resource, and a tainted batch is paid for again
	// Finalized says that the batch is not a draft.
	Finalized bool
	// Context returns what else helps to find the cause; it may be nil.
	Context func() Context
}

// Diagnostic returns the error or the warning about the end.
func (e *BatchEnd) Diagnostic() diag.Diagnostic {
	out := e.Outcome
	state := "State when last seen"
	if out.Cancelled {
		state = "State"
	}
	about := e.Batch.facts().field(state, out.Batch.String()).field("Sent", fmt.Sprintf("%d of %d requests", e.Sent, e.Total))
	const lost = "The batch may still run, and cost. To fix this: cancel it in the console, or destroy this resource."
	switch out.End {
	case jobrun.EndTimedOut:
		about.overdue(out.Batch.String(), out.Err)
		if e.Context != nil {
			about.context(e.Context())
		}
		switch {
		case out.Cancelled:
			return about.paragraph("%s", afterTimeout(out.Err, "To fix this: raise timeouts.create, or set on_timeout = \"detach\" to leave such a batch. A batch that waits for long has no free worker: look at the health above and at the workers' logs.")).titled("Batch timed out and was cancelled").Error()
		case out.CancelErr != nil:
			return about.cancelFailed(out.CancelErr, lost).titled("Batch timed out and could not be cancelled").Error()
		default:
			return about.paragraph("The wait ran out, and on_timeout = \"detach\" leaves the batch. " + batchResumes).titled("Batch has not ended").Warning()
		}
	case jobrun.EndInterrupted:
		switch {
		case out.Cancelled:
			return about.paragraph("The next apply runs a new batch.").titled("Interrupted; the batch was cancelled").Error()
		case out.CancelErr != nil:
			return about.cancelFailed(out.CancelErr, lost).titled("Interrupted; the batch could not be cancelled").Error()
		default:
			return about.paragraph(batchResumes + " Destroy the resource to cancel the batch.").titled(titleBatchKept).Warning()
		}
	}
	return e.broken(about)
}

func (e *BatchEnd) broken(about *detail) diag.Diagnostic {
	switch out := e.Outcome; {
	case out.Resumable():
		return about.cause(out.Err).paragraph(batchResumes + "\n\nTo fix this: apply again when the API is well.").
			titled("Batch is not finished, because the API does not answer").ErrorIf(!e.Creating)
	case e.Finalized:
		return e.Batch.facts().explain(out.Err).
			paragraph("The batch was finalized and its id is in the state; it may still run. Fix the cause and apply again: the next apply continues with this batch and submits nothing. When this happens during creation, the plan shows a replacement, which takes the batch over.").
			titled("Unable to wait for the batch").Error()
	default:
		return e.Batch.facts().explain(out.Err).
			paragraph("The batch is still a draft: nothing of it runs, or costs. When this happens during creation, the next apply cancels it and makes a new one.").
			titled("Unable to fill the batch").Error()
	}
}
