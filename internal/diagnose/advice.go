package diagnose

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// adviceGateway is for a reply that does not come from the API; %s is the argument
// with the address.
const adviceGateway = "the answer does not come from the API itself, but from something in front of it, such as a gateway, a firewall or a proxy, or from another server. It says nothing about the API key or about the job. Try again later. If it stays, let this machine's address through there, or check the provider's %s."

// adviceFor returns how to fix an error of the API, "" if there is no specific advice.
func adviceFor(err error) string {
	e, ok := runpod.AsError(err)
	if !ok {
		return ""
	}
	switch {
	case runpod.IsNotFromAPI(e) && e.StatusCode >= 400 && e.StatusCode < 500 && !runpod.IsTooMany(e):
		return fmt.Sprintf(adviceGateway, e.Operation.API().Argument)
	case runpod.IsUnauthorized(e) && e.Operation.Subject() == "worker":
		return "use an API key that may read the endpoint with the management API (api.runpod.io), which is a permission of its own: a key that was restricted to running jobs on endpoints does not have it. Keys are created in the console under Settings, API Keys. Without such a key, leave out what reads workers and their logs; jobs do not need it."
	case runpod.IsUnauthorized(e):
		return "check the API key: api_key in the provider block, else the environment variable RUNPOD_API_KEY. It must belong to the account that owns the endpoint, and be allowed to use it."
	case runpod.IsEndpointNotFound(e):
		return "check endpoint_id, and that the API key belongs to the account that owns the endpoint: the API gives the same answer to both mistakes."
	case runpod.IsNotFound(e) && e.Operation == runpod.OpWorkerLogs:
		return "check worker_id: the API knows a worker's log only while the worker exists, and workers are replaced. The data source runpodserverless_endpoint_workers lists the active ones."
	case runpod.IsNotFound(e) && e.Operation == runpod.OpWorkers:
		return "check endpoint_id, that the API key belongs to the account that owns the endpoint, and the provider's management_base_url."
	case runpod.IsNotFound(e) && e.Operation.Subject() == "batch":
		return "the API does not know the batch, or does not offer batches on this endpoint: the Batch API is in beta. Check the id and the endpoint."
	case runpod.IsNotFound(e) && e.Operation == runpod.OpStream:
		return "the API serves no stream of the job. Read the job itself with the data source runpodserverless_job: it reports whether the API still knows it, and its output."
	case runpod.IsNotFound(e) && e.JobID != "":
		return "the API does not know the job: its result has expired (30 minutes after the end of a /run job, 1 minute after that of a /runsync job), its ttl ran out, or it was purged. Check the id and the endpoint as well."
	case runpod.IsNotFound(e):
		return "check endpoint_id and the provider's base_url."
	}
	return adviceByStatus(e)
}

// adviceByProxy returns how to fix the refusal of a proxy, which sent this status.
func adviceByProxy(status int, api runpod.API) string {
	switch status {
	case http.StatusProxyAuthRequired:
		return "the proxy requires credentials that it accepts: set HTTPS_PROXY to http://USER:PASSWORD@HOST:PORT where Terraform runs, with special characters of the password percent-encoded."
	case http.StatusForbidden:
		return "the proxy does not let connections to this address pass: have its administrator allow it, correct " + api.Argument + ", or name the host in NO_PROXY if it can be reached without the proxy."
	default:
		return "the answer is that of the proxy in HTTPS_PROXY, not of the API: correct the address, or ask the proxy's administrator."
	}
}

func adviceByStatus(e *runpod.Error) string {
	api := e.Operation.API()
	if status, ok := runpod.ProxyStatus(e); ok {
		return adviceByProxy(status, api)
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
		return "check " + api.Argument + " in the provider block, or " + api.Variable + "."
	case errors.Is(e, context.DeadlineExceeded) && e.Reason == runpod.ReasonInterrupted:
		return "check the network, or raise the timeout of this operation in timeouts."
	case e.Reason == runpod.ReasonTimeout:
		return "check the network and the provider's request_timeout, then try again."
	case runpod.IsCertificateRefused(e):
		return "check the provider's ca_cert_pem (the server's CA, when it is not one of the system's), client_cert_pem and client_key_pem (a certificate that the server asks for, valid today), and the host in " + api.Argument + "."
	case e.Reason == runpod.ReasonTransport:
		return "check the network, proxy and CA settings and the provider's " + api.Argument + ", then try again."
	case e.Reason == runpod.ReasonTooLarge:
		return "let the worker store large results elsewhere (s3_config is one way) and return their address."
	case e.Reason == runpod.ReasonInvalidReply:
		return "check the provider's " + api.Argument + ": what answers there does not speak " + api.Name + ", or a proxy damages its replies."
	default:
		return ""
	}
}
