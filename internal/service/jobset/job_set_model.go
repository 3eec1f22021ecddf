package jobset

import (
	"context"
	"maps"
	"math"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

const defaultInFlight = 50

// resourceModel is the set in configuration, plan and state.
type resourceModel struct {
	jobmodel.SubmitArgs
	jobmodel.WaitArgs
	jobmodel.EndArgs
	jobmodel.FileOutput
	totals
	ID               types.String   `tfsdk:"id"`
	Inputs           types.Dynamic  `tfsdk:"inputs"` // null, see readConfig
	InputsFile       types.String   `tfsdk:"inputs_file"`
	InputsSHA256     types.String   `tfsdk:"inputs_sha256"`
	InputWO          types.Dynamic  `tfsdk:"input_wo"`
	InputWOVersion   types.Int64    `tfsdk:"input_wo_version"`
	S3Config         types.Object   `tfsdk:"s3_config"`
	MaxInFlight      types.Int64    `tfsdk:"max_in_flight"`
	MaxFailures      types.Int64    `tfsdk:"max_failures"`
	MinSuccessRatio  types.Float64  `tfsdk:"min_success_ratio"`
	Triggers         types.Map      `tfsdk:"triggers"`
	OnDestroy        types.String   `tfsdk:"on_destroy"`
	OutputSensitive  types.Bool     `tfsdk:"output_sensitive"`
	Jobs             types.Map      `tfsdk:"jobs"`
	Outputs          types.Dynamic  `tfsdk:"outputs"`
	SensitiveOutputs types.Dynamic  `tfsdk:"sensitive_outputs"`
	CreationFailed   types.Bool     `tfsdk:"creation_failed"`
	Timeouts         timeouts.Value `tfsdk:"timeouts"`
}

// readConfig reads a configuration without its inputs. readInputs reads them from the
// tftypes value, because converting a thousand of them to the framework's values takes
// longer than everything else.
func (m *resourceModel) readConfig(ctx context.Context, config tfsdk.Config) diag.Diagnostics {
	config.Raw = withoutInputs(config.Raw)
	return config.Get(ctx, m)
}

// readPlan reads a plan without its inputs.
func (m *resourceModel) readPlan(ctx context.Context, plan tfsdk.Plan) diag.Diagnostics {
	plan.Raw = withoutInputs(plan.Raw)
	return plan.Get(ctx, m)
}

// readState reads a state without its inputs.
func (m *resourceModel) readState(ctx context.Context, state tfsdk.State) diag.Diagnostics {
	state.Raw = withoutInputs(state.Raw)
	return state.Get(ctx, m)
}

func withoutInputs(raw tftypes.Value) tftypes.Value {
	members := maps.Clone(dynamicjson.Attributes(raw))
	if members == nil {
		return raw
	}
	members["inputs"] = tftypes.NewValue(tftypes.DynamicPseudoType, nil)
	return tftypes.NewValue(raw.Type(), members)
}

// totals are the attributes about all jobs of the set.
type totals struct {
	Succeeded       types.Int64 `tfsdk:"succeeded"`
	Failed          types.Int64 `tfsdk:"failed"`
	Expired         types.Int64 `tfsdk:"expired"`
	ExecutionTimeMS types.Int64 `tfsdk:"execution_time_ms"`
	DelayTimeMS     types.Int64 `tfsdk:"delay_time_ms"`
}

func unknownTotals() totals {
	n := types.Int64Unknown()
	return totals{n, n, n, n, n}
}

// jobEntry is what the state has of one key.
type jobEntry struct {
	jobmodel.Record
	InputSHA256 types.String `tfsdk:"input_sha256"`
	Files       types.Map    `tfsdk:"files"`
}

// jobEntryType is the type of an entry: a record, and what the set adds.
var jobEntryType = func() types.ObjectType {
	attributes := maps.Clone(jobmodel.RecordTypes)
	attributes["input_sha256"], attributes["files"] = types.StringType, types.MapType{ElemType: types.StringType}
	return types.ObjectType{AttrTypes: attributes}
}()

func (e *jobEntry) object() types.Object {
	values := e.Values()
	values["input_sha256"], values["files"] = e.InputSHA256, e.Files
	return types.ObjectValueMust(jobEntryType.AttrTypes, values)
}

//nolint:forcetypeassert // the schema says so
func jobEntryOf(object types.Object) jobEntry {
	values := object.Attributes()
	return jobEntry{Record: jobmodel.RecordOf(values), InputSHA256: values["input_sha256"].(types.String), Files: values["files"].(types.Map)}
}

// typeOutcomeUnknown is the type of the error of a submission that may have made a job
// whose id is not known.
const typeOutcomeUnknown = "OutcomeUnknown"

// cancelledByProvider is the error of a job that the provider cancelled. Stored entries
// are recognized by the whole of it, so it must not change. No worker can return the
// same: if an error of a worker has a type, its raw text is an object.
var cancelledByProvider = ownError("Cancelled", "the provider cancelled the job before its end")

// ownError returns an error of the provider's own for an entry; kind may be "".
func ownError(kind, text string) types.Object {
	return jobmodel.ErrorValue(&runpod.JobError{Type: kind, Message: text, Raw: text})
}

// lastRead returns the job as it was last read.
func (e *jobEntry) lastRead() runpod.Job {
	return runpod.Job{ID: e.ID.ValueString(), Status: runpod.Status(e.Status.ValueString())}
}

// outcomeUnknown reports whether a job may exist for the key whose id is not known.
func (e *jobEntry) outcomeUnknown() bool { return !e.hasJob() && e.errorType() == typeOutcomeUnknown }

func (e *jobEntry) errorType() string {
	kind, _ := e.Error.Attributes()["type"].(types.String)
	return kind.ValueString()
}

// cancelledByProvider reports whether the provider cancelled the job, so that it has
// not failed.
func (e *jobEntry) cancelledByProvider() bool {
	return e.cancelled() && e.Error.Equal(cancelledByProvider)
}

func (e *jobEntry) cancelled() bool {
	return runpod.Status(e.Status.ValueString()) == runpod.StatusCancelled
}

// hasJob reports whether the job of the key is known.
func (e *jobEntry) hasJob() bool { return !e.ID.IsNull() }

// unfinished reports whether there is a job that may still run.
func (e *jobEntry) unfinished() bool { return e.hasJob() && !e.Final() && !e.Expired.ValueBool() }

// hasOutput reports whether the job returned an output.
func (e *jobEntry) hasOutput() bool { return !e.OutputBytes.IsNull() }

// jobsState holds the jobs and outputs of a set during an operation, by key.
type jobsState struct {
	entries map[string]jobEntry
	outputs map[string]attr.Value // of the keys that have one
}

func newJobsState() *jobsState {
	return &jobsState{entries: make(map[string]jobEntry), outputs: make(map[string]attr.Value)}
}

// jobsState returns the jobs and outputs of a stored set.
func (m *resourceModel) jobsState() *jobsState {
	c := newJobsState()
	for key, value := range m.Jobs.Elements() {
		if !value.IsNull() { // possible in a state that was edited by hand
			c.entries[key] = jobEntryOf(value.(types.Object)) //nolint:forcetypeassert // the schema says so
		}
	}
	if object, ok := dynamicOr(m.Outputs, m.SensitiveOutputs).UnderlyingValue().(types.Object); ok {
		for key, output := range object.Attributes() {
			if !output.IsNull() {
				c.outputs[key] = output
			}
		}
	}
	return c
}

// dynamicOr returns the first of two values that is not null.
func dynamicOr(v, fallback types.Dynamic) types.Dynamic {
	if v.IsNull() {
		return fallback
	}
	return v
}

// store puts the jobs' state into the model. The results of open keys are unknown, and
// with any open key so is everything that is computed from all keys.
func (m *resourceModel) store(ctx context.Context, c *jobsState, open map[string]bool) {
	jobs := make(map[string]attr.Value, len(c.entries)+len(open))
	for key, e := range c.entries {
		jobs[key] = e.object()
	}
	for key := range open {
		jobs[key] = types.ObjectUnknown(jobEntryType.AttrTypes)
	}
	m.Jobs = types.MapValueMust(jobEntryType, jobs)
	if len(open) > 0 {
		m.totals = unknownTotals()
		m.setOutputs(types.DynamicUnknown())
		return
	}
	m.totals = c.totals()
	if m.WritesFiles() && m.OutputSelect.IsNull() {
		m.setOutputs(types.DynamicNull())
		return
	}
	outputs := make(map[string]attr.Value, len(c.entries))
	kinds := make(map[string]attr.Type, len(c.entries))
	for key := range c.entries {
		outputs[key], kinds[key] = types.DynamicNull(), types.DynamicType
		if output, ok := c.outputs[key]; ok {
			outputs[key], kinds[key] = output, output.Type(ctx)
		}
	}
	m.setOutputs(types.DynamicValue(types.ObjectValueMust(kinds, outputs)))
}

// setOutputs puts the outputs into outputs or sensitive_outputs.
func (m *resourceModel) setOutputs(outputs types.Dynamic) {
	switch {
	case m.OutputSensitive.IsUnknown():
		m.Outputs, m.SensitiveOutputs = types.DynamicUnknown(), types.DynamicUnknown()
	case m.OutputSensitive.ValueBool():
		m.Outputs, m.SensitiveOutputs = types.DynamicNull(), outputs
	default:
		m.Outputs, m.SensitiveOutputs = outputs, types.DynamicNull()
	}
}

// setUnknown sets everything that the jobs decide to unknown.
func (m *resourceModel) setUnknown() {
	m.Jobs = types.MapUnknown(jobEntryType)
	m.totals = unknownTotals()
	m.setOutputs(types.DynamicUnknown())
}

// totals returns the totals of all known jobs.
func (c *jobsState) totals() totals {
	var succeeded, failed, expired int64
	execution, delay := types.Int64Value(0), types.Int64Value(0)
	for _, e := range c.entries {
		execution, delay = sum(execution, e.ExecutionTimeMS), sum(delay, e.DelayTimeMS)
		switch {
		case e.Completed():
			succeeded++
		case e.Unsuccessful():
			failed++
		case e.Lost():
			expired++
		}
	}
	return totals{types.Int64Value(succeeded), types.Int64Value(failed), types.Int64Value(expired), execution, delay}
}

// sum adds a time to others. A sum that overflows is null, and stays so.
func sum(all, one types.Int64) types.Int64 {
	n := all.ValueInt64() + one.ValueInt64()
	if all.IsNull() || n < 0 { // neither of the two is negative
		return types.Int64Null()
	}
	return types.Int64Value(n)
}

// keys returns the keys whose entries match, sorted.
func (c *jobsState) keys(such func(*jobEntry) bool) []string {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(c.entries)) {
		if e := c.entries[key]; such(&e) {
			keys = append(keys, key)
		}
	}
	return keys
}

