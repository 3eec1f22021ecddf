package runpod

import (
	"context"
	"errors"
	"regexp"
	"time"
)

// DefaultManagementBaseURL is where the public management API (REST v2) is
// served: on another host than the queue-based endpoints.
const DefaultManagementBaseURL = "https://api.runpod.io/v2"

// Management reads from the management API what GET /health of an endpoint cannot
// tell: which version its workers run, and what they log. It shares the manners of
// [Client], and none of its limits. It is safe for concurrent use.
type Management struct{ client *Client }

// NewManagement returns a client of the management API; the default of BaseURL is
// [DefaultManagementBaseURL]. It makes no request.
func NewManagement(o Options) (*Management, error) {
	o.BaseURL = orDefault(o.BaseURL, DefaultManagementBaseURL)
	client, err := newClient(o) // a proxy for this API only is no reason to refuse jobs
	if err != nil {
		return nil, err
	}
	return &Management{client}, nil
}

// BaseURL returns the address that the client sends its requests to.
func (m *Management) BaseURL() string { return m.client.BaseURL() }

// WorkerStatus is the state of a worker. Others than these may come.
type WorkerStatus string

// The states of a worker that the API documents.
const (
	WorkerRunning      WorkerStatus = "RUNNING"      // has a job
	WorkerIdle         WorkerStatus = "IDLE"         // can take a job
	WorkerInitializing WorkerStatus = "INITIALIZING" // starts
	WorkerThrottled    WorkerStatus = "THROTTLED"    // waits for a machine
	WorkerUnhealthy    WorkerStatus = "UNHEALTHY"    // crashed or does not answer
)

// Workers is what the management API lists of an endpoint: its active workers.
// One that was scaled down is not among them.
type Workers struct {
	EndpointVersion *int64 // of the newest release; nil when not told
	Counts          WorkerSummary
	Workers         []Worker
}

// WorkerSummary counts workers by state. A count that the reply lacks is nil.
type WorkerSummary struct {
	Running, Idle, Initializing, Throttled, Unhealthy, Total *int64
}

// Worker is one active worker. What the reply lacks is nil or empty.
type Worker struct {
	ID            string
	Status        WorkerStatus
	Stale         *bool // whether it runs an older version than the endpoint's
	Version       *int64
	Image         string
	GPUTypeID     string
	DataCenterID  string
	UptimeSeconds *int64
	StartedAt     *time.Time
}

// Stale returns how many workers run an older version than the endpoint's; nil
// when the API does not say so of each. No workers are no stale ones.
func (w Workers) Stale() *int64 {
	var n int64
	for _, worker := range w.Workers {
		if worker.Stale == nil {
			return nil
		}
		if *worker.Stale {
			n++
		}
	}
	return &n
}

// String returns the counts in one line, without those that are absent.
func (w Workers) String() string {
	return "workers:" + figures(
		figure{"in all", w.Counts.Total}, figure{"stale", w.Stale()}, figure{"running", w.Counts.Running}, figure{"idle", w.Counts.Idle},
		figure{"initializing", w.Counts.Initializing}, figure{"throttled", w.Counts.Throttled}, figure{"unhealthy", w.Counts.Unhealthy})
}

// Workers reads an endpoint's workers with GET /serverless/{endpoint}/workers.
func (m *Management) Workers(ctx context.Context, endpointID string) (Workers, error) {
	var workers Workers
	k := &call{op: OpWorkers, endpoint: endpointID, prefix: []string{"serverless"}, path: []string{"workers"}}
	k.decode = func(body []byte) (err error) {
		workers, err = decodeWorkers(body, m.client.secrets, k.fields())
		return err
	}
	err := m.client.do(ctx, k)
	return workers, err
}

// decodeWorkers reads what is usable of a list of workers. Only the list itself is
// needed; nothing else in it can spoil the reply. Its texts can be shown, and hold
// no secret.
func decodeWorkers(body []byte, secrets *secretBook, f *fields) (Workers, error) {
	reply, err := parseReply(body)
	if err != nil {
		return Workers{}, err
	}
	m := reply.members("workers", "summary", "endpointVersion")
	if !m[0].isArray() {
		return Workers{}, errors.New("it is not a list of workers")
	}
	workers := Workers{EndpointVersion: f.number("endpointVersion", m[2]), Workers: []Worker{}}
	f.numbers("summary", m[1], map[string]**int64{
		"running": &workers.Counts.Running, "idle": &workers.Counts.Idle, "initializing": &workers.Counts.Initializing,
		"throttled": &workers.Counts.Throttled, "unhealthy": &workers.Counts.Unhealthy, "total": &workers.Counts.Total,
	})
	name := func(member string, v value) string {
		s, ok := v.text()
		f.odd("workers."+member, v, ok)
		return printableName(secrets.redact(s))
	}
	m[0].each(func(item value) bool {
		w := item.members("id", "status", "isStale", "version", "image", "gpuTypeId", "dataCenterId", "uptimeSeconds", "startedAt")
		id := printableName(secrets.redact(w[0].id()))
		if id == "" {
			f.drop("workers.id", w[0].kind())
		}
		workers.Workers = append(workers.Workers, Worker{
			ID: id, Status: WorkerStatus(name("status", w[1])), Stale: f.boolean("workers.isStale", w[2]), Version: f.number("workers.version", w[3]),
			Image: name("image", w[4]), GPUTypeID: name("gpuTypeId", w[5]), DataCenterID: name("dataCenterId", w[6]),
			UptimeSeconds: f.number("workers.uptimeSeconds", w[7]), StartedAt: f.start("workers.startedAt", w[8]),
		})
		return true
	})
	return workers, nil
}

// start reads the time at which something started; nil when there is none.
func (f *fields) start(name string, v value) *time.Time {
	if s, ok := v.text(); ok {
		at := moment(s)
		if at == nil {
			f.drop(name, "no plausible time")
		}
		return at
	}
	if at := f.moment(name, v); !at.IsZero() {
		return &at
	}
	return nil
}

var timePattern = regexp.MustCompile(`^[0-9T:.-]+(Z|[+-][0-9]{2}:[0-9]{2})`)

// moment returns the time of a text in the format of RFC 3339, whatever follows
// it; nil when it is none, or one that no clock shows.
func moment(s string) *time.Time {
	t, err := time.Parse(time.RFC3339Nano, timePattern.FindString(s))
	if err != nil || !plausible(t) {
		return nil
	}
	return &t
}
