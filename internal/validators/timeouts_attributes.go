package validators

import (
	"context"

	actiontimeouts "github.com/hashicorp/terraform-plugin-framework-timeouts/action/timeouts"
	datasourcetimeouts "github.com/hashicorp/terraform-plugin-framework-timeouts/datasource/timeouts"
	ephemeraltimeouts "github.com/hashicorp/terraform-plugin-framework-timeouts/ephemeral/timeouts"
	resourcetimeouts "github.com/hashicorp/terraform-plugin-framework-timeouts/resource/timeouts"
	actionschema "github.com/hashicorp/terraform-plugin-framework/action/schema"
	datasourceschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	ephemeralschema "github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	resourceschema "github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// The argument timeouts of every type is the library's, with the check that it
// lacks: a limit of zero would submit a job, pay for it and give it up at once.

const describe = "Timeouts of the operations, as durations with a unit, e.g. `30s` or `2h45m`."

func checks() []validator.String { return []validator.String{PositiveDuration()} }

// ResourceTimeouts returns the argument of a resource.
func ResourceTimeouts(ctx context.Context, opts resourcetimeouts.Opts) resourceschema.Attribute {
	attribute, ok := resourcetimeouts.Attributes(ctx, opts).(resourceschema.SingleNestedAttribute)
	if !ok {
		panic("the timeouts of a resource are no nested attribute")
	}
	attribute.MarkdownDescription = describe
	for name, member := range attribute.Attributes {
		text, isText := member.(resourceschema.StringAttribute)
		if !isText {
			panic("a timeout is no string")
		}
		text.Validators = checks()
		attribute.Attributes[name] = text
	}
	return attribute
}

// DataSourceTimeouts returns the argument of a data source.
func DataSourceTimeouts(ctx context.Context, opts datasourcetimeouts.Opts) datasourceschema.Attribute {
	attribute, ok := datasourcetimeouts.AttributesWithOpts(ctx, opts).(datasourceschema.SingleNestedAttribute)
	if !ok {
		panic("the timeouts of a data source are no nested attribute")
	}
	attribute.MarkdownDescription = describe
	for name, member := range attribute.Attributes {
		text, isText := member.(datasourceschema.StringAttribute)
		if !isText {
			panic("a timeout is no string")
		}
		text.Validators = checks()
		attribute.Attributes[name] = text
	}
	return attribute
}

// EphemeralTimeouts returns the argument of an ephemeral resource.
func EphemeralTimeouts(ctx context.Context, opts ephemeraltimeouts.Opts) ephemeralschema.Attribute {
	attribute, ok := ephemeraltimeouts.AttributesWithOpts(ctx, opts).(ephemeralschema.SingleNestedAttribute)
	if !ok {
		panic("the timeouts of an ephemeral resource are no nested attribute")
	}
	attribute.MarkdownDescription = describe
	for name, member := range attribute.Attributes {
		text, isText := member.(ephemeralschema.StringAttribute)
		if !isText {
			panic("a timeout is no string")
		}
		text.Validators = checks()
		attribute.Attributes[name] = text
	}
	return attribute
}

// ActionTimeouts returns the argument of an action.
func ActionTimeouts(ctx context.Context, opts actiontimeouts.Opts) actionschema.Attribute {
	attribute, ok := actiontimeouts.AttributesWithOpts(ctx, opts).(actionschema.SingleNestedAttribute)
	if !ok {
		panic("the timeouts of an action are no nested attribute")
	}
	attribute.MarkdownDescription = describe
	for name, member := range attribute.Attributes {
		text, isText := member.(actionschema.StringAttribute)
		if !isText {
			panic("a timeout is no string")
		}
		text.Validators = checks()
		attribute.Attributes[name] = text
	}
	return attribute
}
