package jobmodel

import (
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// RecordTypes are the types of the attributes of a [Record], by name.
var RecordTypes = map[string]attr.Type{
	"id": types.StringType, "status": types.StringType,
	"output_bytes": types.Int64Type, "output_sha256": types.StringType,
	"error":         types.ObjectType{AttrTypes: errorAttrTypes},
	"delay_time_ms": types.Int64Type, "execution_time_ms": types.Int64Type,
	"worker_id": types.StringType, "attempts": types.Int64Type,
	"submitted_at": timetypes.RFC3339Type{}, "completed_at": timetypes.RFC3339Type{},
	"expired": types.BoolType,
}

// Values returns the attributes by name. It does by hand what the framework does by
// reflection, which takes several times as long and is noticeable in a set of a
// thousand jobs.
func (r *Record) Values() map[string]attr.Value {
	return map[string]attr.Value{
		"id": r.ID, "status": r.Status, "output_bytes": r.OutputBytes, "output_sha256": r.OutputSHA256, "error": r.Error,
		"delay_time_ms": r.DelayTimeMS, "execution_time_ms": r.ExecutionTimeMS, "worker_id": r.WorkerID, "attempts": r.Attempts,
		"submitted_at": r.SubmittedAt, "completed_at": r.CompletedAt, "expired": r.Expired,
	}
}

// RecordOf is the reverse of [Record.Values]. The values must be of [RecordTypes].
//
//nolint:forcetypeassert // see above
func RecordOf(values map[string]attr.Value) Record {
	return Record{
		ID: values["id"].(types.String), Status: values["status"].(types.String),
		OutputBytes: values["output_bytes"].(types.Int64), OutputSHA256: values["output_sha256"].(types.String), Error: values["error"].(types.Object),
		DelayTimeMS: values["delay_time_ms"].(types.Int64), ExecutionTimeMS: values["execution_time_ms"].(types.Int64),
		WorkerID: values["worker_id"].(types.String), Attempts: values["attempts"].(types.Int64),
		SubmittedAt: values["submitted_at"].(timetypes.RFC3339), CompletedAt: values["completed_at"].(timetypes.RFC3339), Expired: values["expired"].(types.Bool),
	}
}
