package jobmodel

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jmespath"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// DefaultMaxOutputBytes is the default of max_output_bytes.
const DefaultMaxOutputBytes = 1 << 20

// Output holds the arguments that decide which part of an output is stored.
type Output struct {
	OutputSelect   types.Map   `tfsdk:"output_select"`
	MaxOutputBytes types.Int64 `tfsdk:"max_output_bytes"`
}

// KeepsSame reports whether two sets of arguments are known to store the same of any
// output.
func (o *Output) KeepsSame(other *Output) bool {
	return !o.MaxOutputBytes.IsUnknown() && dynamicjson.IsFullyKnown(o.OutputSelect) && o.OutputSelect.Equal(other.OutputSelect) && o.limit() == other.limit()
}

func (o *Output) limit() int64 {
	if o.MaxOutputBytes.IsNull() {
		return DefaultMaxOutputBytes
	}
	return o.MaxOutputBytes.ValueInt64()
}

// Reading returns a context with which an output that is not to be stored is dropped
// as soon as its size and digest are known.
func (o *Output) Reading(ctx context.Context) context.Context {
	if !o.OutputSelect.IsNull() {
		return ctx // parts of it are
	}
	return runpod.WithMaxOutput(ctx, o.limit())
}

// Keep puts the size and digest of a job's output into the record and returns what is
// to be stored of it, as [Output.part] does. That is null, with a warning, if the
// output is not JSON.
func (o *Output) Keep(endpointID string, job runpod.Job, r *Record, diags *diag.Diagnostics) types.Dynamic {
	r.ClearOutput()
	switch {
	case job.Dropped != nil:
		r.OutputBytes = types.Int64Value(job.Dropped.Bytes)
		r.OutputSHA256 = types.StringValue(job.Dropped.SHA256)
		o.tooLarge(diagnose.Output{Job: diagnose.Job{Endpoint: endpointID, ID: r.ID.ValueString()}, Bytes: job.Dropped.Bytes}, diags)
	case job.Output != nil:
		r.OutputBytes = types.Int64Value(int64(len(job.Output)))
		r.OutputSHA256 = types.StringValue(Digest(job.Output))
		return o.part(endpointID, r.ID.ValueString(), job.Output, diags)
	case job.OutputDefect != "":
		diags.Append(diagnose.Job{Endpoint: endpointID, ID: r.ID.ValueString()}.OutputNotJSON(job.OutputDefect).Warning())
	}
	return types.DynamicNull()
}

func (o *Output) tooLarge(about diagnose.Output, diags *diag.Diagnostics) {
	diags.Append(about.TooLarge(o.limit()).Warning())
}

// part returns what is to be stored of an output: the parts that output_select takes,
// else all of it. It is null, with a warning, if that is larger than max_output_bytes.
func (o *Output) part(endpointID, jobID string, raw json.RawMessage, diags *diag.Diagnostics) types.Dynamic {
	about := diagnose.Output{Job: diagnose.Job{Endpoint: endpointID, ID: jobID}, Bytes: int64(len(raw))}
	if !o.OutputSelect.IsNull() {
		raw = o.selected(endpointID, jobID, raw, diags)
		about.Selected = len(raw)
	}
	if int64(len(raw)) > o.limit() {
		o.tooLarge(about, diags)
		return types.DynamicNull()
	}
	return decodeOutput(raw, about, diags)
}

func decodeOutput(raw json.RawMessage, about diagnose.Output, diags *diag.Diagnostics) types.Dynamic {
	value, err := dynamicjson.Decode(raw)
	if err != nil {
		diags.Append(about.NotStored(err).Warning())
	}
	return value
}

// reapplyOutputArgs returns what is to be stored of an output after the output
// arguments have changed: from the job, if err is nil and the API still has the
// output, else from what is stored, as far as that is complete.
func (o *Output) reapplyOutputArgs(endpointID string, job runpod.Job, err error, stored types.Dynamic, before *Output, diags *diag.Diagnostics) types.Dynamic {
	switch {
	case err == nil && job.Dropped != nil:
		o.tooLarge(diagnose.Output{Job: diagnose.Job{Endpoint: endpointID, ID: job.ID}, Bytes: job.Dropped.Bytes}, diags)
		return types.DynamicNull()
	case err == nil && job.Output != nil:
		return o.part(endpointID, job.ID, job.Output, diags)
	}
	whole, encodeErr := dynamicjson.Encode(stored)
	if !stored.IsNull() && encodeErr == nil && before.OutputSelect.IsNull() {
		return o.part(endpointID, job.ID, whole, diags)
	}
	if err != nil && !runpod.IsJobNotFound(err) {
		diags.Append(diagnose.Job{Endpoint: endpointID, ID: job.ID}.OutputNotRead(err).Error())
		return stored
	}
	if stored.IsNull() || !o.OutputSelect.Equal(before.OutputSelect) {
		diags.Append(diagnose.Job{Endpoint: endpointID, ID: job.ID}.OutputGone().Warning())
	}
	return stored
}

// selected returns an object of the parts that the expressions select. A part whose
// expression does not fit the output is null, with a warning: the job is done and paid
// for.
func (o *Output) selected(endpointID, jobID string, raw json.RawMessage, diags *diag.Diagnostics) json.RawMessage {
	parts := make(map[string]json.RawMessage)
	expressions := o.OutputSelect.Elements()
	for _, name := range slices.Sorted(maps.Keys(expressions)) {
		expression, _ := expressions[name].(types.String)
		part, err := take(expression.ValueString(), raw)
		if err != nil {
			diags.Append(diagnose.Job{Endpoint: endpointID, ID: jobID}.PartNotSelected(name, err).Warning())
			part = json.RawMessage("null")
		}
		parts[name] = part
	}
	object, err := json.Marshal(parts)
	if err != nil { // every part is JSON
		diags.Append(diagnose.Job{Endpoint: endpointID, ID: jobID}.PartsNotStored(err).Error())
	}
	return object
}

func take(expression string, raw json.RawMessage) (json.RawMessage, error) {
	compiled, err := jmespath.Compile(expression)
	if err != nil {
		return nil, err
	}
	return compiled.Select(raw)
}

// Digest returns the SHA-256 of JSON text in hexadecimal.
func Digest(raw json.RawMessage) string {
	digest := sha256.Sum256(raw)
	return hex.EncodeToString(digest[:])
}
