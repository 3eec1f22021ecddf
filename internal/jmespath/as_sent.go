package jmespath

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// SelectAsSent is [Expression.Select] for results that are written to a file: strings and
// keys keep the Unicode normalization form in which the document has them. A string that a
// function of the expression computes is in normal form C, and so are strings that the
// document has in several forms.
func (e *Expression) SelectAsSent(raw json.RawMessage) (json.RawMessage, error) {
	sent := make(sentForms)
	return e.selectWith(raw, sent)
}

// sentForms maps strings in Unicode normal form C to the form in which a document has
// them, or to themselves if the document has them in several forms. A nil map records
// nothing.
type sentForms map[string]string

// normalize returns a string in normal form C and records its original form.
func (s sentForms) normalize(text string) string {
	if s == nil || isASCII(text) {
		return cty.NormalizeString(text)
	}
	normal := cty.NormalizeString(text)
	switch before, found := s[normal]; {
	case !found:
		s[normal] = text
	case before != text:
		s[normal] = normal
	}
	return normal
}

// restore returns a result in which keys and strings have the form that was recorded.
func (s sentForms) restore(v any) any {
	if len(s) == 0 {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		members := make(map[string]any, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			members[s.sentForm(key)] = s.restore(v[key])
		}
		return members
	case []any:
		list := make([]any, len(v))
		for i, value := range v {
			list[i] = s.restore(value)
		}
		return list
	case string:
		return s.sentForm(v)
	}
	return v
}

// sentForm returns the recorded form of a string, or the string if there is none.
func (s sentForms) sentForm(text string) string {
	if sent, found := s[text]; found {
		return sent
	}
	return text
}

func isASCII(text string) bool {
	for i := range len(text) {
		if text[i] > '~' {
			return false
		}
	}
	return true
}
