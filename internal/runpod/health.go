package runpod

import (
	"context"
	"errors"
	"fmt"
)

// Health is what GET /health reports about an endpoint. Any count can be absent.
type Health struct {
	Jobs    JobCounts
	Workers WorkerCounts
}

// JobCounts count an endpoint's jobs. Completed, Failed and Retried only grow.
type JobCounts struct {
	Completed  *int64
	Failed     *int64
	InProgress *int64
	InQueue    *int64
	Retried    *int64
}

// WorkerCounts count an endpoint's workers. The counts overlap (a ready worker is idle
// as well), so their sum means nothing.
type WorkerCounts struct {
	Idle         *int64
	Initializing *int64
	Ready        *int64
	Running      *int64
	Throttled    *int64
	Unhealthy    *int64
}

// Health reads the counts of an endpoint with GET /health.
func (c *Client) Health(ctx context.Context, endpointID string) (Health, error) {
	var health Health
	k := &call{op: OpHealth, endpoint: endpointID, path: []string{"health"}}
	k.decode = func(body []byte) (err error) {
		health, err = decodeHealth(body, k.fields())
		return err
	}
	err := c.do(ctx, k)
	return health, err
}

// decodeHealth reads a reply that has jobs, workers or both.
func decodeHealth(body []byte, f *fields) (Health, error) {
	reply, err := parseReply(body)
	switch {
	case err != nil:
		return Health{}, err
	case !reply.isObject():
		return Health{}, reply.notA("a health report")
	}
	m := reply.members("jobs", "workers", "error")
	jobs, workers := m[0], m[1]
	if len(jobs.json) == 0 && len(workers.json) == 0 {
		if failure := parseJobError(m[2]); failure != nil {
			return Health{}, &refusal{failure.Message}
		}
		return Health{}, errors.New("it has neither jobs nor workers")
	}
	var h Health
	f.numbers("jobs", jobs, map[string]**int64{
		"completed": &h.Jobs.Completed, "failed": &h.Jobs.Failed, "inProgress": &h.Jobs.InProgress,
		"inQueue": &h.Jobs.InQueue, "retried": &h.Jobs.Retried,
	})
	f.numbers("workers", workers, map[string]**int64{
		"idle": &h.Workers.Idle, "initializing": &h.Workers.Initializing, "ready": &h.Workers.Ready,
		"running": &h.Workers.Running, "throttled": &h.Workers.Throttled, "unhealthy": &h.Workers.Unhealthy,
	})
	return h, nil
}

// String returns the counts in one line, without those that are absent.
func (h Health) String() string {
	text := "workers:" + countsText(
		count{"ready", h.Workers.Ready}, count{"idle", h.Workers.Idle}, count{"running", h.Workers.Running},
		count{"initializing", h.Workers.Initializing}, count{"throttled", h.Workers.Throttled}, count{"unhealthy", h.Workers.Unhealthy})
	return text + "; jobs:" + countsText(
		count{"in queue", h.Jobs.InQueue}, count{"in progress", h.Jobs.InProgress}, count{"completed", h.Jobs.Completed},
		count{"failed", h.Jobs.Failed}, count{"retried", h.Jobs.Retried})
}

type count struct {
	name  string
	value *int64
}

func countsText(all ...count) string {
	var text string
	for _, f := range all {
		if f.value == nil {
			continue
		}
		if text != "" {
			text += ","
		}
		text += fmt.Sprintf(" %d %s", *f.value, f.name)
	}
	if text == "" {
		return " no counts"
	}
	return text
}
