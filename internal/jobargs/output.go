package jobargs

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
)

// DefaultMaxOutputBytes is the largest output that is stored without asking.
const DefaultMaxOutputBytes = 1 << 20

// Output says what is kept of an output.
type Output struct {
	MaxOutputBytes types.Int64 `tfsdk:"max_output_bytes"`
}

// Keep puts size and digest of an output into the result and returns the part
// of it that is to be stored: null when there is none, and when it is larger
// than the arguments allow, with a warning.
func (o *Output) Keep(endpointID string, raw json.RawMessage, r *Result, diags *diag.Diagnostics) types.Dynamic {
	r.ClearOutput()
	if raw == nil {
		return types.DynamicNull()
	}
	r.OutputBytes = types.Int64Value(int64(len(raw)))
	r.OutputSHA256 = types.StringValue(Digest(raw))
	about := diagnose.Job(endpointID, r.ID.ValueString()).Fact("Size of the output", fmt.Sprintf("%d bytes", len(raw)))
	limit := int64(DefaultMaxOutputBytes)
	if !o.MaxOutputBytes.IsNull() {
		limit = o.MaxOutputBytes.ValueInt64()
	}
	if int64(len(raw)) > limit {
		diags.AddWarning("Output too large to store",
			about.Say("The output is larger than max_output_bytes (%d), so it is not stored; its size and digest are.\n\nWhat to do: raise max_output_bytes, or let the worker store large results elsewhere and return their address.", limit).String())
		return types.DynamicNull()
	}
	value, err := dynamicjson.Decode(raw)
	if err != nil {
		diags.AddWarning("Output cannot be stored", about.Say("%s. Its size and digest are stored.", err).String())
	}
	return value
}

// Digest returns the SHA-256 of JSON as the API sent it, in hexadecimal.
func Digest(raw json.RawMessage) string {
	digest := sha256.Sum256(raw)
	return hex.EncodeToString(digest[:])
}