// setJob puts what the API reports about a key's job into the jobs' state.
func (m *resourceModel) setJob(c *jobsState, key string, e jobEntry, job runpod.Job, reports *warnings) {
	cancelling := e.Error.Equal(cancelledByProvider) // the job may not show it yet
	e.SetJob(job)
	if cancelling && (e.Live() || e.cancelled()) {
		e.Error = cancelledByProvider
	}
	e.ClearOutput()
	e.Files = m.NewFiles(jobmodel.WrittenOf(job))
	delete(c.outputs, key)
	if job.Status.Final() {
		var diags diag.Diagnostics
		m.setOutput(c, key, m.Keep(m.EndpointID.ValueString(), job, &e.Record, &diags))
		reports.take(key, job.ID, diags)
	}
	c.entries[key] = e
}

func (m *resourceModel) setOutput(c *jobsState, key string, output types.Dynamic) {
	delete(c.outputs, key)
	if !output.IsNull() {
		c.outputs[key] = output.UnderlyingValue()
	}
}

// tolerated returns how many of total jobs may fail.
func (m *resourceModel) tolerated(total int) int {
	ratio := m.MinSuccessRatio.ValueFloat64()
	const rounding = 1e-9 // 0.9 × 10 must be 9
	return total - int(math.Ceil(ratio*float64(total)-rounding))
}
