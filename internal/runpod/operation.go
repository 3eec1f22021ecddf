package runpod

import (
	"net/http"
	"strings"
	"time"
)

// Operation is the name of an operation of the API, as it appears in errors and logs.
type Operation string

// The operations of a queue-based endpoint.
const (
	OpRun        Operation = "run"
	OpRunSync    Operation = "runsync"
	OpStatus     Operation = "status"
	OpStatusSync Operation = "status-sync"
	OpStream     Operation = "stream"
	OpCancel     Operation = "cancel"
	OpRetry      Operation = "retry"
	OpPurgeQueue Operation = "purge-queue"
	OpHealth     Operation = "health"

	OpBatchCreate   Operation = "batch-create"
	OpBatchAppend   Operation = "batch-append"
	OpBatchFinalize Operation = "batch-finalize"
	OpBatchCancel   Operation = "batch-cancel"
	OpBatchGet      Operation = "batch-get"
	OpBatchList     Operation = "batch-list"
	OpBatchRequests Operation = "batch-requests"
)

// The operations of the management API, which only reads.
const (
	OpWorkers    Operation = "workers"
	OpWorkerLogs Operation = "worker-logs"
)

// Subject returns what the operation is about, besides the endpoint: "job", "batch" or
// "worker".
func (o Operation) Subject() string {
	if strings.HasPrefix(string(o), "batch-") {
		return "batch"
	}
	if o == OpWorkers || o == OpWorkerLogs {
		return "worker"
	}
	return "job"
}

// API is an API of Runpod, as a message names it.
type API struct {
	Name string
	// Argument and Variable are the provider's argument and the environment variable
	// with its address.
	Argument, Variable string
}

// API returns the API that the operation belongs to.
func (o Operation) API() API {
	if o.Subject() == "worker" {
		return API{"the management API", "management_base_url", "RUNPOD_MANAGEMENT_BASE_URL"}
	}
	return API{"the API of queue-based endpoints", "base_url", "RUNPOD_ENDPOINT_BASE_URL"}
}

// repeatRule says when a request may be sent a second time. A refusal of the API itself,
// a missing route, a redirect and an untrusted certificate end a request under every
// rule. TestRetries compares the rules with the tables of the guide about retries.
type repeatRule int

const (
	// repeatIfRefused repeats only when it is certain that nothing was
	// accepted: no connection could be made (dial, DNS, TLS), the request was
	// not written to its end, or the answer was 429. Everything that costs money
	// or destroys work uses it.
	repeatIfRefused repeatRule = iota
	// repeatIfAnswered also repeats after 408, 5xx except 501, and a 4xx that a
	// gateway answered instead of the API. It suits a read that consumes what it
	// reads: the content of a reply that was cut off is lost, and another attempt
	// would hide the gap.
	repeatIfAnswered
	// repeatFreely also repeats after a timeout, a broken connection, and a reply that
	// is cut off or cannot be used. It suits operations that are idempotent.
	repeatFreely
)

// bucket names a limit that one or several operations share.
type bucket string

const (
	bucketNone   bucket = ""
	bucketRun    bucket = "run"
	bucketSync   bucket = "runsync"
	bucketStatus bucket = "status" // status, status-sync and stream share one
	bucketCancel bucket = "cancel"
	bucketPurge  bucket = "purge-queue"
)

// policy is how one operation is sent.
type policy struct {
	method  string
	repeat  repeatRule
	bucket  bucket
	maxBody int64 // maximum size of a reply, in bytes
}

const (
	mib = 1 << 20
	// maxJobReply bounds a reply that can hold a job's output. The API itself
	// refuses outputs over 20 MB.
	maxJobReply = 64 * mib
	// maxSmallReply bounds a reply of a few counters.
	maxSmallReply = 1 * mib
	// maxBatchReply bounds a page of a batch's requests: any one output fits,
	// and of several large ones fewer are asked for at a time.
	maxBatchReply = 24 * mib
)

// policies is the one place that decides what may be sent twice.
//
// Finalizing or cancelling a batch twice has the effect of once. The second request
// may be answered with an error, so only reading the batch shows the outcome of a
// repeated one.
var policies = map[Operation]policy{
	OpRun:        {http.MethodPost, repeatIfRefused, bucketRun, maxSmallReply},
	OpRunSync:    {http.MethodPost, repeatIfRefused, bucketSync, maxJobReply},
	OpStatus:     {http.MethodGet, repeatFreely, bucketStatus, maxJobReply},
	OpStatusSync: {http.MethodGet, repeatFreely, bucketStatus, maxJobReply},
	OpStream:     {http.MethodGet, repeatIfAnswered, bucketStatus, maxJobReply},
	OpCancel:     {http.MethodPost, repeatFreely, bucketCancel, maxJobReply},
	OpRetry:      {http.MethodPost, repeatIfRefused, bucketNone, maxJobReply},
	OpPurgeQueue: {http.MethodPost, repeatIfRefused, bucketPurge, maxSmallReply},
	OpHealth:     {http.MethodGet, repeatFreely, bucketNone, maxSmallReply},

	OpBatchCreate:   {http.MethodPost, repeatIfRefused, bucketNone, maxSmallReply},
	OpBatchAppend:   {http.MethodPost, repeatIfRefused, bucketNone, maxBatchReply},
	OpBatchFinalize: {http.MethodPost, repeatFreely, bucketNone, maxBatchReply},
	OpBatchCancel:   {http.MethodPost, repeatFreely, bucketNone, maxBatchReply},
	OpBatchGet:      {http.MethodGet, repeatFreely, bucketNone, maxSmallReply},
	OpBatchList:     {http.MethodGet, repeatFreely, bucketNone, maxBatchReply},
	OpBatchRequests: {http.MethodGet, repeatFreely, bucketNone, maxBatchReply},

	OpWorkers:    {http.MethodGet, repeatFreely, bucketNone, maxSmallReply},
	OpWorkerLogs: {http.MethodGet, repeatFreely, bucketNone, maxSmallReply},
}

// rate is a documented limit per user and endpoint.
type rate struct {
	perWindow  int64 // requests in any limitWindow
	concurrent int64 // requests at once; 0 for no limit
}

// limitWindow is the window over which the API counts.
const limitWindow = 10 * time.Second

// rates are the documented base limits; the API raises them for endpoints with
// many running workers, which this client does not try to guess.
var rates = map[bucket]rate{
	bucketRun:    {1000, 200},
	bucketSync:   {2000, 400},
	bucketStatus: {2000, 400},
	bucketCancel: {100, 20},
	bucketPurge:  {2, 0},
}
