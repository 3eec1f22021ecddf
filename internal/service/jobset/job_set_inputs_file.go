package jobset

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

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

var (
	pathInputsFile = path.Root("inputs_file")
	pathInputWO    = path.Root("input_wo")
)

// readInputsFile reads the keys and digests of the inputs in the file, and puts the
// digest of all of them into the model. The inputs themselves stay in the file.
func (m *resourceModel) readInputsFile(ctx context.Context, diags *diag.Diagnostics) map[string]input {
	secret := m.secretInput(diags)
	request := m.sizeRequest(ctx)
	request.Input = json.RawMessage(`{"a":1}`)
	body, err := request.Body()
	if err != nil {
		diags.Append(diagnose.InputsFileFailed(err).ErrorAt(pathInputsFile))
		return nil
	}
	around := len(body) - len(request.Input)
	wrapped := make(map[string]bool) // by digest
	file, errs := payload.ReadInputs(m.InputsFile.ValueString(), func(raw json.RawMessage) string {
		if jobmodel.WrappedTwice(raw) {
			wrapped[jobmodel.Digest(raw)] = true
		}
		size := around + len(raw)
		if secret != nil {
			if all, err := merged(raw, secret); err == nil {
				size = around + len(all)
			}
		}
		if size > runpod.MaxRunBody {
			return fmt.Sprintf("makes a request of %d bytes of JSON; the API takes at most 10 MiB", size)
		}
		return ""
	})
	for _, err := range errs {
		message := diagnose.InputsFileNotRead(err)
		if errors.As(err, new(*payload.LineError)) {
			message = diagnose.InputsFileRefused(m.InputsFile.ValueString(), err)
		}
		diags.Append(message.ErrorAt(pathInputsFile))
	}
	if len(errs) > 0 {
		return nil
	}
	m.InputsSHA256 = types.StringValue(file.SHA256())
	digests := file.Digests()
	inputs := make(map[string]input, len(digests))
	for key, digest := range digests {
		inputs[key] = input{file: file, digest: digest, wrapped: wrapped[digest]}
	}
	return inputs
}

// load returns the input of a key.
func (in input) load(key string) (json.RawMessage, error) {
	if in.file == nil {
		return in.raw, nil
	}
	return in.file.Load(key)
}

// plannedInputs reads the inputs in the apply. Those of a file must be the planned
// ones.
func (m *resourceModel) plannedInputs(ctx context.Context, attributes map[string]tftypes.Value, diags *diag.Diagnostics) map[string]input {
	planned := m.InputsSHA256
	inputs := m.readInputs(ctx, attributes["inputs"], diags)
	if !diags.HasError() && !planned.IsNull() && !planned.IsUnknown() && !planned.Equal(m.InputsSHA256) {
		diags.Append(diagnose.InputsFileChanged().ErrorAt(pathInputsFile))
	}
	return inputs
}

// secretInput returns the JSON of input_wo; nil if it is not set or not known yet.
func (m *resourceModel) secretInput(diags *diag.Diagnostics) json.RawMessage {
	if !dynamicjson.IsFullyKnown(m.InputWO) {
		return nil
	}
	return jobmodel.EncodeInput(m.InputWO, pathInputWO, diags)
}

// merged returns an input with the write-only input, which may be nil, merged over it.
func merged(raw, secret json.RawMessage) (json.RawMessage, error) {
	if secret == nil {
		return raw, nil
	}
	return dynamicjson.Merge(raw, secret)
}
