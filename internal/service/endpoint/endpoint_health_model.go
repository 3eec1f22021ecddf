package endpoint

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

type healthModel struct {
	jobmodel.Gate
	WaitUntil *waitUntil    `tfsdk:"wait_until"`
	Jobs      *jobsModel    `tfsdk:"jobs"`
	Workers   *workersModel `tfsdk:"workers"`
	Healthy   types.Bool    `tfsdk:"healthy"`
}

// waitUntil holds the conditions, each named after the count that it bounds.
type waitUntil struct {
	WorkersReadyMin     types.Int64 `tfsdk:"workers_ready_min"`
	WorkersIdleMin      types.Int64 `tfsdk:"workers_idle_min"`
	WorkersRunningMin   types.Int64 `tfsdk:"workers_running_min"`
	WorkersThrottledMax types.Int64 `tfsdk:"workers_throttled_max"`
	WorkersUnhealthyMax types.Int64 `tfsdk:"workers_unhealthy_max"`
	JobsInQueueMax      types.Int64 `tfsdk:"jobs_in_queue_max"`
	JobsInProgressMax   types.Int64 `tfsdk:"jobs_in_progress_max"`
	JobsFailedMax       types.Int64 `tfsdk:"jobs_failed_max"`
}

type jobsModel struct {
	Completed  types.Int64 `tfsdk:"completed"`
	Failed     types.Int64 `tfsdk:"failed"`
	InProgress types.Int64 `tfsdk:"in_progress"`
	InQueue    types.Int64 `tfsdk:"in_queue"`
	Retried    types.Int64 `tfsdk:"retried"`
}

type workersModel struct {
	Idle         types.Int64 `tfsdk:"idle"`
	Initializing types.Int64 `tfsdk:"initializing"`
	Ready        types.Int64 `tfsdk:"ready"`
	Running      types.Int64 `tfsdk:"running"`
	Throttled    types.Int64 `tfsdk:"throttled"`
	Unhealthy    types.Int64 `tfsdk:"unhealthy"`
}

// set puts the counts into the model. A count that the reply lacks is null.
func (m *healthModel) set(h runpod.Health) {
	m.Jobs = &jobsModel{
		Completed: types.Int64PointerValue(h.Jobs.Completed), Failed: types.Int64PointerValue(h.Jobs.Failed),
		InProgress: types.Int64PointerValue(h.Jobs.InProgress), InQueue: types.Int64PointerValue(h.Jobs.InQueue),
		Retried: types.Int64PointerValue(h.Jobs.Retried),
	}
	m.Workers = &workersModel{
		Idle: types.Int64PointerValue(h.Workers.Idle), Initializing: types.Int64PointerValue(h.Workers.Initializing),
		Ready: types.Int64PointerValue(h.Workers.Ready), Running: types.Int64PointerValue(h.Workers.Running),
		Throttled: types.Int64PointerValue(h.Workers.Throttled), Unhealthy: types.Int64PointerValue(h.Workers.Unhealthy),
	}
}

// unmet returns a sentence for each condition that the counts do not meet. A count
// that the reply lacks meets no condition.
func (w *waitUntil) unmet(h runpod.Health) []string {
	var b diagnose.Bounds
	b.AtLeast("workers.ready", w.WorkersReadyMin.ValueInt64Pointer(), h.Workers.Ready)
	b.AtLeast("workers.idle", w.WorkersIdleMin.ValueInt64Pointer(), h.Workers.Idle)
	b.AtLeast("workers.running", w.WorkersRunningMin.ValueInt64Pointer(), h.Workers.Running)
	b.AtMost("workers.throttled", w.WorkersThrottledMax.ValueInt64Pointer(), h.Workers.Throttled)
	b.AtMost("workers.unhealthy", w.WorkersUnhealthyMax.ValueInt64Pointer(), h.Workers.Unhealthy)
	b.AtMost("jobs.in_queue", w.JobsInQueueMax.ValueInt64Pointer(), h.Jobs.InQueue)
	b.AtMost("jobs.in_progress", w.JobsInProgressMax.ValueInt64Pointer(), h.Jobs.InProgress)
	b.AtMost("jobs.failed", w.JobsFailedMax.ValueInt64Pointer(), h.Jobs.Failed)
	return b.Unmet
}
