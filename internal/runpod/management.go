package runpod

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
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
	err := m.client.do(ctx, &call{
		op: OpWorkers, endpoint: endpointID, prefix: []string{"serverless"}, path: []string{"workers"},
		decode: func(body []byte) (err error) {
			workers, err = decodeWorkers(body, m.client.secrets)
			return err
		},
	})
	return workers, err
}

// decodeWorkers reads what is usable of a list of workers. Only the list itself
// and the id of each worker are needed; nothing else in it can spoil the reply. Its
// texts can be shown, and hold no secret.
func decodeWorkers(body []byte, secrets *secretBook) (Workers, error) {
	name := func(raw json.RawMessage) string { return printableName(secrets.redact(text(raw))) }
	reply := membersOf(body)
	var list []json.RawMessage
	if reply == nil || json.Unmarshal(reply["workers"], &list) != nil || list == nil {
		return Workers{}, errors.New("it is not a list of workers")
	}
	summary := membersOf(reply["summary"])
	workers := Workers{
		EndpointVersion: integer(reply["endpointVersion"]),
		Counts: WorkerSummary{
			Running: integer(summary["running"]), Idle: integer(summary["idle"]), Initializing: integer(summary["initializing"]),
			Throttled: integer(summary["throttled"]), Unhealthy: integer(summary["unhealthy"]), Total: integer(summary["total"]),
		},
		Workers: make([]Worker, 0, len(list)),
	}
	for i, raw := range list {
		w := membersOf(raw)
		id := name(w["id"])
		if id == "" {
			return Workers{}, fmt.Errorf("worker %d of the list has no id", i+1)
		}
		workers.Workers = append(workers.Workers, Worker{
			ID: id, Status: WorkerStatus(name(w["status"])), Stale: boolean(w["isStale"]), Version: integer(w["version"]),
			Image: name(w["image"]), GPUTypeID: name(w["gpuTypeId"]), DataCenterID: name(w["dataCenterId"]),
			UptimeSeconds: integer(w["uptimeSeconds"]), StartedAt: moment(text(w["startedAt"])),
		})
	}
	return workers, nil
}

// membersOf returns the members of a JSON object by their exact names; nil when
// it is none.
func membersOf(raw json.RawMessage) map[string]json.RawMessage {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil {
		return nil
	}
	return members
}

func text(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s) // anything else is no text
	return s
}

// integer returns a number that is not negative: a count, a version or a duration.
func integer(raw json.RawMessage) *int64 {
	var n *int64
	if json.Unmarshal(raw, &n) != nil || n != nil && *n < 0 {
		return nil
	}
	return n
}

func boolean(raw json.RawMessage) *bool {
	var b *bool
	if json.Unmarshal(raw, &b) != nil {
		return nil
	}
	return b
}

var timePattern = regexp.MustCompile(`^[0-9T:.-]+(Z|[+-][0-9]{2}:[0-9]{2})`)

// moment returns the time of a text in the format of RFC 3339, whatever follows
// it; nil when it is none.
func moment(s string) *time.Time {
	t, err := time.Parse(time.RFC3339Nano, timePattern.FindString(s))
	if err != nil {
		return nil
	}
	return &t
}
