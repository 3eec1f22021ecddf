package job

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// known tells that everything that the request is made of is known.
func (m *resourceModel) known() bool {
	for _, v := range []attr.Value{m.Input, m.InputWO, m.Policy, m.S3Config, m.Webhook, m.Mode} {
		if !dynamicjson.Known(v) {
			return false
		}
	}
	return true
}

// request builds the body of a submission from a configuration (write-only
// values included), and reports what is wrong with it at the attribute.
func (m *resourceModel) request(ctx context.Context, diags *diag.Diagnostics) runpod.JobRequest {
	r := runpod.JobRequest{Input: m.mergedInput(diags), Webhook: m.Webhook.ValueString()}
	if diags.HasError() {
		return r
	}
	if !m.Policy.IsNull() {
		var p policyModel
		diags.Append(m.Policy.As(ctx, &p, basetypes.ObjectAsOptions{})...)
		r.Policy = &runpod.Policy{
			ExecutionTimeout: duration(p.ExecutionTimeout, 0, diags).Milliseconds(),
			TTL:              duration(p.TTL, 0, diags).Milliseconds(),
			LowPriority:      p.LowPriority.ValueBoolPointer(),
		}
	}
	if !m.S3Config.IsNull() {
		var s s3ConfigModel
		diags.Append(m.S3Config.As(ctx, &s, basetypes.ObjectAsOptions{})...)
		r.S3Config = &runpod.S3Config{
			AccessID: s.AccessID.ValueString(), AccessSecret: s.AccessSecret.ValueString(), BucketName: s.BucketName.ValueString(),
			EndpointURL: s.EndpointURL.ValueString(), ObjectPath: s.ObjectPath.ValueString(),
		}
	}
	m.checkSize(r, diags)
	return r
}

// mergedInput returns input with input_wo laid over it.
func (m *resourceModel) mergedInput(diags *diag.Diagnostics) json.RawMessage {
	input := encodeObject(m.Input, pathInput, diags)
	secret := encodeObject(m.InputWO, path.Root("input_wo"), diags)
	if diags.HasError() || secret == nil {
		return input
	}
	merged, err := dynamicjson.Merge(input, secret)
	if err != nil {
		diags.AddAttributeError(path.Root("input_wo"), "Invalid input", err.Error())
	}
	return merged
}

// encodeObject returns the JSON of an input, nil when it is not set.
func encodeObject(v types.Dynamic, at path.Path, diags *diag.Diagnostics) json.RawMessage {
	if v.IsNull() || v.IsUnderlyingValueNull() {
		return nil
	}
	raw, err := dynamicjson.Encode(v)
	var unknown *dynamicjson.UnknownError
	switch {
	case errors.As(err, &unknown):
		diags.AddAttributeError(at, "Input not known", unknown.Error()+".")
	case err != nil:
		diags.AddAttributeError(at, "Invalid input", err.Error()+".")
	case !bytes.HasPrefix(raw, []byte("{")):
		diags.AddAttributeError(at, "Invalid input", fmt.Sprintf("The input must be an object, such as { prompt = \"hello\" }; got %s. The API refuses everything else.", kindOf(raw)))
	case string(raw) == "{}":
		diags.AddAttributeError(at, "Empty input", "The input is an empty object. The API accepts it, but no worker ever gets such a job: it fails after minutes.\n\nWhat to do: set at least one member; a worker that needs none ignores it.")
	}
	return raw
}

func kindOf(raw json.RawMessage) string {
	switch raw[0] {
	case '[':
		return "a list"
	case '"':
		return "a string (write the object itself, without jsonencode)"
	case 't', 'f':
		return "a bool"
	default:
		return "a number"
	}
}

// checkSize refuses a body that the API would refuse, with a 400 or, at
// random, a 502 that leaves the outcome unknown.
func (m *resourceModel) checkSize(r runpod.JobRequest, diags *diag.Diagnostics) {
	limit, limitText := runpod.MaxRunBody, "10 MiB"
	if m.Mode.ValueString() == modeSync {
		limit, limitText = runpod.MaxRunSyncBody, "20 MB"
	}
	body, err := r.Body()
	if err != nil {
		diags.AddAttributeError(pathInput, "Invalid input", err.Error())
		return
	}
	if len(body) > limit {
		diags.AddAttributeError(pathInput, "Input too large",
			fmt.Sprintf("The request has %d bytes of JSON; the API takes at most %s in mode %s.\n\nWhat to do: put the data where the worker can fetch it, and pass its address.", len(body), limitText, m.modeOrDefault()))
	}
}

func (m *resourceModel) modeOrDefault() string {
	if m.Mode.ValueString() == modeSync {
		return modeSync
	}
	return modeAsync
}
