package jobset

import (
	"context"
	"encoding/json"
	"maps"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobmodel"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

var pathInputs = path.Root("inputs")

// input is the input of one key.
type input struct {
	raw     json.RawMessage
	file    *payload.InputsFile // that has it, instead of raw
	digest  string              // equal for equal JSON
	unknown bool                // known only after apply
	wrapped bool                // it has a redundant "input" wrapper
}

// readInputs returns the inputs by key, nil if not even the keys are known, and
// reports errors at each key. It reads them as tftypes values: converting them to the
// framework's values takes longer than everything else.
func (m *resourceModel) readInputs(ctx context.Context, raw tftypes.Value, diags *diag.Diagnostics) map[string]input {
	if m.InputsFile.IsUnknown() {
		return nil
	}
	if !m.InputsFile.IsNull() {
		return m.readInputsFile(ctx, diags)
	}
	if !raw.IsKnown() {
		return nil
	}
	var values map[string]tftypes.Value
	switch raw.Type().(type) {
	case tftypes.Object, tftypes.Map:
		values = dynamicjson.Attributes(raw)
	}
	if values == nil {
		diags.Append(diagnose.InputsNotObject().ErrorAt(pathInputs))
		return nil
	}
	read := reader{request: m.sizeRequest(ctx), secret: m.secretInput(diags), diags: diags}
	inputs := make(map[string]input, len(values))
	for _, key := range slices.Sorted(maps.Keys(values)) {
		inputs[key] = read.input(key, values[key])
	}
	read.end()
	return inputs
}

// warnWrapped warns at an attribute about inputs with a redundant "input" wrapper.
func warnWrapped(inputs map[string]input, at path.Path, diags *diag.Diagnostics) {
	var keys []string
	for _, key := range slices.Sorted(maps.Keys(inputs)) {
		if inputs[key].wrapped {
			keys = append(keys, key)
		}
	}
	if len(keys) > 0 {
		diags.Append(diagnose.KeysWrapped(keys).WarningAt(at))
	}
}

// sizeRequest returns the request that each input is submitted in, as far as it is
// known.
func (m *resourceModel) sizeRequest(ctx context.Context) runpod.JobRequest {
	terms, secrets := m.SubmitArgs, jobmodel.Secrets{S3Config: m.S3Config}
	if !dynamicjson.IsFullyKnown(secrets.S3Config) {
		secrets.S3Config = types.ObjectNull(nil)
	}
	if !dynamicjson.IsFullyKnown(terms.Policy) {
		terms.Policy = types.ObjectNull(terms.Policy.AttributeTypes(ctx))
	}
	var diags diag.Diagnostics // about the policy, which its own validators report
	return terms.SecretRequest(ctx, nil, secrets, &diags)
}

// maxRefusals is how many invalid inputs are reported one by one.
const maxRefusals = 10

// reader checks inputs, and counts the errors.
type reader struct {
	request runpod.JobRequest
	secret  json.RawMessage // merged over each input
	diags   *diag.Diagnostics
	refused int
}

func (r *reader) input(key string, value tftypes.Value) input {
	if !value.IsFullyKnown() {
		return input{unknown: true}
	}
	var diags diag.Diagnostics
	at := pathInputs.AtMapKey(key)
	if key == "" {
		diags.Append(diagnose.KeyEmpty().ErrorAt(pathInputs))
	}
	raw := jobmodel.EncodeRawInput(value, at, &diags)
	if raw == nil && !diags.HasError() {
		diags.Append(diagnose.InputMissing().ErrorAt(at))
	}
	if !diags.HasError() {
		r.request.Input = raw
		if merged, err := merged(raw, r.secret); err == nil {
			r.request.Input = merged
		}
		jobmodel.CheckSize(r.request, runpod.MaxRunBody, "10 MiB", at, &diags)
	}
	if diags.HasError() {
		r.refuse(key, diags)
		return input{}
	}
	return input{raw: raw, digest: jobmodel.Digest(raw), wrapped: jobmodel.WrappedTwice(raw)}
}

// refuse reports an invalid input with its key: the path shows the key only if the
// configuration has the inputs inline.
func (r *reader) refuse(key string, diags diag.Diagnostics) {
	r.refused++
	if r.refused > maxRefusals {
		return
	}
	for _, d := range diags {
		if at, ok := d.(diag.DiagnosticWithPath); ok {
			r.diags.Append(diagnose.ForKey(key, diagnose.Message{Title: d.Summary(), Detail: d.Detail()}).ErrorAt(at.Path()))
		}
	}
}

func (r *reader) end() {
	if more := r.refused - maxRefusals; more > 0 {
		r.diags.Append(diagnose.MoreInputsRefused(more).ErrorAt(pathInputs))
	}
}
