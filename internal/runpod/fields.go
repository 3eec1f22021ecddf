package runpod

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// fields reads the optional members of a reply. A member that is missing, of an
// unexpected type or out of range is ignored, and the ignored members are noted for
// the log.
type fields struct{ dropped []string }

// maxDropped bounds how many ignored members of one reply are noted.
const maxDropped = 20

func (f *fields) drop(name, why string) {
	if len(f.dropped) < maxDropped {
		f.dropped = append(f.dropped, name+": "+why)
	}
}

// odd notes a member that is present but unusable.
func (f *fields) odd(name string, v value, good bool) {
	if !good && !v.missing() {
		f.drop(name, v.kind())
	}
}

// number reads a non-negative number in any notation; fractions are cut off. It
// returns nil for anything else.
func (f *fields) number(name string, v value) *int64 {
	if v.missing() {
		return nil
	}
	if kind := v.kind(); kind != "a number" {
		f.drop(name, kind)
		return nil
	}
	n, err := strconv.ParseInt(string(v.json), 10, 64)
	if err != nil {
		float, err := strconv.ParseFloat(string(v.json), 64)
		if err != nil || float < 0 || float >= math.MaxInt64 {
			f.drop(name, "out of range")
			return nil
		}
		n = int64(float)
	}
	if n < 0 {
		f.drop(name, "out of range")
		return nil
	}
	return &n
}

// numbers reads the members of an object that are numbers.
func (f *fields) numbers(name string, v value, into map[string]**int64) {
	f.odd(name, v, v.isObject())
	for member, n := range into {
		*n = f.number(name+"."+member, v.member(member))
	}
}

// text reads a string, of which at most limit bytes are kept.
func (f *fields) text(name string, v value, limit int) string {
	s, ok := v.text()
	f.odd(name, v, ok)
	return Printable(s, limit)
}

// The years that a time of the API can be in. Any other year comes from another unit,
// or from no clock at all.
const (
	firstYear = 2020
	lastYear  = 2100
)

// timestamp reads a time in milliseconds or in RFC 3339 format: the API mixes the two.
// It returns the zero time for everything else, and for what no clock shows.
func (f *fields) timestamp(name string, v value) time.Time {
	var at time.Time
	if s, ok := v.text(); ok {
		at = parseTime(s)
	} else if ms := f.number(name, v); ms != nil {
		at = time.UnixMilli(*ms)
	} else {
		return at
	}
	if !plausible(at) {
		f.drop(name, "no plausible time")
		return time.Time{}
	}
	return at
}

var timePattern = regexp.MustCompile(`^[0-9T:.-]+(Z|[+-][0-9]{2}:[0-9]{2})`)

// parseTime returns the time at the start of a text in RFC 3339 format, such as the id
// of a line of a log, which has a counter behind it. It returns the zero time for
// everything else, and for what no clock shows.
func parseTime(s string) time.Time {
	at, err := time.Parse(time.RFC3339, timePattern.FindString(s))
	if err != nil || !plausible(at) {
		return time.Time{}
	}
	return at
}

// plausible reports whether a clock may show a time.
func plausible(at time.Time) bool {
	year := at.UTC().Year()
	return year >= firstYear && year < lastYear
}

// boolean reads a bool; nil for everything else.
func (f *fields) boolean(name string, v value) *bool {
	if v.missing() {
		return nil
	}
	b := v.json[0] == 't'
	if !b && v.json[0] != 'f' {
		f.drop(name, v.kind())
		return nil
	}
	return &b
}

// notA says of a reply what it is instead of what was expected.
func (v value) notA(what string) error {
	return fmt.Errorf("it is %s, and not %s", v.kind(), what)
}
