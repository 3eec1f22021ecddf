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

// The timeouts argument of every type is the library's, with an additional check: a
// timeout of zero would submit a job, pay for it and give up at once.

const describe = "Timeouts of the operations, as durations with a unit, e.g. `30s` or `2h45m`."

func checks() []validator.String { return []validator.String{positiveDuration()} }

// change replaces each member. It is generic because each kind of type has attributes
// of its own Go types.
func change[A any](members map[string]A, with func(A) (changed A, ok bool)) {
	for name, member := range members {
		changed, ok := with(member)
		if !ok {
			panic("the timeout " + name + " is not a string")
		}
		members[name] = changed
	}
}

// ResourceTimeouts returns the timeouts argument of a resource.
func ResourceTimeouts(ctx context.Context, opts resourcetimeouts.Opts) resourceschema.Attribute {
	attribute, ok := resourcetimeouts.Attributes(ctx, opts).(resourceschema.SingleNestedAttribute)
	if !ok {
		panic("the timeouts of a resource are not a nested attribute")
	}
	attribute.MarkdownDescription = describe
	change(attribute.Attributes, func(member resourceschema.Attribute) (resourceschema.Attribute, bool) {
		text, ok := member.(resourceschema.StringAttribute)
		text.Validators = checks()
		return text, ok
	})
	return attribute
}

// DataSourceTimeouts returns the timeouts argument of a data source.
func DataSourceTimeouts(ctx context.Context, opts datasourcetimeouts.Opts) datasourceschema.Attribute {
	attribute, ok := datasourcetimeouts.AttributesWithOpts(ctx, opts).(datasourceschema.SingleNestedAttribute)
	if !ok {
		panic("the timeouts of a data source are not a nested attribute")
	}
	attribute.MarkdownDescription = describe
	change(attribute.Attributes, func(member datasourceschema.Attribute) (datasourceschema.Attribute, bool) {
		text, ok := member.(datasourceschema.StringAttribute)
		text.Validators = checks()
		return text, ok
	})
	return attribute
}

// EphemeralTimeouts returns the timeouts argument of an ephemeral resource.
func EphemeralTimeouts(ctx context.Context, opts ephemeraltimeouts.Opts) ephemeralschema.Attribute {
	attribute, ok := ephemeraltimeouts.AttributesWithOpts(ctx, opts).(ephemeralschema.SingleNestedAttribute)
	if !ok {
		panic("the timeouts of an ephemeral resource are not a nested attribute")
	}
	attribute.MarkdownDescription = describe
	change(attribute.Attributes, func(member ephemeralschema.Attribute) (ephemeralschema.Attribute, bool) {
		text, ok := member.(ephemeralschema.StringAttribute)
		text.Validators = checks()
		return text, ok
	})
	return attribute
}

// ActionTimeouts returns the timeouts argument of an action.
func ActionTimeouts(ctx context.Context, opts actiontimeouts.Opts) actionschema.Attribute {
	attribute, ok := actiontimeouts.AttributesWithOpts(ctx, opts).(actionschema.SingleNestedAttribute)
	if !ok {
		panic("the timeouts of an action are not a nested attribute")
	}
	attribute.MarkdownDescription = describe
	change(attribute.Attributes, func(member actionschema.Attribute) (actionschema.Attribute, bool) {
		text, ok := member.(actionschema.StringAttribute)
		text.Validators = checks()
		return text, ok
	})
	return attribute
}
