// Package diagnose turns errors of the API and of waiting into diagnostics, in
// one wording for every type: what was attempted, on which endpoint and job,
// what the API said, and what to do next.
package diagnose

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// Text is the detail of a diagnostic, made of facts and of advice.
type Text struct{ lines []string }

// Field adds a line "name: value", unless value is empty.
func (t *Text) Field(name, value string) *Text {
	if value != "" {
		t.lines = append(t.lines, name+": "+runpod.Printable(value, runpod.MaxShown))
	}
	return t
}

// Paragraph adds a paragraph.
func (t *Text) Paragraph(format string, args ...any) *Text {
	t.lines = append(t.lines, "", runpod.Printable(fmt.Sprintf(format, args...), maxParagraph))
	return t
}

// maxParagraph bounds a paragraph: one that lists jobs is longer than a single text.
const maxParagraph = 4 * runpod.MaxShown

// String returns the detail.
func (t *Text) String() string { return strings.TrimSpace(strings.Join(t.lines, "\n")) }

// Job starts a detail with the endpoint and the job; jobID may be "".
func Job(endpointID, jobID string) *Text {
	return new(Text).Field("Endpoint", endpointID).Field("Job", jobID)
}

// Batch starts a detail with the endpoint and the batch; batchID may be "".
func Batch(endpointID, batchID string) *Text {
	return new(Text).Field("Endpoint", endpointID).Field("Batch", batchID)
}

// Worker starts a detail with the endpoint and a worker.
func Worker(endpointID, workerID string) *Text {
	return new(Text).Field("Endpoint", endpointID).Field("Worker", workerID)
}

// Cause says what happened without naming the operation, the endpoint and the
// job: where they stand above it.
func Cause(err error) string {
	if e, ok := runpod.AsError(err); ok && e.Error() == err.Error() { // nothing around it says more
		return e.Cause()
	}
	return err.Error()
}

// Cause adds what happened to a request, or to what is made of several.
func (t *Text) Cause(err error) *Text {
	if e, ok := runpod.AsError(err); ok {
		t.Field("Operation", string(e.Operation))
	}
	return t.Field("What happened", Cause(err))
}

// Overdue adds the facts of a wait that ran out. state is the one that stands
// above them.
func (t *Text) Overdue(state string, err error) *Text {
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
		return t.Field("What happened", err.Error())
	}
	if last != state {
		t.Field("State before", last)
	}
	t.Field("Waited for", waited.Round(time.Millisecond).String())
	if failure != nil {
		t.Field("The last look failed", Cause(failure))
	}
	if health != nil {
		t.Field("Health of the endpoint", health.String())
	}
	return t
}

// Error returns the detail for an error of the API or of waiting.
func Error(endpointID, jobID string, err error) string { return explain(Job(endpointID, jobID), err) }

// BatchError is Error for a batch.
func BatchError(endpointID, batchID string, err error) string {
	return explain(Batch(endpointID, batchID), err)
}

// WorkerError is Error for a worker.
func WorkerError(endpointID, workerID string, err error) string {
	return explain(Worker(endpointID, workerID), err)
}

func explain(text *Text, err error) string {
	var unmet *wait.UnmetError
	reached := errors.As(err, &unmet) && unmet.Last != ""
	if e, ok := runpod.AsError(err); ok && !reached {
		request(text, e)
		if unmet != nil {
			text.Field("Waited for", unmet.Waited.Round(time.Millisecond).String())
		}
		if advice := Advice(err); advice != "" {
			text.Paragraph("To fix this: %s", advice)
		}
		return text.String()
	}
	if unmet != nil {
		return unmetGate(text, unmet)
	}
	return text.Paragraph("%s.", capitalize(err.Error())).String()
}

