package validators

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-timetypes/timetypes"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/attr/xattr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/diagnose"
)

// Duration accepts a Go duration from low to high, inclusive.
func Duration(low, high time.Duration) validator.String {
	return durationCheck(fmt.Sprintf("must be a duration from %s to %s, such as \"90s\" or \"1h30m\"", Short(low), Short(high)),
		func(d time.Duration) bool { return d >= low && d <= high })
}

// positiveDuration accepts any Go duration above zero.
func positiveDuration() validator.String {
	return durationCheck("must be a duration greater than zero, such as \"90s\" or \"1h30m\"", func(d time.Duration) bool { return d > 0 })
}

func durationCheck(bounds string, within func(time.Duration) bool) validator.String {
	return stringCheck{
		description: bounds,
		kind:        diagnose.Duration,
		check: func(value string) error {
			d, err := time.ParseDuration(value)
			switch {
			case err != nil:
				text := fmt.Sprintf("%q is not a duration: it %s", value, bounds)
				if hint := durationHint(value); hint != "" {
					text += ". " + hint
				}
				return errors.New(text)
			case !within(d):
				return fmt.Errorf("%q is out of bounds: it %s", value, bounds)
			}
			return nil
		},
	}
}

var (
	otherUnits = regexp.MustCompile(`([0-9]+(?:\.[0-9]+)?)(weeks?|w|days?|d|hours?|hrs?|minutes?|mins?|seconds?|secs?)`)
	noUnit     = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)
)

// durationHint says how to write a duration with a missing or unsupported unit; "" if
// it has no advice.
func durationHint(value string) string {
	value = strings.ToLower(strings.Join(strings.Fields(value), ""))
	if noUnit.MatchString(value) {
		return fmt.Sprintf("A unit is missing: for seconds, write %q", value+"s")
	}
	long := false
	d, err := time.ParseDuration(otherUnits.ReplaceAllStringFunc(value, func(part string) string {
		found := otherUnits.FindStringSubmatch(part)
		unit := found[2][:1]
		days := map[string]float64{"d": 1, "w": 7}[unit]
		if days == 0 {
			return found[1] + unit
		}
		long = true
		n, err := strconv.ParseFloat(found[1], 64)
		if err != nil {
			return part
		}
		return strconv.FormatFloat(n*days*24, 'f', -1, 64) + "h"
	}))
	switch {
	case err != nil:
		return ""
	case long:
		return fmt.Sprintf("The longest unit is the hour: write %q", Short(d))
	default:
		return fmt.Sprintf("Write %q", Short(d))
	}
}

// Short formats a duration without trailing zero units: 5m, not 5m0s.
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

// DurationType is the type of durations, which need [Duration] or positiveDuration as
// a validator. The library's own type would report an invalid duration a second time,
// without the attribute's name.
type DurationType struct{ timetypes.GoDurationType }

// Equal implements attr.Type.
func (t DurationType) Equal(o attr.Type) bool {
	_, ok := o.(DurationType)
	return ok
}

// ValueType implements attr.Type.
func (t DurationType) ValueType(context.Context) attr.Value { return DurationValue{} }

// ValueFromString implements basetypes.StringTypable.
func (t DurationType) ValueFromString(_ context.Context, in basetypes.StringValue) (basetypes.StringValuable, diag.Diagnostics) {
	return DurationValue{timetypes.GoDuration{StringValue: in}}, nil
}

// ValueFromTerraform implements attr.Type.
func (t DurationType) ValueFromTerraform(ctx context.Context, in tftypes.Value) (attr.Value, error) {
	v, err := basetypes.StringType{}.ValueFromTerraform(ctx, in)
	text, ok := v.(basetypes.StringValue)
	if err != nil || !ok {
		return nil, fmt.Errorf("read a duration: %w", err)
	}
	return DurationValue{timetypes.GoDuration{StringValue: text}}, nil
}

// DurationValue is a duration, or a string that is not a valid one.
type DurationValue struct{ timetypes.GoDuration }

var _ basetypes.StringValuableWithSemanticEquals = DurationValue{}

// Type implements attr.Value.
func (v DurationValue) Type(context.Context) attr.Type { return DurationType{} }

// Equal implements attr.Value.
func (v DurationValue) Equal(o attr.Value) bool {
	other, ok := o.(DurationValue)
	return ok && v.StringValue.Equal(other.StringValue)
}

// StringSemanticEquals implements basetypes.StringValuableWithSemanticEquals: 60m
// equals 1h.
func (v DurationValue) StringSemanticEquals(ctx context.Context, o basetypes.StringValuable) (bool, diag.Diagnostics) {
	other, ok := o.(DurationValue)
	if _, err := time.ParseDuration(v.ValueString()); !ok || err != nil {
		return false, nil
	}
	if _, err := time.ParseDuration(other.ValueString()); err != nil {
		return false, nil
	}
	return v.GoDuration.StringSemanticEquals(ctx, other.GoDuration)
}

// ValidateAttribute implements xattr.ValidateableAttribute.
func (v DurationValue) ValidateAttribute(context.Context, xattr.ValidateAttributeRequest, *xattr.ValidateAttributeResponse) {
}
