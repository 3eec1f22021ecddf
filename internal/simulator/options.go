package simulator

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// What exists unless Options say otherwise.
const (
	DefaultAPIKey     = "rpa_simulator"
	DefaultEndpointID = "demo"
	defaultWorkers    = 200
	defaultCrashEvery = 8 * time.Second
)

// NoWorkers as the number of workers means that there are none: jobs wait.
const NoWorkers = -1

// Options shape a simulator. The zero value is a fast, tame API with one
// endpoint, DefaultEndpointID, and one key, DefaultAPIKey.
type Options struct {
	APIKeys        []string
	RestrictedKeys []string // may run jobs, but get 403 from the management API
	AnyHost        bool     // answer requests for any host, not for loopback names only
	Endpoints      map[string]Endpoint
	Speed          float64       // simulated seconds in a real one; default 1
	EnforceLimits  bool          // answer 429 past the documented limits
	NoStatusSync   bool          // /status-sync is not served
	NoStatusCode   int           // with which status it is not served; default 404
	Latency        time.Duration // real time added to each reply
	Choices        Choices
	WebhookClient  *http.Client // delivers webhooks; default http.DefaultClient
}

// Choices decide what the API's documentation leaves open; see the package's doc.
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

// BatchReply is what the Batch API answers where that is not documented.
type BatchReply string

// The replies to appending, finalizing, updating, removing and cancelling.
const (
	BatchReplyObject BatchReply = ""      // the batch, as when it is read
	BatchReplyEmpty  BatchReply = "empty" // HTTP 204
	BatchReplyText   BatchReply = "text"  // a text that is not JSON
	BatchReplyIDs    BatchReply = "ids"   // to appending, the new requests in order; else the batch
)

// BatchOrder is the order in which a batch's requests are listed.
type BatchOrder string

// The orders of a batch's requests.
const (
	BatchOrderAdded   BatchOrder = ""        // as they were added
	BatchOrderNewest  BatchOrder = "newest"  // the other way round
	BatchOrderConsole BatchOrder = "console" // failed, in progress, queued, completed
	BatchOrderByID    BatchOrder = "id"      // by their ids, which are random
)

// Endpoint shapes one endpoint. Its durations are simulated time.
type Endpoint struct {
	// External hands the jobs to real workers, which connect over the protocol of
	// the public worker SDK. Workers, Rollout and CrashLoop are then ignored. It
	// cannot be changed later.
	External         bool
	Workers          int           // jobs at once; default 200; NoWorkers for none
	ColdStart        time.Duration // before the first worker is ready, and each that replaces another
	Throttled        int           // workers that never come: jobs stay IN_QUEUE while Throttled or Unhealthy is set
	Unhealthy        int
	ExecutionTimeout time.Duration // default 600 s
	LoadBalancer     bool          // not queue-based: every queue operation is refused
	OmitWorkers      []string      // names of worker figures that /health leaves out

	// Version is the endpoint's version; default 1. A change starts a rollout:
	// the workers become stale, and one of them is replaced each time that
	// Rollout has passed, all at once without it. Workers on the current version
	// get jobs first.
	Version   int
	Rollout   time.Duration
	Image     string // default example/worker:VERSION
	CrashLoop CrashLoop

	LogEvery time.Duration // interval of an extra line on each open stream of logs; 0 for none
	LogBytes int           // size of the extra lines with which each stream of logs begins
}

// CrashLoop makes workers fail while they start, over and over. Neither /health
// nor the list of workers shows it; their logs do. In a rollout, workers of
// older versions keep serving.
type CrashLoop struct {
	Line   string        // that the container prints before it exits; "" for no crash loop
	Every  time.Duration // default 8 s
	Status string        // the status under which the workers are listed and counted; default THROTTLED
}

// Check refuses numbers and durations that mean nothing.
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

// withDefaults returns a configuration with nothing left open.
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
