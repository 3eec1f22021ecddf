package diagnose

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// Cause returns what happened, without the operation, the endpoint and the job, which
// are facts of the message already.
func Cause(err error) string {
	if e, ok := runpod.AsError(err); ok && e.Error() == err.Error() { // nothing around it says more
		return e.Cause()
	}
	return err.Error()
}

// cause adds what happened to one request, or to several.
func (t *detail) cause(err error) *detail {
	if e, ok := runpod.AsError(err); ok {
		t.field("Operation", string(e.Operation))
	}
	return t.field("What happened", Cause(err))
}

// overdue adds the facts of a wait that timed out. state is the status that the
// message already shows.
func (t *detail) overdue(state string, err error) *detail {
	var job *wait.TimeoutError
	var batch *wait.BatchTimeoutError
	var last string
	var waited time.Duration
	var failure error
	var health *runpod.Health
	switch {
	case errors.As(err, &job):
		last, waited, failure, health = string(job.Last), job.Waited, job.Err, job.Health
	case errors.As(err, &batch):
		waited, failure, health = batch.Waited, batch.Err, batch.Health
		if batch.Last.Status != "" {
			last = batch.Last.String()
		}
	default:
		return t.field("What happened", err.Error())
	}
	if last != state {
		t.field("State before", last)
	}
	t.field("Waited for", waited.Round(time.Millisecond).String())
	if failure != nil {
		t.field("Last error", Cause(failure))
	}
	if health != nil {
		t.field("Health of the endpoint", health.String())
	}
	return t
}

// explain adds the facts of an error of the API or of a wait, and how to fix it.
func (t *detail) explain(err error) *detail {
	var unmet *wait.UnmetError
	isGate := errors.As(err, &unmet)
	if e, ok := runpod.AsError(err); ok && !reached(err) {
		t.request(e)
		if isGate {
			t.field("Waited for", unmet.Waited.Round(time.Millisecond).String())
		}
		if advice := adviceFor(err); advice != "" {
			t.paragraph("To fix this: %s", advice)
		}
		return t
	}
	if isGate {
		return t.unmetGate(unmet)
	}
	return t.paragraph("%s.", capitalize(err.Error()))
}

// request adds the facts of a failed request.
func (t *detail) request(e *runpod.Error) {
	t.field("Operation", string(e.Operation))
	if e.StatusCode != 0 {
		t.field("HTTP status", fmt.Sprintf("%d %s", e.StatusCode, http.StatusText(e.StatusCode)))
	}
	t.field("What happened", e.Cause())
	if e.RetryAfter > 0 {
		t.field("The API asks to wait", e.RetryAfter.String())
	}
	t.field("Console", e.ConsoleURL)
	t.field("Note", e.AddressHint)
}

// unknownOutcome is a request that may have taken effect although it failed.
type unknownOutcome struct {
	endpoint string
	err      error
	mayExist string // what may exist or have happened, as a sentence
	toFix    string // what to do, after "To fix this: "
	health   string // what the endpoint's health shows at this moment, or ""
}

func (u unknownOutcome) text() *detail {
	text := Endpoint(u.endpoint).facts()
	if e, ok := runpod.AsError(u.err); ok {
		text.request(e)
	}
	text.field("Health of the endpoint now", u.health)
	return text.
		paragraph("The outcome is unknown: the request was sent, and no reply reports whether it took effect. %s Nothing was sent again, because that could do the work, and cost, twice.", u.mayExist).
		paragraph("To fix this: %s", u.toFix)
}

func (u unknownOutcome) titled(title string) Message { return u.text().titled(title) }

// lookFirst returns what to do about a submission with an unknown outcome. next is
// what applying or invoking again would do.
func lookFirst(endpoint, next string) string {
	return fmt.Sprintf("look at the requests of endpoint %s in the console before %s. If there is one that should not run, cancel it there. Purging the queue would remove it while it waits, and with it every other job that waits there, those of others as well.", endpoint, next)
}

// afterTimeout returns what to do about a wait that timed out: advice, preceded by the
// cause if the last attempt to read failed.
func afterTimeout(err error, advice string) string {
	var job *wait.TimeoutError
	var batch *wait.BatchTimeoutError
	var failure error
	switch {
	case errors.As(err, &job):
		failure = job.Err
	case errors.As(err, &batch):
		failure = batch.Err
	}
	if cause := adviceFor(failure); cause != "" {
		return "To fix this: the last attempt to read it failed, so whether it still waits or runs is not known. First of all, " + cause
	}
	return advice
}
