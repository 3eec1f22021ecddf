package job

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// setSubmitted fills in a job that was just submitted, with every attribute known.
func (m *resourceModel) setSubmitted(job runpod.Job, at time.Time) {
	m.SubmittedAt = timetypes.NewRFC3339TimeValue(at.UTC().Truncate(time.Second))
	m.Attempts = types.Int64Value(1)
	m.Expired = types.BoolValue(false)
	m.clearResult()
	m.ID = types.StringValue(job.ID)
	m.Status = types.StringValue(string(job.Status))
}

func (m *resourceModel) clearResult() {
	m.Error = types.ObjectNull(errorAttrTypes)
	m.DelayTimeMS, m.ExecutionTimeMS = types.Int64Null(), types.Int64Null()
	m.WorkerID = types.StringNull()
	m.CompletedAt = timetypes.NewRFC3339Null()
	m.clearOutput()
}

func (m *resourceModel) clearOutput() {
	m.Output, m.SensitiveOutput = types.DynamicNull(), types.DynamicNull()
	m.OutputBytes, m.OutputSHA256 = types.Int64Null(), types.StringNull()
}

// setJob puts what the API reports into the model. Figures of a live job are
// left out until it is final: they change from one look to the next.
func (m *resourceModel) setJob(job runpod.Job, diags *diag.Diagnostics) {
	m.clearResult()
	m.ID = types.StringValue(job.ID)
	m.Status = types.StringValue(string(job.Status))
	if !job.Status.Final() {
		return
	}
	m.DelayTimeMS = types.Int64PointerValue(job.DelayTime)
	m.ExecutionTimeMS = types.Int64PointerValue(job.ExecutionTime)
	m.WorkerID = textOrNull(job.WorkerID)
	m.CompletedAt = timetypes.NewRFC3339TimeValue(time.Now().UTC().Truncate(time.Second))
	if e := job.Error; e != nil {
		m.Error = types.ObjectValueMust(errorAttrTypes, map[string]attr.Value{
			"type": textOrNull(e.Type), "message": types.StringValue(e.Message),
			"traceback": textOrNull(e.Traceback), "raw": types.StringValue(e.Raw),
		})
	}
	m.setOutput(job.Output, diags)
}

func textOrNull(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}

// setOutput stores an output within the limits that the arguments set.
func (m *resourceModel) setOutput(raw json.RawMessage, diags *diag.Diagnostics) {
	m.clearOutput()
	if raw == nil {
		return
	}
	digest := sha256.Sum256(raw)
	m.OutputBytes = types.Int64Value(int64(len(raw)))
	m.OutputSHA256 = types.StringValue(hex.EncodeToString(digest[:]))
	about := diagnose.Job(m.EndpointID.ValueString(), m.ID.ValueString()).Fact("Size of the output", fmt.Sprintf("%d bytes", len(raw)))
	if limit := m.MaxOutputBytes.ValueInt64(); int64(len(raw)) > limit {
		diags.AddWarning("Output too large to store",
			about.Say("The output is larger than max_output_bytes (%d), so it is not stored; its size and digest are.\n\nWhat to do: raise max_output_bytes, or let the worker store large results elsewhere and return their address.", limit).String())
		return
	}
	output, err := dynamicjson.Decode(raw)
	if err != nil {
		diags.AddWarning("Output cannot be stored", about.Say("%s. Its size and digest are stored.", err).String())
		return
	}
	if m.OutputSensitive.ValueBool() {
		m.SensitiveOutput = output
	} else {
		m.Output = output
	}
}
