package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// The defaults of Options.
const (
	DefaultAPIKey     = "rpa_simulator"
	DefaultEndpointID = "demo"
	defaultWorkers    = 200
	defaultCrashEvery = 8 * time.Second
)

// NoWorkers as the number of workers means none: jobs stay queued.
const NoWorkers = -1

// Options configure a simulator. The zero value is a fast API without surprises, with
// one endpoint, DefaultEndpointID, and one key, DefaultAPIKey.
type Options struct {
	APIKeys        []string
	RestrictedKeys []string // keys that may run jobs, but get 403 from the management API
	AnyHost        bool     // accept requests for any Host header, not only for loopback names
	Endpoints      map[string]Endpoint
	Speed          float64       // simulated seconds per real second; default 1
	EnforceLimits  bool          // answer 429 above the documented limits
	NoStatusSync   bool          // /status-sync is not served
	NoStatusCode   int           // the HTTP status of /status-sync if NoStatusSync is set; default 404
	Latency        time.Duration // real time added to each response
	Choices        Choices
	WebhookClient  *http.Client // delivers webhooks; default http.DefaultClient
}

// Choices decide what the API's documentation leaves open; see the package
// documentation.
type Choices struct {
	TTLTimesOut       bool
	CancelFinalStatus int // HTTP status of /cancel on a final job; 0 answers 200 with its state
	RetryWrongState   int // default 400
	PurgedState       string
	StreamHoldsQueued bool
	StreamBareArray   bool

	BatchReply       BatchReply
	BatchOrder       BatchOrder
	BatchListArray   bool
	BatchWrongState  int // default 400
	BatchLimitStatus int // default 400

	BareWorkers      bool
	ForgetWorkerLogs bool
}

// BatchReply is the response of the Batch API where it is not documented.
type BatchReply string

// The responses to appending, finalizing, updating, removing and cancelling.
const (
	BatchReplyObject BatchReply = ""      // the batch, as in the response of batch-get
	BatchReplyEmpty  BatchReply = "empty" // HTTP 204
	BatchReplyText   BatchReply = "text"  // plain text
	BatchReplyIDs    BatchReply = "ids"   // the new requests, in order, for batch-append; otherwise the batch
)

// BatchOrder is the order in which a batch's requests are listed.
type BatchOrder string

// The orders of a batch's requests.
const (
	BatchOrderAdded   BatchOrder = ""        // in the order in which they were added
	BatchOrderNewest  BatchOrder = "newest"  // in reverse order
	BatchOrderConsole BatchOrder = "console" // failed, in progress, queued, completed
	BatchOrderByID    BatchOrder = "id"      // by their ids, which are random
)

// Endpoint configures one endpoint. Its durations are in simulated time.
type Endpoint struct {
	// External leaves the jobs to real workers, which connect with the protocol of the
	// public worker SDK. Workers, Rollout and CrashLoop are then ignored. It cannot be
	// changed later.
	External         bool
	Workers          int           // one job each; default 200; NoWorkers for none
	ColdStart        time.Duration // time until the first worker, or a replacement, is ready
	Throttled        int           // throttled workers; jobs stay IN_QUEUE while Throttled or Unhealthy is set
	Unhealthy        int
	ExecutionTimeout time.Duration // default 600 s
	LoadBalancer     bool          // a load-balancing endpoint: every queue operation is rejected
	OmitWorkers      []string      // names of worker counts that /health omits

	// Version is the endpoint's version; default 1. A change starts a rollout: all
	// workers become stale, and one is replaced per Rollout interval, or all at once if
	// Rollout is 0. Workers on the current version get jobs first.
	Version   int
	Rollout   time.Duration
	Image     string // default example/worker:VERSION
	CrashLoop CrashLoop

	LogEvery time.Duration // interval of an extra line on each open stream of logs; 0 for none
	LogBytes int           // total size of the extra lines at the start of each stream of logs, in bytes
}

// CrashLoop makes workers exit repeatedly while they start. Neither /health nor the
// list of workers shows it, only their logs do. In a rollout, workers on older versions
// keep running jobs.
type CrashLoop struct {
	Line   string        // the line that the container prints before it exits; "" for no crash loop
	Every  time.Duration // default 8 s
	Status string        // the status of these workers in the list and the counts; default THROTTLED
}

// Check returns an error for invalid numbers and durations.
func (e Endpoint) Check() error {
	for _, n := range []struct {
		name  string
		value int64
		least int64
	}{
		{"workers", int64(e.Workers), NoWorkers}, {"throttled", int64(e.Throttled), 0}, {"unhealthy", int64(e.Unhealthy), 0},
		{"version", int64(e.Version), 1}, {"log bytes", int64(e.LogBytes), 0}, {"cold start", int64(e.ColdStart), 0},
		{"rollout", int64(e.Rollout), 0}, {"log interval", int64(e.LogEvery), 0},
	} {
		switch {
		case n.value >= n.least:
		case n.least == 1:
			return fmt.Errorf("the %s must be 1 or more", n.name)
		default:
			return fmt.Errorf("the %s must not be negative", n.name)
		}
	}
	return nil
}

// withDefaults returns the configuration with all defaults set.
func (e Endpoint) withDefaults() Endpoint {
	switch {
	case e.Workers == 0:
		e.Workers = defaultWorkers
	case e.Workers < 0:
		e.Workers = 0
	}
	if e.ExecutionTimeout == 0 {
		e.ExecutionTimeout = 10 * time.Minute
	}
	if e.Version == 0 {
		e.Version = 1
	}
	if e.Image == "" {
		e.Image = defaultImage(e.Version)
	}
	if e.CrashLoop.Every <= 0 {
		e.CrashLoop.Every = defaultCrashEvery
	}
	if e.CrashLoop.Status == "" {
		e.CrashLoop.Status = workerThrottled
	}
	return e
}

func defaultImage(version int) string { return "example/worker:" + strconv.Itoa(version) }
