package jobmodel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jobrun"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

// The values of mode.
const (
	ModeAsync = "async" // POST /run
	ModeSync  = "sync"  // POST /runsync
)

// defaultSyncWait is how long POST /runsync may hold the request.
const defaultSyncWait = 90 * time.Second

// SubmitArgs are the arguments of a submission besides the input.
type SubmitArgs struct {
	EndpointID types.String `tfsdk:"endpoint_id"`
	Policy     types.Object `tfsdk:"policy"`
	Webhook    types.String `tfsdk:"webhook"`
}

// Forcing returns the values of the arguments, all of which force a new job, and those
// of more arguments that do.
func (a *SubmitArgs) Forcing(more ...attr.Value) Forcing {
	return append(Forcing{a.EndpointID, a.Policy, a.Webhook}, more...)
}

// Submission is the request for one job.
type Submission struct {
	SubmitArgs
	Input    types.Dynamic            `tfsdk:"input"`
	Mode     types.String             `tfsdk:"mode"`
	SyncWait validators.DurationValue `tfsdk:"sync_wait"`
}

// Secrets are the parts of a submission that must not be stored. Both may be null.
type Secrets struct {
	Input    types.Dynamic // merged over the input
	S3Config types.Object
}

type policyModel struct {
	ExecutionTimeout validators.DurationValue `tfsdk:"execution_timeout"`
	TTL              validators.DurationValue `tfsdk:"ttl"`
	LowPriority      types.Bool               `tfsdk:"low_priority"`
}

type s3ConfigModel struct {
	AccessID     types.String `tfsdk:"access_id"`
	AccessSecret types.String `tfsdk:"access_secret"`
	BucketName   types.String `tfsdk:"bucket_name"`
	EndpointURL  types.String `tfsdk:"endpoint_url"`
	ObjectPath   types.String `tfsdk:"object_path"`
}

var (
	pathInput   = path.Root("input")
	pathInputWO = path.Root("input_wo")
)

// Validate reports errors in a configuration at their attributes, as far as values are
// known.
func (s *Submission) Validate(ctx context.Context, secrets Secrets, diags *diag.Diagnostics) {
	if !s.SyncWait.IsNull() && !s.Mode.IsUnknown() && s.Mode.ValueString() != ModeSync {
		diags.Append(diagnose.SyncWaitUnused().WarningAt(path.Root("sync_wait")))
	}
	s.ValidatePolicy(ctx, diags)
	hasInput := !dynamicjson.IsNull(s.Input) || !dynamicjson.IsNull(secrets.Input)
	if _, ok := s.policy(ctx); ok && hasInput && s.known(secrets) {
		if r := s.Request(ctx, secrets, diags); WrappedTwice(r.Input) {
			diags.Append(diagnose.InputWrapped().WarningAt(pathInput))
		}
	}
}

// ValidatePolicy warns of a policy that deletes the job while it runs.
func (a *SubmitArgs) ValidatePolicy(ctx context.Context, diags *diag.Diagnostics) {
	if a.Policy.IsNull() || a.Policy.IsUnknown() {
		return
	}
	p, ok := a.policy(ctx)
	if !ok {
		return
	}
	execution, ttl := Duration(p.ExecutionTimeout, 0, diags), Duration(p.TTL, 0, diags)
	if execution > 0 && ttl > 0 && ttl < execution {
		diags.Append(diagnose.TTLTooShort(ttl, execution).WarningAt(path.Root("policy").AtName("ttl")))
	}
}

// policy returns the policy, and false if a value is not a duration, which the
// attribute's own validator reports.
func (a *SubmitArgs) policy(ctx context.Context) (policyModel, bool) {
	var p policyModel
	if a.Policy.IsNull() || a.Policy.IsUnknown() {
		return p, true
	}
	diags := a.Policy.As(ctx, &p, basetypes.ObjectAsOptions{})
	Duration(p.ExecutionTimeout, 0, &diags)
	Duration(p.TTL, 0, &diags)
	return p, !diags.HasError()
}

// known reports whether every value of the request is known.
func (s *Submission) known(secrets Secrets) bool {
	for _, v := range []attr.Value{s.Input, secrets.Input, s.Policy, secrets.S3Config, s.Webhook, s.Mode} {
		if !dynamicjson.IsFullyKnown(v) {
			return false
		}
	}
	return true
}

// Request returns the request of POST /run or /runsync, and reports errors at their
// attributes.
func (s *Submission) Request(ctx context.Context, secrets Secrets, diags *diag.Diagnostics) runpod.JobRequest {
	input := s.mergedInput(secrets.Input, diags)
	if diags.HasError() {
		return runpod.JobRequest{}
	}
	r := s.SecretRequest(ctx, input, secrets, diags)
	limit, limitText := runpod.MaxRunBody, "10 MiB in mode async"
	if s.Mode.ValueString() == ModeSync {
		limit, limitText = runpod.MaxRunSyncBody, "20 MB in mode sync"
	}
	CheckSize(r, limit, limitText, pathInput, diags)
	return r
}

// SecretRequest is [SubmitArgs.Request] with the S3 configuration and the values that
// must not appear in an error. input is already merged with the write-only input.
func (a *SubmitArgs) SecretRequest(ctx context.Context, input json.RawMessage, secrets Secrets, diags *diag.Diagnostics) runpod.JobRequest {
	r := a.Request(ctx, input, diags)
	r.Secrets = textsOf(secrets.Input)
	if !secrets.S3Config.IsNull() {
		var c s3ConfigModel
		diags.Append(secrets.S3Config.As(ctx, &c, basetypes.ObjectAsOptions{})...)
		r.S3Config = &runpod.S3Config{
			AccessID: c.AccessID.ValueString(), AccessSecret: c.AccessSecret.ValueString(), BucketName: c.BucketName.ValueString(),
			EndpointURL: c.EndpointURL.ValueString(), ObjectPath: c.ObjectPath.ValueString(),
		}
	}
	return r
}

