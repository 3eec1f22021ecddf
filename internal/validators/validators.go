// Package validators contains the validators that several types share. Each skips
// unknown values and reports errors at the attribute's path.
package validators

import (
	"context"
	"fmt"
	"net/url"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jmespath"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// stringCheck is a validator.String with a description and a function.
type stringCheck struct {
	description string
	kind        diagnose.ValueKind
	check       func(value string) error
}

var _ validator.String = stringCheck{}

// Description implements validator.Describer.
func (v stringCheck) Description(context.Context) string { return v.description }

// MarkdownDescription implements validator.Describer.
func (v stringCheck) MarkdownDescription(context.Context) string { return v.description }

// ValidateString implements validator.String.
func (v stringCheck) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if err := v.check(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.Append(v.kind.Refused(req.Path, err))
	}
}

// EndpointID accepts an endpoint id: up to 128 letters, digits, hyphens and
// underscores.
func EndpointID() validator.String {
	return idCheck("must be an id: letters, digits, hyphens and underscores, at most 128", runpod.CheckID)
}

// ID accepts the id of something on an endpoint, such as a job. The API defines its
// format, so it rejects only what cannot be part of a URL path.
func ID() validator.String {
	return idCheck("must be an id that can be part of a URL", runpod.CheckJobID)
}

func idCheck(description string, check func(string) error) validator.String {
	return stringCheck{
		description: description,
		kind:        diagnose.ID,
		check: func(value string) error {
			if err := check(value); err != nil {
				return fmt.Errorf("%w, got %q", err, runpod.Printable(value, maxShownID))
			}
			return nil
		},
	}
}

// maxShownID is the maximum length of an id in an error, in characters.
const maxShownID = 200

// BaseURL accepts the address of an API: https, or http to a loopback address.
func BaseURL() validator.String {
	return stringCheck{
		description: "must be an https URL, or an http URL of this machine",
		kind:        diagnose.BaseURL,
		check: func(value string) error {
			_, err := runpod.ParseBaseURL(value)
			return err
		},
	}
}

// Regexp accepts a regular expression in RE2 syntax.
func Regexp() validator.String {
	return stringCheck{
		description: "must be a regular expression",
		kind:        diagnose.Regexp,
		check: func(value string) error {
			_, err := regexp.Compile(value)
			return err
		},
	}
}

// WebURL accepts an absolute http or https URL. The value is a secret, so the error
// does not include it.
func WebURL() validator.String {
	return stringCheck{
		description: "must be an absolute http or https URL",
		kind:        diagnose.WebURL,
		check: func(value string) error {
			u, err := url.Parse(value)
			if err != nil || (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" {
				return fmt.Errorf("it must be an absolute URL that starts with https:// or http:// (the value is not shown, it may hold a secret)")
			}
			return nil
		},
	}
}

// JMESPath accepts an expression that [jmespath.Compile] accepts.
func JMESPath() validator.String {
	return stringCheck{
		description: "must be a JMESPath expression",
		kind:        diagnose.JMESPath,
		check: func(value string) error {
			_, err := jmespath.Compile(value)
			return err
		},
	}
}
