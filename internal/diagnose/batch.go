package diagnose

import (
	"fmt"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// Batch is the batch that a message is about. ID is "" if it is not known.
type Batch struct{ Endpoint, ID string }

func (b Batch) facts() *detail { return new(detail).field("Endpoint", b.Endpoint).field("Batch", b.ID) }

const batchResumes = "The batch is in the state. The next apply continues where this one ended; no request is added twice."

var draftIsFree = fmt.Sprintf("Nothing of it runs, or costs, but it counts toward the %d active batches of the endpoint.", runpod.MaxActiveBatches)

// ListFailed is the message about an API error when listing batches.
func (b Batch) ListFailed(err error) Message {
	return b.facts().explain(err).titled("Unable to list the batches")
}

// ReadFailed is the message about an API error when reading the batch.
func (b Batch) ReadFailed(err error) Message {
	return b.facts().explain(err).titled("Unable to read the batch")
}

// RefreshFailed is the message about an API error in a refresh, which keeps the state.
func (b Batch) RefreshFailed(lastSeen string, err error) Message {
	return b.facts().field("State when last seen", lastSeen).cause(err).
		paragraph("The state is kept as it was; the next refresh looks again.").titled("Batch could not be read")
}

// ExpiredBatch is a batch that the API has forgotten before its results were read.
type ExpiredBatch struct {
	Batch    Batch
	LastSeen string
	Counts   BatchCounts // when last seen
	Reruns   bool        // the next apply runs a new batch
	Imported bool        // which is why it does not
}

// Message returns the message about the lost results.
func (e *ExpiredBatch) Message() Message {
	next := " No new batch is planned. " + runsAnew
	switch {
	case e.Reruns:
		next = "\n\nTo fix this: apply again, which runs a new batch with all requests. Set on_expired = \"warn\" to keep an expired batch instead."
	case e.Imported:
		next = "\n\n" + importedKept
	}
	return e.Batch.facts().field("State when last seen", e.LastSeen).field("Requests when last seen", e.Counts.seen()).
		paragraph("The API no longer knows the batch, and its results were not read: they are lost. The resource is kept with phase = \"expired\".%s", next).titled("Batch has expired")
}

const (
	runsAnew     = "To run its requests again, change a value in triggers, or use -replace."
	importedKept = "The batch was imported, and the next apply keeps it as it is. " + runsAnew
)

// seen adds the counts of a batch that may not have ended.
func (c BatchCounts) seen() string {
	return fmt.Sprintf("%d in all, %d completed, %d failed", c.Total, c.Completed, c.Failed)
}

// ImportedDraft is the message about a draft that was imported.
func (b Batch) ImportedDraft() Message {
	return b.facts().paragraph("A draft cannot be imported: which requests it has, and which are to come, is not known.\n\nTo fix this: finalize it or cancel it first.").titled("Batch is a draft")
}

// EndpointGoneOnDestroy is the message about a batch whose endpoint a destroy does not find.
func (b Batch) EndpointGoneOnDestroy(err error) Message {
	return b.facts().explain(err).
		paragraph("The endpoint is gone, or hidden from this key; the batch is removed from the state.").titled("Batch could not be cancelled")
}

const titleDraftNotCancelled = "Draft could not be cancelled"

// DraftLeftOnDestroy is the message about a draft that a destroy failed to cancel.
func (b Batch) DraftLeftOnDestroy(err error) Message {
	return b.facts().explain(err).paragraph("The draft is removed from the state. %s", draftIsFree).titled(titleDraftNotCancelled)
}

// EarlierDraftLeft is the message about a draft of an earlier apply that could not be
// cancelled.
func (b Batch) EarlierDraftLeft(err error) Message {
	return b.facts().explain(err).paragraph("An earlier apply left the draft. %s", draftIsFree).titled(titleDraftNotCancelled)
}

// EarlierDraftUnknown is the message about a draft of an earlier apply whose ID is
// unknown.
func (b Batch) EarlierDraftUnknown() Message {
	return b.facts().paragraph("An earlier apply was killed while it created a batch, before it received the id. A draft with one request may exist on the endpoint. %s This apply makes a new batch.", draftIsFree).titled("A draft of an earlier apply may be left over")
}

// EarlierReadFailed is the message about a batch of an earlier apply that cannot be read.
func (b Batch) EarlierReadFailed(err error) Message {
	return b.facts().explain(err).
		paragraph("An earlier apply created this batch with the same requests and died. Whether it was finalized is not known, so nothing was created.\n\nTo fix this: apply again when the API answers.").titled("Unable to read the batch of an earlier apply")
}

// CancelFailed is the message about a batch that a destroy failed to cancel.
func (b Batch) CancelFailed(err error) Message {
	return b.facts().explain(err).
		paragraph("To fix this: fix the cause and destroy again. To remove the resource without cancelling the batch, use terraform state rm.").titled("Unable to cancel the batch")
}

// KeptByInterrupt is the message about a batch whose deletion was interrupted before a
// replacement could take it over.
func (b Batch) KeptByInterrupt(lastSeen string) Message {
	return b.facts().field("State when last seen", lastSeen).
		paragraph("The interrupt came before the resource that replaces this one could take the batch over. It stays in the state.\n\nTo fix this: apply again, or destroy again.").titled(titleBatchKept)
}

const titleBatchKept = "Interrupted; the batch is kept"

// ResumesFilling is the warning that an apply continues to fill a draft.
func (b Batch) ResumesFilling(state string, total int64) Message {
	return b.facts().field("State", state).
		paragraph("The batch was created by an earlier apply and is still a draft. This apply asks it which of the %d requests it has, adds the others, and continues from there.", total).titled("Resumes filling a batch")
}

// ResumesWaiting is the warning that an apply waits for a stored batch.
func (b Batch) ResumesWaiting(state string, c BatchCounts) Message {
	return b.facts().field("State", state).field("Requests", c.seen()).
		paragraph("The batch was finalized by an earlier apply and has not ended. This apply waits for its end; it submits nothing.").titled("Resumes waiting for a batch")
}

// ReadsResults is the warning that an apply reads the results of a batch that has ended.
func (b Batch) ReadsResults(state string) Message {
	return b.facts().field("State", state).
		paragraph("Every request of the batch has ended. This apply reads the results; it submits nothing.").titled("Reads the results of a batch")
}

// RestoresFile is the warning that an apply writes the results file again.
func (b Batch) RestoresFile(state, name string) Message {
	return b.facts().field("State", state).field("File", name).
		paragraph("The file is missing, or has different content from the batch's results. This apply reads the results again and writes it; it submits nothing.").titled(titleRestores)
}

// RunsFailedAgain is the warning about a new batch in place of one that did not complete.
func (b Batch) RunsFailedAgain(state string) Message {
	return b.facts().field("State", state).
		paragraph("Not every request completed and on_failure is \"error\", so a new batch is run. Set on_failure = \"warn\" to keep this one.").titled("Runs a failed batch again")
}

// RunsNewForExpired is the warning about a new batch in place of one that the API has forgotten.
func (b Batch) RunsNewForExpired(lastSeen string, c BatchCounts) Message {
	return b.facts().field("State when last seen", lastSeen).field("Requests when last seen", c.seen()).
		paragraph("The API forgot the batch before its results were read and on_expired is \"error\", so a new batch is run. Set on_expired = \"warn\" to keep the expired one.").titled("Runs a new batch for an expired one")
}

// CreateFailed is the message about a failed creation. health is the endpoint's health
// at this moment, or "".
func (b Batch) CreateFailed(err error, health string) Message {
	if !runpod.OutcomeUnknown(err) {
		return b.facts().explain(err).titled("Unable to create the batch")
	}
	return unknownOutcome{
		endpoint: b.Endpoint, err: err,
		mayExist: "A draft with one request may exist on the endpoint whose id Terraform does not know. " + draftIsFree,
		toFix:    fmt.Sprintf("apply again, which makes a new batch. Look for drafts of endpoint %s in the console, or with `terraform query`, and cancel the one that is left over.", b.Endpoint),
		health:   health,
	}.titled("Outcome of the batch's creation unknown")
}

// ProgressNotStored is the message about a progress that cannot be encoded.
func ProgressNotStored(err error) Message {
	return Message{"Unable to store the progress", err.Error()}
}

// ProgressNotRead is the message about a stored progress that cannot be decoded.
func ProgressNotRead(err error) Message { return Message{"Unable to read the progress", err.Error()} }
