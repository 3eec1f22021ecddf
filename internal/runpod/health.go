package runpod

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
)

// Health is what GET /health reports of an endpoint. Any figure can be absent.
type Health struct {
	Jobs    JobCounts    `json:"jobs"`
	Workers WorkerCounts `json:"workers"`
}

// JobCounts count an endpoint's jobs. Completed, Failed and Retried only grow.
type JobCounts struct {
	Completed  *int64 `json:"completed"`
	Failed     *int64 `json:"failed"`
	InProgress *int64 `json:"inProgress"`
	InQueue    *int64 `json:"inQueue"`
	Retried    *int64 `json:"retried"`
}

// WorkerCounts count an endpoint's workers. The figures overlap: a ready
// worker is idle as well. Their sum means nothing.
type WorkerCounts struct {
	Idle         *int64 `json:"idle"`
	Initializing *int64 `json:"initializing"`
	Ready        *int64 `json:"ready"`
	Running      *int64 `json:"running"`
	Throttled    *int64 `json:"throttled"`
	Unhealthy    *int64 `json:"unhealthy"`
}

// Health reads the figures of an endpoint with GET /health.
func (c *Client) Health(ctx context.Context, endpointID string) (Health, error) {
	var health Health
	err := c.do(ctx, &call{
		op: OpHealth, endpoint: endpointID, path: []string{"health"},
		decode: func(body []byte) error {
			var reply struct {
				Jobs    *JobCounts      `json:"jobs"`
				Workers *WorkerCounts   `json:"workers"`
				Error   json.RawMessage `json:"error"`
			}
			if err := json.Unmarshal(body, &reply); err != nil {
				return fmt.Errorf("it is not a health report: %w", err)
			}
			if reply.Jobs == nil && reply.Workers == nil {
				if text := textOf(reply.Error); text != "" {
					return &refusal{text}
				}
				return errors.New("it has neither jobs nor workers")
			}
			health = Health{}
			if reply.Jobs != nil {
				health.Jobs = *reply.Jobs
			}
			if reply.Workers != nil {
				health.Workers = *reply.Workers
			}
			return nil
		},
	})
	return health, err
}

// String says the figures in one line, leaving out those that are absent.
func (h Health) String() string {
	text := "workers:" + figures(
		figure{"ready", h.Workers.Ready}, figure{"idle", h.Workers.Idle}, figure{"running", h.Workers.Running},
		figure{"initializing", h.Workers.Initializing}, figure{"throttled", h.Workers.Throttled}, figure{"unhealthy", h.Workers.Unhealthy})
	return text + "; jobs:" + figures(
		figure{"in queue", h.Jobs.InQueue}, figure{"in progress", h.Jobs.InProgress}, figure{"completed", h.Jobs.Completed},
		figure{"failed", h.Jobs.Failed}, figure{"retried", h.Jobs.Retried})
}

type figure struct {
	name  string
	value *int64
}

func figures(all ...figure) string {
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
		return " no figures"
	}
	return text
}
