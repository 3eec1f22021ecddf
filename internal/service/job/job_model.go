package job

import (
	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// resourceModel is the job resource in configuration, plan and state.
type resourceModel struct {
	jobmodel.Submission
	jobmodel.WaitArgs
	jobmodel.RerunArgs
	storedResult
	jobmodel.FileOutput
	Files          types.Map      `tfsdk:"files"`
	InputWO        types.Dynamic  `tfsdk:"input_wo"`
	InputWOVersion types.Int64    `tfsdk:"input_wo_version"`
	S3Config       types.Object   `tfsdk:"s3_config"`
	Triggers       types.Map      `tfsdk:"triggers"`
	OnDestroy      types.String   `tfsdk:"on_destroy"`
	CreationFailed types.Bool     `tfsdk:"creation_failed"`
	Timeouts       timeouts.Value `tfsdk:"timeouts"`
}

// storedResult is a result whose output is in output or in sensitive_output.
type storedResult struct {
	jobmodel.Result
	OutputSensitive types.Bool    `tfsdk:"output_sensitive"`
	SensitiveOutput types.Dynamic `tfsdk:"sensitive_output"`
}

// setJob puts what the API reports into the model.
func (m *resourceModel) setJob(endpointID string, job runpod.Job, diags *diag.Diagnostics) {
	m.storedResult.setJob(endpointID, job, m.Keep, diags)
	m.Files = m.NewFiles(jobmodel.WrittenOf(job))
}

// setJob puts what the API reports into the model, and the part of the output that
// keep returns.
func (m *storedResult) setJob(endpointID string, job runpod.Job, keep func(string, runpod.Job, *jobmodel.Record, *diag.Diagnostics) types.Dynamic, diags *diag.Diagnostics) {
	m.SetJob(job)
	m.ClearOutput()
	m.SensitiveOutput = types.DynamicNull()
	if job.Status.Final() {
		m.setOutput(keep(endpointID, job, &m.Record, diags))
	}
}

// setOutput puts an output into output or sensitive_output.
func (m *storedResult) setOutput(output types.Dynamic) {
	m.Output, m.SensitiveOutput = output, types.DynamicNull()
	if m.OutputSensitive.ValueBool() {
		m.Output, m.SensitiveOutput = types.DynamicNull(), output
	}
}

// computedValues returns the attributes that the provider computes.
func (m *resourceModel) computedValues() map[string]attr.Value {
	values := m.Values()
	values["output"], values["sensitive_output"] = m.Result.Output, m.SensitiveOutput
	values["files"], values["creation_failed"] = m.Files, m.CreationFailed
	return values
}

// copyResult copies the computed attributes from another model.
func (m *resourceModel) copyResult(from *resourceModel) {
	m.Result, m.SensitiveOutput, m.Files, m.CreationFailed = from.Result, from.SensitiveOutput, from.Files, from.CreationFailed
}

// setResultUnknown sets what a resumed wait decides to unknown.
func (m *resourceModel) setResultUnknown() {
	m.SetUnknown()
	m.SensitiveOutput = types.DynamicUnknown()
	m.forgetFiles()
}

func (m *resourceModel) forgetOutput() {
	m.SetOutputUnknown()
	m.SensitiveOutput = types.DynamicUnknown()
	m.forgetFiles()
}

func (m *resourceModel) forgetFiles() {
	m.Files = jobmodel.NullFiles()
	if m.WritesFiles() {
		m.Files = types.MapUnknown(types.StringType)
	}
}
