// Package validators holds the checks of arguments that several types share.
// Each skips unknown values and reports at the attribute's own path.
package validators

import (
	"context"
	"fmt"
	"net/url"
	"regexp"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/jmespath"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

// stringCheck is a validator.String made of a description and a function.
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

// ID accepts the id of an endpoint or a job: letters, digits, hyphens and
// underscores, at most 128 of them, so that it cannot change a URL's path.
func ID() validator.String {
	return stringCheck{
		description: "must be an id: letters, digits, hyphens and underscores, at most 128",
		kind:        diagnose.ID,
		check: func(value string) error {
			if err := runpod.CheckID(value); err != nil {
				return fmt.Errorf("%w, got %q", err, value)
			}
			return nil
		},
	}
}

// BaseURL accepts the address of an API: https, or http to this machine.
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

// Regexp accepts a regular expression in the syntax of RE2.
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

// WebURL accepts an absolute http or https URL. The value is a secret, so it
// is not in the error.
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

// JMESPath accepts an expression that can be evaluated.
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

// Duration accepts a Go duration from low to high, both included.
func Duration(low, high time.Duration) validator.String {
	bounds := fmt.Sprintf("must be a duration from %s to %s, such as \"90s\" or \"1h30m\"", Short(low), Short(high))
	return stringCheck{
		description: bounds,
		kind:        diagnose.Duration,
		check: func(value string) error {
			d, err := time.ParseDuration(value)
			if err != nil {
				return fmt.Errorf("%q is not a duration: it %s", value, bounds)
			}
			if d < low || d > high {
				return fmt.Errorf("%q is out of bounds: it %s", value, bounds)
			}
			return nil
		},
	}
}

// Short writes a duration without trailing zero units: 5m, not 5m0s.
func Short(d time.Duration) string {
	switch {
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d >= time.Minute && d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	default:
		return d.String()
	}
}
