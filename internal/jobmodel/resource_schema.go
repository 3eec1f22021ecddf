package jobmodel

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/listvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/mapvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/validators"
)

// Bounds of a policy, as the API documents them.
const (
	MinExecutionTimeout = 5 * time.Second
	MinTTL              = 10 * time.Second
	MaxPolicyDuration   = 7 * 24 * time.Hour
)

// PolicyAttribute is policy in a resource; change describes the effect of a change.
func PolicyAttribute(change string, modifiers ...planmodifier.Object) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: DescribePolicy + " " + change, PlanModifiers: modifiers,
		Attributes: map[string]schema.Attribute{
			"execution_timeout": durationAttribute(DescribeExecutionTimeout, MinExecutionTimeout, MaxPolicyDuration),
			"ttl":               durationAttribute(DescribeTTL, MinTTL, MaxPolicyDuration),
			"low_priority":      schema.BoolAttribute{Optional: true, MarkdownDescription: DescribeLowPriority},
		},
	}
}

// PolicyType is the type of policy.
var PolicyType = PolicyAttribute("").GetType()

// WebhookAttribute is webhook in a resource.
func WebhookAttribute(change string, modifiers ...planmodifier.String) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Sensitive: true, MarkdownDescription: DescribeWebhook + " " + change,
		Validators: []validator.String{validators.WebURL()}, PlanModifiers: modifiers,
	}
}

// RetryAttribute is retry in a resource.
func RetryAttribute() schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: DescribeRetry,
		Attributes: map[string]schema.Attribute{
			"max_attempts": schema.Int64Attribute{
				Required: true, MarkdownDescription: DescribeMaxAttempts, Validators: RetryAttemptsValidators(),
			},
			"on": schema.SetAttribute{
				Optional: true, ElementType: types.StringType, MarkdownDescription: DescribeRetryOn, Validators: RetryOnValidators(),
			},
			"error_matches": schema.ListAttribute{
				Optional: true, ElementType: types.StringType, MarkdownDescription: DescribeErrorMatches, Validators: ErrorMatchesValidators(),
			},
			"min_backoff": durationAttribute(DescribeMinBackoff, 0, time.Hour),
			"max_backoff": durationAttribute(DescribeMaxBackoff, 0, time.Hour),
		},
	}
}

// RetryAttemptsValidators check retry.max_attempts.
func RetryAttemptsValidators() []validator.Int64 {
	return []validator.Int64{int64validator.Between(1, 20)}
}

// RetryOnValidators check retry.on.
func RetryOnValidators() []validator.Set {
	return []validator.Set{setvalidator.SizeAtLeast(1), setvalidator.ValueStringsAre(stringvalidator.OneOf(string(runpod.StatusFailed), string(runpod.StatusTimedOut)))}
}

// ErrorMatchesValidators check retry.error_matches.
func ErrorMatchesValidators() []validator.List {
	return []validator.List{listvalidator.SizeAtLeast(1), listvalidator.NoNullValues(), listvalidator.ValueStringsAre(validators.Regexp())}
}

// Bounds of queue_timeout.
const (
	MinQueueTimeout = time.Second
	MaxQueueTimeout = MaxPolicyDuration
)

// QueueTimeoutAttribute is queue_timeout of a resource.
func QueueTimeoutAttribute(description string) schema.StringAttribute {
	return durationAttribute(description, MinQueueTimeout, MaxQueueTimeout)
}

// S3ConfigAttribute is s3_config in a resource. change describes the effect of a
// change, and changeSecret that of a change of the secret alone.
func S3ConfigAttribute(change, changeSecret string, modifiers ...planmodifier.Object) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Optional: true, MarkdownDescription: DescribeS3Config + " " + change, PlanModifiers: modifiers,
		Attributes: map[string]schema.Attribute{
			"access_id":     schema.StringAttribute{Required: true, MarkdownDescription: DescribeS3AccessID},
			"access_secret": schema.StringAttribute{Optional: true, WriteOnly: true, Sensitive: true, MarkdownDescription: DescribeS3AccessSecret + " Write-only: it is never stored. Requires Terraform or OpenTofu 1.11. " + changeSecret},
			"bucket_name":   schema.StringAttribute{Required: true, MarkdownDescription: DescribeS3BucketName},
			"endpoint_url":  schema.StringAttribute{Required: true, MarkdownDescription: DescribeS3EndpointURL, Validators: []validator.String{validators.WebURL()}},
			"object_path":   schema.StringAttribute{Optional: true, MarkdownDescription: DescribeS3ObjectPath},
		},
	}
}

// ChoiceAttribute is an argument of a resource with a few possible values.
func ChoiceAttribute(description, fallback string, others ...string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true, Default: stringdefault.StaticString(fallback), MarkdownDescription: description,
		Validators: []validator.String{stringvalidator.OneOf(append(others, fallback)...)},
	}
}

// OutputSelectValidators check output_select.
func OutputSelectValidators() []validator.Map {
	return []validator.Map{mapvalidator.SizeAtLeast(1), mapvalidator.NoNullValues(), mapvalidator.ValueStringsAre(validators.JMESPath())}
}

// RecordAttributes are the attributes of a [Record] in a resource. id and expired are
// the descriptions of these two.
func RecordAttributes(id, expired string) map[string]schema.Attribute {
	text := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, MarkdownDescription: description}
	}
	number := func(description string) schema.Int64Attribute {
		return schema.Int64Attribute{Computed: true, MarkdownDescription: description}
	}
	moment := func(description string) schema.StringAttribute {
		return schema.StringAttribute{Computed: true, CustomType: timetypes.RFC3339Type{}, MarkdownDescription: description}
	}
	return map[string]schema.Attribute{
		"id":            text(id),
		"status":        text(DescribeStatus),
		"output_bytes":  number(DescribeOutputBytes),
		"output_sha256": text(DescribeOutputSHA256),
		"error": schema.SingleNestedAttribute{
			Computed: true, MarkdownDescription: DescribeError,
			Attributes: map[string]schema.Attribute{
				"type": text(DescribeErrorType), "message": text(DescribeErrorMessage),
				"traceback": text(DescribeTraceback), "raw": text(DescribeErrorRaw),
			},
		},
		"delay_time_ms":     number(DescribeDelayTime),
		"execution_time_ms": number(DescribeExecutionTime),
		"worker_id":         text(DescribeWorkerID),
		"attempts":          number(DescribeAttempts),
		"submitted_at":      moment(DescribeSubmittedAt),
		"completed_at":      moment(DescribeCompletedAt),
		"expired":           schema.BoolAttribute{Computed: true, MarkdownDescription: expired},
	}
}

func durationAttribute(description string, least, most time.Duration) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, CustomType: validators.DurationType{}, MarkdownDescription: description,
		Validators: []validator.String{validators.Duration(least, most)},
	}
}
