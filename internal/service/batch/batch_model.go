package batch

import (
	"encoding/json"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/batchrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// The phases of a batch as the resource sees it. The API's own status does not tell a
// running batch from one that is done.
const (
	phaseDraft     = "draft"     // requests are being added; nothing runs
	phaseRunning   = "running"   // finalized
	phaseEnded     = "ended"     // every request has ended; the results have not been read
	phaseDone      = "done"      // and the results have been read
	phaseCancelled = "cancelled" // the batch was cancelled; existing results have been read
	phaseFailed    = "failed"    // the API gave the batch up; existing results have been read
	phaseExpired   = "expired"   // the API no longer knew the batch
)

var (
	pathRequests     = path.Root("requests")
	pathRequestsFile = path.Root("requests_file")
)

// resourceModel is the resource in configuration, plan and state.
type resourceModel struct {
	result
	jobmodel.RerunArgs
	EndpointID     types.String   `tfsdk:"endpoint_id"`
	Requests       types.Dynamic  `tfsdk:"requests"`
	RequestsFile   types.String   `tfsdk:"requests_file"`
	RequestsSHA256 types.String   `tfsdk:"requests_sha256"`
	Triggers       types.Map      `tfsdk:"triggers"`
	ResultsFile    types.String   `tfsdk:"results_file"`
	MaxOutputBytes types.Int64    `tfsdk:"max_output_bytes"`
	OnTimeout      types.String   `tfsdk:"on_timeout"`
	OnInterrupt    types.String   `tfsdk:"on_interrupt"`
	OnDestroy      types.String   `tfsdk:"on_destroy"`
	CreationFailed types.Bool     `tfsdk:"creation_failed"`
	Timeouts       timeouts.Value `tfsdk:"timeouts"`
}

// result is the result of a batch.
type result struct {
	ID             types.String      `tfsdk:"id"`
	Status         types.String      `tfsdk:"status"`
	Phase          types.String      `tfsdk:"phase"`
	Total          types.Int64       `tfsdk:"total"`
	InProgress     types.Int64       `tfsdk:"in_progress"`
	Completed      types.Int64       `tfsdk:"completed"`
	Failed         types.Int64       `tfsdk:"failed"`
	CreatedAt      timetypes.RFC3339 `tfsdk:"created_at"`
	Results        types.Dynamic     `tfsdk:"results"`
	ResultsBytes   types.Int64       `tfsdk:"results_bytes"`
	ResultsSHA256  types.String      `tfsdk:"results_sha256"`
	ResultsInOrder types.Bool        `tfsdk:"results_in_order"`
}

// settled reports whether the stored result of the batch does not change any more.
func (r *result) settled() bool {
	switch r.Phase.ValueString() {
	case phaseDone, phaseCancelled, phaseFailed, phaseExpired:
		return true
	}
	return false
}

// unsuccessful reports whether not every request of a settled batch completed.
func (r *result) unsuccessful() bool {
	switch r.Phase.ValueString() {
	case phaseCancelled, phaseFailed:
		return true
	case phaseDone:
		return r.Completed.ValueInt64() < r.Total.ValueInt64()
	}
	return false
}

// lost reports whether the API forgot the batch before its results were read.
func (r *result) lost() bool { return r.Phase.ValueString() == phaseExpired }

// setBatch puts what the API reports into the model. A known total is kept: it is what
// was sent.
func (r *result) setBatch(b runpod.Batch) {
	r.ID = types.StringValue(b.ID)
	r.Status = types.StringValue(string(b.Status))
	switch {
	case b.Status == runpod.BatchDraft:
		r.Phase = types.StringValue(phaseDraft)
	case b.Status.Final() && r.Phase.ValueString() == phaseDraft: // it never ran
		r.Phase = types.StringValue(phaseOf(b.Status))
	case b.Status.Final(), b.Done():
		r.Phase = types.StringValue(phaseEnded)
	default:
		r.Phase = types.StringValue(phaseRunning)
	}
	if r.Total.IsNull() || r.Total.IsUnknown() {
		r.Total = types.Int64PointerValue(b.Total)
	}
	r.InProgress = countValue(b.InProgress)
	r.Completed = countValue(b.Completed)
	r.Failed = countValue(b.Failed)
	if !b.CreatedAt.IsZero() {
		r.CreatedAt = timetypes.NewRFC3339TimeValue(b.CreatedAt.UTC())
	}
	if r.CreatedAt.IsUnknown() {
		r.CreatedAt = timetypes.NewRFC3339Null()
	}
}

// phaseOf returns the phase of a batch in which nothing runs any more.
func phaseOf(s runpod.BatchStatus) string {
	switch s {
	case runpod.BatchCancelled:
		return phaseCancelled
	case runpod.BatchFailed:
		return phaseFailed
	default:
		return phaseDone
	}
}

func countValue(n *int64) types.Int64 {
	if n == nil {
		return types.Int64Value(0)
	}
	return types.Int64Value(*n)
}

// clearResults makes the results null.
func (r *result) clearResults() {
	r.Results = types.DynamicNull()
	r.ResultsBytes, r.ResultsSHA256, r.ResultsInOrder = types.Int64Null(), types.StringNull(), types.BoolNull()
}

// setUnknown sets what a resumed run decides to unknown.
func (r *result) setUnknown() {
	r.Status, r.Phase = types.StringUnknown(), types.StringUnknown()
	r.InProgress, r.Completed, r.Failed = types.Int64Unknown(), types.Int64Unknown(), types.Int64Unknown()
	r.Results = types.DynamicUnknown()
	r.ResultsBytes, r.ResultsSHA256, r.ResultsInOrder = types.Int64Unknown(), types.StringUnknown(), types.BoolUnknown()
}

// requestsKnown reports whether the requests are fully known.
func (m *resourceModel) requestsKnown() bool {
	return dynamicjson.IsFullyKnown(m.Requests) && !m.RequestsFile.IsUnknown()
}

// work reads the requests, and reports errors at their attributes. With warn it also
// reports requests with a redundant "input" wrapper, which is for one call of each plan.
func (m *resourceModel) work(diags *diag.Diagnostics, warn bool) batchrun.Work {
	at := pathRequests
	var inputs batchrun.Inputs
	if m.RequestsFile.IsNull() {
		inputs = batchrun.Slice(encodeRequests(m.Requests, diags))
	} else {
		at = pathRequestsFile
		inputs = payload.Objects(m.RequestsFile.ValueString(), batchrun.MaxInput)
	}
	if diags.HasError() {
		return batchrun.Work{}
	}
	var wrapped []int
	surveyed := inputs
	if warn {
		surveyed = watchWrapped(inputs, &wrapped)
	}
	w, err := batchrun.Survey(surveyed)
	w.Inputs = inputs
	if len(wrapped) > 0 && err == nil {
		diags.Append(diagnose.RequestsWrapped(wrapped).WarningAt(at))
	}
	var line *payload.LineError
	switch {
	case errors.As(err, &line):
		diags.Append(diagnose.RequestsFileRefused(m.RequestsFile.ValueString(), line).ErrorAt(at))
	case errors.As(err, new(batchrun.TooManyError)):
		diags.Append(diagnose.TooManyRequests(err).ErrorAt(at))
	case err != nil:
		diags.Append(diagnose.RequestsFileNotRead(err).ErrorAt(at))
	case w.Count == 0:
		diags.Append(diagnose.NoRequests().ErrorAt(at))
	}
	return w
}

// watchWrapped notes the indexes of inputs with a redundant "input" wrapper.
func watchWrapped(inputs batchrun.Inputs, wrapped *[]int) batchrun.Inputs {
	return func(yield func([]byte, error) bool) {
		index := 0
		for input, err := range inputs {
			if err == nil && jobmodel.WrappedTwice(input) {
				*wrapped = append(*wrapped, index)
			}
			index++
			if !yield(input, err) {
				return
			}
		}
	}
}

// encodeRequests returns the JSON of each request.
func encodeRequests(v types.Dynamic, diags *diag.Diagnostics) []json.RawMessage {
	var elements []attr.Value
	switch list := v.UnderlyingValue().(type) {
	case types.Tuple:
		elements = list.Elements()
	case types.List:
		elements = list.Elements()
	default:
		diags.Append(diagnose.RequestsNotList().ErrorAt(pathRequests))
		return nil
	}
	if len(elements) > runpod.MaxBatchRequests {
		diags.Append(diagnose.TooManyRequests(batchrun.TooManyError{}).ErrorAt(pathRequests))
		return nil
	}
	inputs := make([]json.RawMessage, len(elements))
	for i, element := range elements {
		at := pathRequests.AtListIndex(i)
		inputs[i] = jobmodel.EncodeInput(element, at, diags)
		switch {
		case inputs[i] == nil && !diags.HasError():
			diags.Append(diagnose.RequestNull().ErrorAt(at))
		case len(inputs[i]) > batchrun.MaxInput:
			diags.Append(diagnose.BatchRequestTooLarge(len(inputs[i])).ErrorAt(at))
		}
		if diags.HasError() {
			return nil // of many equal errors, one is enough
		}
	}
	return inputs
}
