package diagnose_test

import (
	"crypto/x509"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/wait"
)

// TestError: an error of each kind says what to do.
func TestError(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		err  runpod.Error
		says string
	}{
		"401":                {runpod.Error{Reason: runpod.ReasonStatus, StatusCode: 401}, "check the API key"},
		"402":                {runpod.Error{Reason: runpod.ReasonStatus, StatusCode: 402}, "balance"},
		"403":                {runpod.Error{Reason: runpod.ReasonStatus, StatusCode: 403}, "check the API key"},
		"an endpoint":        {runpod.Error{Reason: runpod.ReasonStatus, StatusCode: 404, Message: "endpoint not found"}, "check endpoint_id, and that the API key"},
		"a job":              {runpod.Error{Reason: runpod.ReasonStatus, StatusCode: 404, JobID: "job-1"}, "the API does not know the job"},
		"a stream":           {runpod.Error{Operation: runpod.OpStream, Reason: runpod.ReasonStatus, StatusCode: 404, JobID: "job-1"}, "serves no stream"},
		"a route":            {runpod.Error{Reason: runpod.ReasonStatus, StatusCode: 404}, "base_url"},
		"400":                {runpod.Error{Reason: runpod.ReasonStatus, StatusCode: 400}, "its words above say why"},
		"a load balancer":    {runpod.Error{Reason: runpod.ReasonStatus, StatusCode: 400, Message: "not allowed for QB API"}, "load-balancing"},
		"429":                {runpod.Error{Reason: runpod.ReasonStatus, StatusCode: 429}, "limits are exceeded"},
		"500":                {runpod.Error{Reason: runpod.ReasonStatus, StatusCode: 500}, "try again later"},
		"302":                {runpod.Error{Reason: runpod.ReasonStatus, StatusCode: 302}, "RUNPOD_ENDPOINT_BASE_URL"},
		"a timeout":          {runpod.Error{Reason: runpod.ReasonTimeout}, "request_timeout"},
		"no connection":      {runpod.Error{Reason: runpod.ReasonTransport, Err: errors.New("no such host")}, "proxy and CA settings"},
		"a certificate":      {runpod.Error{Reason: runpod.ReasonTransport, Err: x509.UnknownAuthorityError{}}, "ca_cert_pem"},
		"a reply in HTML":    {runpod.Error{Reason: runpod.ReasonInvalidReply, StatusCode: 200}, "what answers there does not speak the API"},
		"a reply too large":  {runpod.Error{Reason: runpod.ReasonTooLarge, StatusCode: 200}, "store large results elsewhere"},
		"with a wrong start": {runpod.Error{Reason: runpod.ReasonTransport, AddressHint: "That variable is not read."}, "Note: That variable is not read."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if tc.err.EndpointID = "ep"; tc.err.Operation == "" {
				tc.err.Operation = runpod.OpStatus
			}
			text := diagnose.Error("ep", tc.err.JobID, &tc.err)
			if !strings.Contains(text, "To fix this: ") || !strings.Contains(text, tc.says) {
				t.Errorf("%q is not in:\n%s", tc.says, text)
			}
		})
	}
}

// TestOverdue: each fact of a wait that ran out is told once.
func TestOverdue(t *testing.T) {
	t.Parallel()
	failure := &runpod.Error{Operation: runpod.OpBatchGet, EndpointID: "ep", JobID: "batch_1", Reason: runpod.ReasonStatus, StatusCode: 503, Message: "busy", Attempts: 1}
	draft := runpod.Batch{ID: "batch_1", Status: runpod.BatchDraft}
	for name, tc := range map[string]struct {
		state string
		err   error
		want  string
	}{
		"a batch":        {draft.String(), &wait.BatchTimeoutError{EndpointID: "ep", BatchID: "batch_1", Last: draft, Waited: time.Hour, Err: failure}, "Waited for: 1h0m0s\nThe last look failed: HTTP 503 Service Unavailable: busy"},
		"one since":      {"CANCELLED", &wait.BatchTimeoutError{EndpointID: "ep", BatchID: "batch_1", Last: draft, Waited: time.Second}, "State before: " + draft.String() + "\nWaited for: 1s"},
		"one never seen": {"FINALIZED", &wait.BatchTimeoutError{EndpointID: "ep", BatchID: "batch_1", Waited: time.Second}, "Waited for: 1s"},
		"a job":          {"CANCELLED", &wait.TimeoutError{EndpointID: "ep", JobID: "job-1", Last: runpod.StatusInQueue, Waited: time.Second}, "State before: IN_QUEUE\nWaited for: 1s"},
		"something else": {"", errors.New("no luck"), "What happened: no luck"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := new(diagnose.Text).Overdue(tc.state, tc.err).String(); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
		})
	}
}

// TestHappened: what happened to a request is told without its endpoint and job,
// and what is wrapped around it is kept.
func TestHappened(t *testing.T) {
	t.Parallel()
	failure := &runpod.Error{Operation: runpod.OpBatchGet, EndpointID: "ep", JobID: "batch_1", Reason: runpod.ReasonStatus, StatusCode: 503, Message: "busy", Attempts: 1}
	for want, err := range map[string]error{
		"Operation: batch-get\nWhat happened: HTTP 503 Service Unavailable: busy":                                                  failure,
		"Operation: batch-get\nWhat happened: page 2: batch-get on endpoint ep, batch batch_1: HTTP 503 Service Unavailable: busy": fmt.Errorf("page 2: %w", failure),
		"What happened: no luck": errors.New("no luck"),
	} {
		if got := new(diagnose.Text).Cause(err).String(); got != want {
			t.Errorf("got\n%s\nwant\n%s", got, want)
		}
	}
}
