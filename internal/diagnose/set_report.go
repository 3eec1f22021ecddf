package diagnose

import (
	"fmt"
	"slices"
)

// SetReport collects what there is to report about the keys of a set, so that it takes
// one message, and not one per key.
type SetReport struct {
	Endpoint string

	// The results of the jobs of an apply.
	Failed, Live, Cancelled, Lost, Expired, OutcomeUnknown, Refused, Broken KeyList

	Unread                     KeyList // ended, and the result could not be read
	Queued                     KeyList // in the queue for too long
	Unwritten                  KeyList // their files could not be written
	Skipped                    []string
	CancelFailed, NotFound     KeyList     // old jobs that were to be cancelled
	Unavailable, NotYetVisible KeyList     // those that a refresh cannot read
	FailedFirst                *FailedTask // the first of Failed, in the order of the keys
	ReadFailure                error       // of the last reading of a job whose wait ended early
	CancelErr                  error       // of the last of CancelFailed
	ReadErr                    error       // why a refresh cannot read at all
	UnavailableErr             error       // of the last of Unavailable
	Reads                      int         // jobs that a refresh was to read
	Cut                        string      // why it did not read all of them, "" when it tried each
}

// SetCounts counts the keys of a set.
type SetCounts struct{ Total, Succeeded, Failed, Expired int64 }

func (f SetCounts) String() string {
	text := fmt.Sprintf("%d in all, %d completed, %d failed", f.Total, f.Succeeded, f.Failed)
	if f.Expired > 0 {
		text += fmt.Sprintf(", %d expired", f.Expired)
	}
	return text
}

// SetEnd is how an apply of a set ended.
type SetEnd struct {
	Ending  SetEnding
	Counts  SetCounts
	Err     error  // why it ended early
	Health  string // what the endpoint's health shows at this moment, or ""
	Tainted bool   // it was the set's creation
	// Context adds what else helps to find the cause; nil adds nothing.
	Context func() Context
}

// Message returns the message about an end, with everything that was gathered.
func (r *SetReport) Message(e SetEnd) Message {
	text := r.facts(e)
	if e.Context != nil {
		text.context(e.Context())
	}
	if e.Ending.Advice != "" {
		text.paragraph("%s", e.Ending.Advice)
	}
	if len(r.OutcomeUnknown) > 0 {
		text.paragraph("About the unknown outcomes: %s", lookFirst(r.Endpoint, setAgain))
	}
	if e.Ending.Fails && e.Tainted {
		text.paragraph("This was the set's creation, so Terraform marks it as tainted and replaces it. The plan of that shows every key as to run, but the apply takes over the jobs that are running or completed and submits the other keys only.")
	}
	return text.titled(e.Ending.Title)
}

func (r *SetReport) facts(e SetEnd) *detail {
	text := Endpoint(r.Endpoint).facts().field("Jobs", e.Counts.String())
	if e.Err != nil {
		text.field("What happened", e.Err.Error())
	}
	if r.ReadFailure != nil {
		text.field("Last error", Cause(r.ReadFailure))
	}
	text.field("Health of the endpoint now", e.Health)
	r.OutcomeUnknown.on(text, "Outcome of the submission unknown (a job may exist whose id Terraform does not know; nothing was sent again)")
	r.Refused.on(text, "Not accepted")
	r.Lost.on(text, "Could not be cancelled, and may still be running")
	r.CancelFailed.on(text, "Could not be cancelled, so the key was left as it was")
	r.NotFound.on(text, notFoundKeys)
	r.Broken.on(text, "Could not be waited for")
	r.Failed.on(text, "Failed")
	r.Unread.on(text, "Ended, and the result could not be read; the next apply reads it")
	r.Cancelled.on(text, "Cancelled")
	r.Unwritten.on(text, "Output files that could not be written")
	r.Queued.on(text, "In the queue for longer than queue_timeout; no worker ever took them")
	r.Live.on(text, "Still running, with the id in the state")
	r.Expired.on(text, "Expired before the end was seen")
	if len(r.Skipped) > 0 {
		text.paragraph("Not submitted: %d\n  %s", len(r.Skipped), firstOf(slices.Sorted(slices.Values(r.Skipped))))
	}
	return text
}

const notFoundKeys = "To be cancelled and not found (submitted a short while ago, so each may have been purged, or not be visible yet and still run: look for it at the requests of the endpoint in the console)"

// AfterRefresh returns a message for each kind of jobs that a refresh could not read.
// expiryFails says that on_expired is "error".
func (r *SetReport) AfterRefresh(expiryFails bool) []Message {
	expired := expiredKeys + expiredKept
	if expiryFails {
		expired = expiredKeys + " The plan runs their keys again if there are more than min_success_ratio allows, because on_expired is \"error\"."
	}
	unread := "The state is kept as it was; the next refresh looks again."
	if r.Cut != "" {
		unread += "\n\nTo fix this: raise timeouts.read."
	} else if what := adviceFor(r.UnavailableErr); what != "" {
		unread += "\n\nTo fix this: " + what
	}
	var messages []Message
	if len(r.Expired) > 0 {
		messages = append(messages, r.unseen(r.Expired, "").paragraph("%s", expired).titled(SetExpired.Title))
	}
	if len(r.NotYetVisible) > 0 {
		messages = append(messages, r.unseen(r.NotYetVisible, "").
			paragraph("The API does not show the jobs yet; they were submitted a short while ago. The state is kept as it was.").titled("Jobs are not visible yet"))
	}
	if len(r.Unavailable) > 0 {
		messages = append(messages, r.unseen(r.Unavailable, r.Cut).paragraph("%s", unread).titled("Jobs could not be read"))
	}
	return messages
}

// unseen has the facts about keys whose jobs a refresh could not read.
func (r *SetReport) unseen(keys KeyList, cause string) *detail {
	text := Endpoint(r.Endpoint).facts().field("Jobs", fmt.Sprintf("%d of %d", len(keys), r.Reads)).field("Cause", cause)
	keys.on(text, "Keys")
	return text
}

// NotFoundOnDestroy is the message about jobs that a destroy did not find.
func (r *SetReport) NotFoundOnDestroy() Message {
	text := Endpoint(r.Endpoint).facts()
	r.NotFound.on(text, notFoundKeys)
	return text.paragraph("They are removed from the state.").titled(SetNotFound.Title)
}

// EndpointGoneOnDestroy is the message about jobs whose endpoint a destroy did not find.
func (r *SetReport) EndpointGoneOnDestroy() Message {
	return r.notCancelled().paragraph("The endpoint is gone, or hidden from this key; the set is removed from the state.").titled("Jobs could not be cancelled")
}

// CancelFailedOnDestroy is the message about jobs that a destroy could not cancel.
func (r *SetReport) CancelFailedOnDestroy() Message {
	advice := adviceFor(r.CancelErr)
	if advice == "" {
		advice = "destroy again. To remove the set without cancelling its jobs, use terraform state rm."
	}
	return r.notCancelled().paragraph("To fix this: %s", advice).titled("Unable to cancel the jobs")
}

func (r *SetReport) notCancelled() *detail {
	text := Endpoint(r.Endpoint).facts()
	r.CancelFailed.on(text, "Not cancelled")
	return text
}
