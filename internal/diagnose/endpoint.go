package diagnose

import (
	"errors"
	"fmt"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// Endpoint is the ID of the endpoint that a message is about.
type Endpoint string

func (e Endpoint) facts() *detail { return Job{Endpoint: string(e)}.facts() }

// reached reports whether the counts were read, so that err is about what they show.
func reached(err error) bool {
	var unmet *wait.UnmetError
	return errors.As(err, &unmet) && unmet.Last != ""
}

// HealthFailed is the message about health that could not be read, or that did not
// meet the conditions in time.
func (e Endpoint) HealthFailed(err error) Message {
	if reached(err) {
		return e.facts().explain(err).titled("Endpoint not healthy")
	}
	return e.facts().explain(err).titled("Unable to read the endpoint's health")
}

// WorkersFailed is the message about workers that could not be read, or that did not
// meet the conditions in time.
func (e Endpoint) WorkersFailed(err error) Message {
	if reached(err) {
		return e.facts().explain(err).titled("Workers not ready")
	}
	return e.facts().explain(err).titled("Unable to read the endpoint's workers")
}

// NotPurgedAgain is the message about a purge that was replaced because some of its
// arguments were unknown at plan, and turned out to be the same.
func (e Endpoint) NotPurgedAgain(purgedAt string) Message {
	return e.facts().field("Purged", purgedAt).
		paragraph("The plan replaced the purge because some of its arguments were known only after apply. They have the same values as before, so nothing is sent.\n\nTo purge the queue again instead, change a value in triggers.").titled("Queue not purged again")
}

// Purged is the message about a queue that an action purged when it was interrupted.
// removed is how many jobs were removed.
func (e Endpoint) Purged(removed string) Message {
	return e.facts().field("Jobs removed", removed).
		paragraph("The purge took effect before the interrupt did.").titled("Interrupted; the queue was purged")
}

// unmetGate adds the conditions that were not met in time.
func (t *detail) unmetGate(unmet *wait.UnmetError) *detail {
	for _, sentence := range unmet.Unmet {
		t.field("Unmet", sentence)
	}
	t.field("Last counts", unmet.Last)
	if unmet.Err != nil {
		t.field("Last error", Cause(unmet.Err))
		if advice := adviceFor(unmet.Err); advice != "" {
			return t.paragraph("To fix this: the counts may be out of date. First of all, %s", advice)
		}
	}
	t.paragraph("Endpoint %s did not reach the wanted %s within %s.", unmet.EndpointID, unmet.Subject, unmet.Waited.Round(time.Millisecond))
	advice := "throttled workers wait for a free machine, unhealthy ones crash at start (see their logs), and an endpoint that scales to zero has no worker before its first job. Raise timeouts.read for a slow start, or set fail_if_unmet = false and decide by healthy and unmet."
	if unmet.Subject == wait.SubjectWorkers {
		advice = "workers of an older version end when they are replaced, which waits for their jobs; new ones that never get past INITIALIZING crash at start: read their logs with the data source runpodserverless_worker_logs. Raise timeouts.read for a slow rollout, or set fail_if_unmet = false and decide by ready and unmet."
	}
	return t.paragraph("To fix this: %s", advice)
}

// Purge is a queue that was to be purged.
type Purge struct {
	Endpoint string
	By       Purger
}

// Purger is what was to purge a queue.
type Purger int

// What can purge a queue.
const (
	PurgeByApply Purger = iota
	PurgeByDestroy
	PurgeByAction
)

// again returns what purges the queue once more, in the imperative mood.
func (p Purger) again() string {
	switch p {
	case PurgeByDestroy:
		return "destroy again"
	case PurgeByAction:
		return "invoke the action again"
	default:
		return "apply again"
	}
}

// Failed is the message about an API error of the purge.
func (p Purge) Failed(err error) Message {
	text := Endpoint(p.Endpoint).facts().explain(err)
	if runpod.OutcomeUnknown(err) {
		text = unknownOutcome{
			endpoint: p.Endpoint, err: err, mayExist: "The queue may have been purged.",
			toFix: fmt.Sprintf("look at the queue of endpoint %s (data source runpodserverless_endpoint_health, or the console); %s to purge it again.", p.Endpoint, p.By.again()),
		}.text()
	}
	if p.By == PurgeByDestroy {
		return text.titled("Unable to purge the queue on destroy")
	}
	return text.titled("Unable to purge the queue")
}
