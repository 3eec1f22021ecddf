package jmespath

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// SelectAsSent is [Expression.Select] for a result that is written to a file, not stored
// as a Terraform value: selected keys and strings keep the Unicode form in which they
// were sent. A string that a function builds from others is in normalization form C.
func (e *Expression) SelectAsSent(raw json.RawMessage) (json.RawMessage, error) {
	sent := make(originals)
	return e.selectWith(raw, sent)
}

// originals maps strings and keys in normalization form C to the form in which the
// document has them, or to form C itself if it has several. A nil map records nothing.
type originals map[string]string

// normalize returns a string in normalization form C and records its original form.
func (s originals) normalize(text string) string {
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

// restore returns a result with its keys and strings in their original form.
func (s originals) restore(v any) any {
	if len(s) == 0 {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		members := make(map[string]any, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			members[s.original(key)] = s.restore(v[key])
		}
		return members
	case []any:
		list := make([]any, len(v))
		for i, value := range v {
			list[i] = s.restore(value)
		}
		return list
	case string:
		return s.original(v)
	}
	return v
}

func (s originals) original(text string) string {
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