// unmetGate tells which conditions of an endpoint were not met in time.
func unmetGate(text *Text, unmet *wait.UnmetError) string {
	for _, sentence := range unmet.Unmet {
		text.Field("Unmet", sentence)
	}
	text.Field("Last figures", unmet.Last)
	if unmet.Err != nil {
		text.Field("The last look failed", Cause(unmet.Err))
		if advice := Advice(unmet.Err); advice != "" {
			return text.Paragraph("To fix this: the figures may be out of date. First of all, %s", advice).String()
		}
	}
	text.Paragraph("Endpoint %s did not reach the wanted %s within %s.", unmet.EndpointID, unmet.Subject, unmet.Waited.Round(time.Millisecond))
	advice := "throttled workers wait for a free machine, unhealthy ones crash at start (see their logs), and an endpoint that scales to zero has no worker before its first job. Raise timeouts.read for a slow start, or set fail_if_unmet = false and decide by healthy and unmet."
	if unmet.Subject == wait.SubjectWorkers {
		advice = "workers of an older version end when they are replaced, which waits for their jobs; new ones that never get past INITIALIZING crash at start: read their logs with the data source runpodserverless_worker_logs. Raise timeouts.read for a slow rollout, or set fail_if_unmet = false and decide by ready and unmet."
	}
	return text.Paragraph("To fix this: %s", advice).String()
}

// request adds the facts of a failed request.
func request(text *Text, e *runpod.Error) {
	text.Field("Operation", string(e.Operation))
	if e.StatusCode != 0 {
		text.Field("HTTP status", fmt.Sprintf("%d %s", e.StatusCode, http.StatusText(e.StatusCode)))
	}
	text.Field("What happened", e.Cause())
	if e.RetryAfter > 0 {
		text.Field("The API asks to wait", e.RetryAfter.String())
	}
	text.Field("Console", e.ConsoleURL)
	text.Field("Note", e.AddressHint)
}

// UnknownOutcome is a request that may have taken effect although it failed.
type UnknownOutcome struct {
	EndpointID string
	Err        error
	MayExist   string // what may exist or have happened, as a sentence
	ToFix      string // what to do, after "To fix this: "
	Health     string // what the endpoint's health shows at this moment, or ""
}

// String returns the detail.
func (u UnknownOutcome) String() string {
	text := Job(u.EndpointID, "")
	if e, ok := runpod.AsError(u.Err); ok {
		request(text, e)
	}
	text.Field("Health of the endpoint now", u.Health)
	return text.
		Paragraph("The outcome is unknown: the request was sent, and no reply tells whether it took effect. %s Nothing was sent again, because that could do the work, and cost, twice.", u.MayExist).
		Paragraph("To fix this: %s", u.ToFix).String()
}

// AfterTimeout returns what to do about a wait that ran out: advice, unless the
// last look failed, whose cause then comes first.
func AfterTimeout(err error, advice string) string {
	var job *wait.TimeoutError
	var batch *wait.BatchTimeoutError
	var failure error
	switch {
	case errors.As(err, &job):
		failure = job.Err
	case errors.As(err, &batch):
		failure = batch.Err
	}
	if cause := Advice(failure); cause != "" {
		return "To fix this: the last look at it failed, so whether it still waits or runs is not known. First of all, " + cause
	}
	return advice
}

// NotJSON explains an output that holds a NaN or an Infinity, which Python's json
// module writes.
const NotJSON = "JSON has no such number, so nothing of the output can be read or stored: it is null.\n\nTo fix this: let the worker replace NaN and Infinity before it returns them, for instance with None."

// adviceGateway is for an answer that is not the API's own.
const adviceGateway = "the answer does not come from the API itself, but from something in front of it, such as a gateway, a firewall or a proxy, or from another server. It says nothing about the API key or about the job. Try again later. If it stays, let this machine's address through there, or check the provider's base_url."

