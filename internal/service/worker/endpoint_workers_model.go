package worker

import (
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

type workersModel struct {
	jobmodel.Gate
	WaitUntil       *waitUntil    `tfsdk:"wait_until"`
	EndpointVersion types.Int64   `tfsdk:"endpoint_version"`
	Workers         []workerModel `tfsdk:"workers"`
	Counts          *countsModel  `tfsdk:"counts"`
	Ready           types.Bool    `tfsdk:"ready"`
}

// waitUntil holds the conditions, each named after the count that it bounds.
type waitUntil struct {
	StaleMax        types.Int64 `tfsdk:"stale_max"`
	TotalMin        types.Int64 `tfsdk:"total_min"`
	IdleMin         types.Int64 `tfsdk:"idle_min"`
	UnhealthyMax    types.Int64 `tfsdk:"unhealthy_max"`
	InitializingMax types.Int64 `tfsdk:"initializing_max"`
}

type workerModel struct {
	ID            types.String      `tfsdk:"id"`
	Status        types.String      `tfsdk:"status"`
	Stale         types.Bool        `tfsdk:"stale"`
	Version       types.Int64       `tfsdk:"version"`
	Image         types.String      `tfsdk:"image"`
	GPUTypeID     types.String      `tfsdk:"gpu_type_id"`
	DataCenterID  types.String      `tfsdk:"data_center_id"`
	UptimeSeconds types.Int64       `tfsdk:"uptime_seconds"`
	StartedAt     timetypes.RFC3339 `tfsdk:"started_at"`
}

type countsModel struct {
	Running      types.Int64 `tfsdk:"running"`
	Idle         types.Int64 `tfsdk:"idle"`
	Initializing types.Int64 `tfsdk:"initializing"`
	Throttled    types.Int64 `tfsdk:"throttled"`
	Unhealthy    types.Int64 `tfsdk:"unhealthy"`
	Total        types.Int64 `tfsdk:"total"`
	Stale        types.Int64 `tfsdk:"stale"`
}

// set puts the reply into the model. Values that the reply lacks are null.
func (m *workersModel) set(w runpod.Workers) {
	m.EndpointVersion = types.Int64PointerValue(w.EndpointVersion)
	m.Counts = &countsModel{
		Running: types.Int64PointerValue(w.Counts.Running), Idle: types.Int64PointerValue(w.Counts.Idle),
		Initializing: types.Int64PointerValue(w.Counts.Initializing), Throttled: types.Int64PointerValue(w.Counts.Throttled),
		Unhealthy: types.Int64PointerValue(w.Counts.Unhealthy), Total: types.Int64PointerValue(w.Counts.Total),
		Stale: types.Int64PointerValue(w.Stale()),
	}
	m.Workers = make([]workerModel, 0, len(w.Workers))
	for _, one := range w.Workers {
		started := timetypes.NewRFC3339Null()
		if !one.StartedAt.IsZero() {
			started = timetypes.NewRFC3339TimeValue(one.StartedAt.UTC())
		}
		m.Workers = append(m.Workers, workerModel{
			ID: jobmodel.TextOrNull(one.ID), Status: jobmodel.TextOrNull(string(one.Status)), Stale: types.BoolPointerValue(one.Stale),
			Version: types.Int64PointerValue(one.Version), Image: jobmodel.TextOrNull(one.Image), GPUTypeID: jobmodel.TextOrNull(one.GPUTypeID),
			DataCenterID: jobmodel.TextOrNull(one.DataCenterID), UptimeSeconds: types.Int64PointerValue(one.UptimeSeconds), StartedAt: started,
		})
	}
}

// unmet returns a sentence for each condition that the counts do not meet.
func (w *waitUntil) unmet(have runpod.Workers) []string {
	var b diagnose.Bounds
	b.AtMost("counts.stale", w.StaleMax.ValueInt64Pointer(), have.Stale())
	b.AtLeast("counts.total", w.TotalMin.ValueInt64Pointer(), have.Counts.Total)
	b.AtLeast("counts.idle", w.IdleMin.ValueInt64Pointer(), have.Counts.Idle)
	b.AtMost("counts.unhealthy", w.UnhealthyMax.ValueInt64Pointer(), have.Counts.Unhealthy)
	b.AtMost("counts.initializing", w.InitializingMax.ValueInt64Pointer(), have.Counts.Initializing)
	return b.Unmet
}
