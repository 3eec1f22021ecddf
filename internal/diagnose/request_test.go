package diagnose_test

import (
	"crypto/x509"
	"errors"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
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
			text := diagnose.Job{Endpoint: "ep", ID: tc.err.JobID}.ReadFailed(&tc.err).Detail
			if !strings.Contains(text, "To fix this: ") || !strings.Contains(text, tc.says) {
				t.Errorf("%q is not in:\n%s", tc.says, text)
			}
		})
	}
}

// TestError_management: the advice about the management API names its address, and
// not that of the endpoints.
func TestError_management(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]runpod.Error{
		"302":           {Reason: runpod.ReasonStatus, StatusCode: 302},
		"a route":       {Reason: runpod.ReasonStatus, StatusCode: 404},
		"no connection": {Reason: runpod.ReasonTransport, Err: errors.New("no such host")},
		"a certificate": {Reason: runpod.ReasonTransport, Err: x509.UnknownAuthorityError{}},
		"HTML":          {Reason: runpod.ReasonInvalidReply, StatusCode: 200},
	} {
		for _, op := range []runpod.Operation{runpod.OpWorkers, runpod.OpWorkerLogs} {
			err.Operation, err.EndpointID = op, "ep"
			if op == runpod.OpWorkerLogs && name == "a route" {
				continue // it is about the worker
			}
			detail := strings.ToLower(diagnose.Endpoint("ep").WorkersFailed(&err).Detail)
			if !strings.Contains(detail, "management_base_url") || strings.Contains(strings.ReplaceAll(detail, "management_base_url", ""), "base_url") {
				t.Errorf("%s, %s: %s", op, name, detail)
			}
		}
	}
}