// Advice says what to do about an error of the API, "" when there is nothing
// particular to say.
func Advice(err error) string {
	e, ok := runpod.AsError(err)
	if !ok {
		return ""
	}
	switch {
	case runpod.IsNotFromAPI(err) && e.StatusCode >= 400 && e.StatusCode < 500 && !runpod.IsTooMany(err) && !runpod.IsNotServed(err):
		return adviceGateway
	case runpod.IsUnauthorized(err) && e.Operation.Subject() == "worker":
		return "use an API key that may read the endpoint with the management API (api.runpod.io), which is a permission of its own: a key that was restricted to running jobs on endpoints does not have it. Keys are made in the console under Settings, API Keys. Without such a key, leave out what reads workers and their logs; jobs do not need it."
	case runpod.IsUnauthorized(err):
		return "check the API key: api_key in the provider block, else the environment variable RUNPOD_API_KEY. It must belong to the account that owns the endpoint, and be allowed to use it."
	case runpod.IsEndpointNotFound(err):
		return "check endpoint_id, and that the API key belongs to the account that owns the endpoint: the API gives the same answer to both mistakes."
	case runpod.IsNotFound(err) && e.Operation == runpod.OpWorkerLogs:
		return "check worker_id: the API knows a worker's log only while the worker exists, and workers are replaced. The data source runpodserverless_endpoint_workers lists the active ones."
	case runpod.IsNotFound(err) && e.Operation == runpod.OpWorkers:
		return "check endpoint_id, that the API key belongs to the account that owns the endpoint, and the provider's management_base_url."
	case runpod.IsNotFound(err) && e.Operation.Subject() == "batch":
		return "the API does not know the batch, or does not offer batches on this endpoint: the Batch API is in beta. Check the id and the endpoint."
	case runpod.IsNotFound(err) && e.Operation == runpod.OpStream:
		return "the API serves no stream of the job. Read the job itself with the data source runpodserverless_job: it tells whether the API still knows it, and its output."
	case runpod.IsNotFound(err) && e.JobID != "":
		return "the API does not know the job: its result has expired (30 minutes after the end of a /run job, 1 minute after that of a /runsync job), its ttl ran out, or it was purged. Check the id and the endpoint as well."
	case runpod.IsNotFound(err):
		return "check endpoint_id and the provider's base_url."
	}
	return adviceByStatus(e)
}

// adviceByProxy says what to do about a proxy that refuses the connection with
// this status.
func adviceByProxy(status int) string {
	switch status {
	case http.StatusProxyAuthRequired:
		return "the proxy wants a login that it accepts: set HTTPS_PROXY to http://USER:PASSWORD@HOST:PORT where Terraform runs, with special characters of the password percent-encoded."
	case http.StatusForbidden:
		return "the proxy does not let connections to this address pass: have its administrator allow it, correct base_url, or name the host in NO_PROXY if it can be reached without the proxy."
	default:
		return "the answer is that of the proxy in HTTPS_PROXY, not of the API: correct the address, or ask the proxy's administrator."
	}
}

func adviceByStatus(e *runpod.Error) string {
	if status, ok := runpod.ProxyStatus(e); ok {
		return adviceByProxy(status)
	}
	switch {
	case e.StatusCode == http.StatusPaymentRequired:
		return "check the balance of the account."
	case e.StatusCode == http.StatusTooManyRequests:
		return "the API's limits are exceeded, or the queue of the endpoint is full. Other clients of the same endpoint count as well. Try again later, or lower -parallelism or max_concurrent_requests."
	case e.StatusCode == http.StatusBadRequest && strings.Contains(e.Message, "not allowed for QB API"):
		return "the endpoint is a load-balancing one; this provider works with queue-based endpoints."
	case e.StatusCode == http.StatusBadRequest:
		return "the API does not accept the request; its words above say why."
	case e.StatusCode >= 500:
		return "the API or a gateway in front of it is in trouble; try again later."
	case e.StatusCode >= 300 && e.StatusCode < 400:
		return "check base_url in the provider block, or RUNPOD_ENDPOINT_BASE_URL."
	case e.Reason == runpod.ReasonTimeout:
		return "check the network and the provider's request_timeout, then try again."
	case runpod.IsCertificateRefused(e):
		return "check the provider's ca_cert_pem (the server's CA, when it is not one of the system's), client_cert_pem and client_key_pem (a certificate that the server asks for, valid today), and the host in base_url."
	case e.Reason == runpod.ReasonTransport:
		return "check the network, proxy and CA settings and the provider's base_url, then try again."
	case e.Reason == runpod.ReasonTooLarge:
		return "let the worker store large results elsewhere (s3_config is one way) and return their address."
	case e.Reason == runpod.ReasonInvalidReply:
		if e.Operation == runpod.OpWorkers || e.Operation == runpod.OpWorkerLogs {
			return "check the provider's management_base_url: what answers there does not speak the management API, or a proxy damages its replies."
		}
		return "check the provider's base_url: what answers there does not speak the API of queue-based endpoints, or a proxy damages its replies."
	default:
		return ""
	}
}

func capitalize(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// Shorten cuts a text off after limit bytes.
func Shorten(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit], "") + "…"
}
