package diagnose

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// Job is the job that a message is about. ID is "" if it is not known.
type Job struct{ Endpoint, ID string }

func (j Job) facts() *detail { return new(detail).field("Endpoint", j.Endpoint).field("Job", j.ID) }

// ReadFailed is the message about an API error when reading the job.
func (j Job) ReadFailed(err error) Message {
	return j.facts().explain(err).titled("Unable to read the job")
}

// RefreshFailed is the message about an API error in a refresh, which keeps the state.
func (j Job) RefreshFailed(err error) Message {
	return j.facts().explain(err).
		paragraph("The state is kept as it was; the next refresh looks again.").titled("Job could not be read")
}

// NotVisibleYet is the message about a job that was submitted a moment ago.
func (j Job) NotVisibleYet(lastSeen runpod.Status) Message {
	return j.facts().field("State when last seen", string(lastSeen)).
		paragraph("The API does not show the job yet; it was submitted a short while ago. The state is kept as it was.").titled("Job is not visible yet")
}

// NotFoundToCancel is the message about a job that an action cannot cancel because the
// API does not know it.
func (j Job) NotFoundToCancel() Message {
	return j.facts().paragraph("The API does not know the job, so nothing was cancelled. Either id or endpoint_id is wrong; or the job is gone, because its result expired (30 minutes after the end of a /run job, 1 minute after that of a /runsync job), its ttl ran out, or the queue was purged; " +
		"or it was submitted a moment ago and is not visible yet, and then it runs, and costs.\n\n" +
		"To fix this: check id and endpoint_id. If the job was submitted within the last minutes, invoke the action again.").titled(titleCancelNotFound)
}

const titleCancelNotFound = "Job to cancel was not found"

// NotFoundOnDestroy is the message about a job that a destroy cannot cancel because
// the API does not show it.
func (j Job) NotFoundOnDestroy(submittedAt string) Message {
	return j.facts().field("Submitted", submittedAt).
		paragraph("The API does not show the job. It was submitted a short while ago, so it may have been purged, or not be visible yet and still run. It is removed from the state.\n\nTo fix this: look for it at the requests of the endpoint in the console.").titled(titleCancelNotFound)
}

// EndpointGoneOnDestroy is the message about a job whose endpoint a destroy does not find.
func (j Job) EndpointGoneOnDestroy(err error) Message {
	return j.facts().explain(err).
		paragraph("The endpoint is gone, or hidden from this key; the job is removed from the state.").titled("Job could not be cancelled")
}

// CancelledByAction is the message about a job that an action cancelled when it was
// interrupted.
func (j Job) CancelledByAction(state runpod.Status) Message {
	if state.Final() && state != runpod.StatusCancelled {
		return j.InterruptedAtEnd(state)
	}
	return j.facts().field("State", string(state)).titled("Interrupted; the job was cancelled")
}

// InterruptedAtEnd is the message about a job of an action that had ended when the
// action was interrupted.
func (j Job) InterruptedAtEnd(state runpod.Status) Message {
	return j.facts().field("State", string(state)).
		paragraph("The job had ended by itself. Read its result with the data source runpodserverless_job, as long as the API keeps it.").titled("Interrupted; the job has ended")
}

// KeptByInterrupt is the message about a job whose deletion was interrupted before a
// replacement could take it over.
func (j Job) KeptByInterrupt(lastSeen runpod.Status) Message {
	return j.facts().field("State when last seen", string(lastSeen)).
		paragraph("The interrupt came before the resource that replaces this one could take the job over. It stays in the state.\n\nTo fix this: apply again, or destroy again.").titled("Interrupted; the job is kept")
}

// ResumesWaiting is the warning that an apply waits for a stored job.
func (j Job) ResumesWaiting(state runpod.Status) Message {
	return j.facts().field("State", string(state)).
		paragraph("The job was submitted by an earlier apply and has not ended. This apply waits for its end; it submits nothing.").titled("Resumes waiting for a job")
}

// RunsFailedAgain is the warning about a new job in place of a failed one.
func (j Job) RunsFailedAgain(state runpod.Status) Message {
	return j.facts().field("State", string(state)).
		paragraph("The job did not complete and on_failure is \"error\", so a new job is run. Set on_failure = \"warn\" to keep the failed one.").titled("Runs a failed job again")
}

// RunsExpiredAgain is the warning about a new job in place of an expired one.
func (j Job) RunsExpiredAgain(lastSeen runpod.Status) Message {
	return j.facts().field("State when last seen", string(lastSeen)).
		paragraph("The API forgot the job before its end was seen and on_expired is \"error\", so a new job is run. Set on_expired = \"warn\" to keep the expired one.").titled("Runs a new job for an expired one")
}

// RetryFailed is the message about a job that the retry action failed to retry.
func (j Job) RetryFailed(err error) Message {
	const title = "Unable to retry the job"
	if runpod.OutcomeUnknown(err) {
		return unknownOutcome{
			endpoint: j.Endpoint, err: err, mayExist: "Job " + j.ID + " may have been put back into the queue.",
			toFix: "read the job with the data source runpodserverless_job before you invoke the action again.",
		}.titled(title)
	}
	text := j.facts().explain(err)
	if refusesJob(err) {
		text.paragraph("Only a job that ended as FAILED or TIMED_OUT, and whose result the API still keeps, can be retried.")
	}
	return text.titled(title)
}

// refusesJob reports whether the API itself refused a request because of the job, and
// not because of its sender or the endpoint.
func refusesJob(err error) bool {
	e, ok := runpod.AsError(err)
	if !ok || runpod.IsNotFromAPI(e) || runpod.IsEndpointNotFound(e) {
		return false
	}
	switch e.StatusCode {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusGone, http.StatusUnprocessableEntity:
		return true
	}
	return e.Reason == runpod.ReasonRefused
}

// StreamFailed is the message about a stream that could not be read to its end. taken
// is how many chunks were read.
func (j Job) StreamFailed(err error, taken int) Message {
	text := j.facts().explain(err)
	if taken > 0 || runpod.IsTransient(err) {
		text.paragraph("%d chunks had been taken before. They and any in a reply that was cut cannot be read again: the API hands each chunk out once.", taken)
	}
	return text.titled("Unable to read the stream")
}

// ChunksNotJSON is the message about chunks that cannot be read, with a sentence about each.
func (j Job) ChunksNotJSON(defects []string) Message {
	return j.facts().field("Chunks", fmt.Sprintf("%d, of which the first: %s", len(defects), strings.Join(defects[:min(len(defects), 3)], "; "))).
		paragraph("JSON has no NaN and no Infinity, and more than 10000 levels of nesting are not read. Such chunks are null.\n\nTo fix this: let the worker replace NaN and Infinity before it yields them, for instance with None, or yield flatter values.").titled("Chunks are not JSON")
}

// ChunksNotStored is the message about chunks that Terraform cannot represent.
func (j Job) ChunksNotStored(err error) Message {
	return j.facts().paragraph("%s.", err).titled("Unable to store the stream")
}

// StreamEnded is the message about a job that did not complete, whose stream was read.
func (j Job) StreamEnded(out jobrun.Outcome) Message {
	return failure(j, out).paragraph("The chunks that it yielded before are kept.").titled("Job ended as " + string(out.Job.Status))
}

// OpenJobNotStored is the message about an open ephemeral job whose record cannot be encoded.
func OpenJobNotStored(err error) Message { return Message{"Unable to remember the job", err.Error()} }

// OpenJobNotRead is the message about an open ephemeral job whose record cannot be decoded.
func OpenJobNotRead(err error) Message {
	return Message{"Unable to read which job is open", err.Error()}
}