// textsOf returns the strings in a secret input at any depth, except for member names.
func textsOf(v types.Dynamic) []string {
	raw, err := dynamicjson.Encode(v)
	var decoded any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber() // one may be too large for a float64
	if err != nil || decoder.Decode(&decoded) != nil {
		return nil
	}
	var texts []string
	collectTexts(decoded, &texts)
	return texts
}

func collectTexts(v any, texts *[]string) {
	switch v := v.(type) {
	case string:
		*texts = append(*texts, v)
	case []any:
		for _, element := range v {
			collectTexts(element, texts)
		}
	case map[string]any:
		for _, member := range v {
			collectTexts(member, texts)
		}
	}
}

// Request returns the request of a submission of input.
func (a *SubmitArgs) Request(ctx context.Context, input json.RawMessage, diags *diag.Diagnostics) runpod.JobRequest {
	r := runpod.JobRequest{Input: input, Webhook: a.Webhook.ValueString()}
	if !a.Policy.IsNull() {
		var p policyModel
		diags.Append(a.Policy.As(ctx, &p, basetypes.ObjectAsOptions{})...)
		r.Policy = &runpod.Policy{
			ExecutionTimeout: Duration(p.ExecutionTimeout, 0, diags).Milliseconds(),
			TTL:              Duration(p.TTL, 0, diags).Milliseconds(),
			LowPriority:      p.LowPriority.ValueBoolPointer(),
		}
	}
	return r
}

// Run returns the submission as jobrun needs it.
func (s *Submission) Run(request runpod.JobRequest, diags *diag.Diagnostics) jobrun.Submission {
	run := jobrun.Submission{EndpointID: s.EndpointID.ValueString(), Request: request}
	if s.Mode.ValueString() == ModeSync {
		run.SyncWait = Duration(s.SyncWait, defaultSyncWait, diags)
	}
	return run
}

// mergedInput returns the input with the write-only input merged over it.
func (s *Submission) mergedInput(secret types.Dynamic, diags *diag.Diagnostics) json.RawMessage {
	input := EncodeInput(s.Input, pathInput, diags)
	overlay := EncodeInput(secret, pathInputWO, diags)
	if diags.HasError() || overlay == nil {
		return input
	}
	merged, err := dynamicjson.Merge(input, overlay)
	if err != nil {
		diags.Append(diagnose.InputInvalid(err).ErrorAt(pathInputWO))
	}
	return merged
}

// EncodeInput returns the JSON of an input, nil if it is not set. It reports an
// invalid input at the attribute.
func EncodeInput(v attr.Value, at path.Path, diags *diag.Diagnostics) json.RawMessage {
	if dynamic, ok := v.(types.Dynamic); v.IsNull() || ok && dynamicjson.IsNull(dynamic) {
		return nil
	}
	raw, err := dynamicjson.Encode(v)
	return checkInput(raw, err, at, diags)
}

// EncodeRawInput is EncodeInput for a tftypes value.
func EncodeRawInput(v tftypes.Value, at path.Path, diags *diag.Diagnostics) json.RawMessage {
	if v.IsNull() {
		return nil
	}
	raw, err := dynamicjson.EncodeRaw(v)
	return checkInput(raw, err, at, diags)
}

func checkInput(raw json.RawMessage, err error, at path.Path, diags *diag.Diagnostics) json.RawMessage {
	var unknown *dynamicjson.UnknownError
	switch {
	case errors.As(err, &unknown):
		diags.Append(diagnose.InputNotKnown(unknown).ErrorAt(at))
	case err != nil:
		diags.Append(diagnose.InputInvalid(err).ErrorAt(at))
	case !bytes.HasPrefix(raw, []byte("{")):
		diags.Append(diagnose.InputNotObject(kindOf(raw)).ErrorAt(at))
	case string(raw) == "{}":
		diags.Append(diagnose.InputEmpty().ErrorAt(at))
	}
	return raw
}

// WrappedTwice reports whether an input is an object with "input" as its only
// member, whose value is an object: most likely the body of a request to the API.
func WrappedTwice(raw json.RawMessage) bool {
	if !bytes.Contains(raw[:min(len(raw), 32)], []byte(`"input"`)) {
		return false
	}
	var members map[string]json.RawMessage
	return json.Unmarshal(raw, &members) == nil && len(members) == 1 && bytes.HasPrefix(members["input"], []byte("{"))
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

// CheckSize refuses a body that is too large for the API, which would answer with a
// 400 or, at random, with a 502 that leaves the outcome unknown.
func CheckSize(r runpod.JobRequest, limit int, limitText string, at path.Path, diags *diag.Diagnostics) {
	body, err := r.Body()
	if err != nil {
		diags.Append(diagnose.InputInvalid(err).ErrorAt(at))
		return
	}
	if len(body) > limit {
		diags.Append(diagnose.RequestTooLarge(len(body), limitText).ErrorAt(at))
	}
}

// Duration returns a duration argument, or fallback if it is not set.
func Duration(v validators.DurationValue, fallback time.Duration, diags *diag.Diagnostics) time.Duration {
	if v.IsNull() || v.IsUnknown() {
		return fallback
	}
	d, moreDiags := v.ValueGoDuration()
	diags.Append(moreDiags...)
	return d
}
