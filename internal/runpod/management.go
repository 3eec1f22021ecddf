package runpod

import (
	"context"
	"errors"
	"time"
)

// DefaultManagementBaseURL is where the public management API (REST v2) is
// served: on another host than the queue-based endpoints.
const DefaultManagementBaseURL = "https://api.runpod.io/v2"

// Management reads from the management API what GET /health does not report: which
// version an endpoint's workers run, and what they log. It retries and reports errors
// like [Client], but has limits of its own. It is safe for concurrent use.
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

// WorkerStatus is the status of a worker. The API may report others than these.
type WorkerStatus string

// The statuses of a worker that has no job and can take none. The API also documents
// RUNNING and IDLE.
const (
	WorkerInitializing WorkerStatus = "INITIALIZING" // starts
	WorkerThrottled    WorkerStatus = "THROTTLED"    // waits for a machine
	WorkerUnhealthy    WorkerStatus = "UNHEALTHY"    // crashed or does not answer
)

// Workers are the active workers of an endpoint, as the management API lists them.
// Workers that were scaled down are not listed.
type Workers struct {
	EndpointVersion *int64 // of the newest release; nil if the API omits it
	Counts          WorkerSummary
	Workers         []Worker
}

// WorkerSummary counts workers by status. A count that the reply lacks is nil.
type WorkerSummary struct {
	Running, Idle, Initializing, Throttled, Unhealthy, Total *int64
}

// Worker is one active worker. What the reply lacks is nil or zero.
type Worker struct {
	ID            string
	Status        WorkerStatus
	Stale         *bool // whether it runs an older version than the endpoint's
	Version       *int64
	Image         string
	GPUTypeID     string
	DataCenterID  string
	UptimeSeconds *int64
	StartedAt     time.Time
}

// Stale returns how many workers run an older version than the endpoint's; nil if the
// API omits it for a worker. Without workers it is 0.
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
	return "workers:" + countsText(
		count{"in all", w.Counts.Total}, count{"stale", w.Stale()}, count{"running", w.Counts.Running}, count{"idle", w.Counts.Idle},
		count{"initializing", w.Counts.Initializing}, count{"throttled", w.Counts.Throttled}, count{"unhealthy", w.Counts.Unhealthy})
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

// decodeWorkers reads a list of workers. Only the list itself is required; whatever
// else is unusable is ignored. Its texts are printable and contain no secret.
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
			UptimeSeconds: f.number("workers.uptimeSeconds", w[7]), StartedAt: f.timestamp("workers.startedAt", w[8]),
		})
		return true
	})
	return workers, nil
}
