package jmespath

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/zclconf/go-cty/cty"
)

// SelectAsSent is [Expression.Select] for what goes to a file instead of a Terraform
// value: keys and texts that are selected keep the Unicode form in which they were sent.
// What a function makes of several texts is in normal form C.
func (e *Expression) SelectAsSent(raw json.RawMessage) (json.RawMessage, error) {
	sent := make(spellings)
	return e.selected(raw, sent)
}

// spellings has how the texts of a document were written that are the same in normal
// form C, which they have where that is not unique. Nil, it remembers nothing.
type spellings map[string]string

// normalize returns a text in normal form C.
func (s spellings) normalize(text string) string {
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

// restore gives the keys and texts of a result the form in which they were sent.
func (s spellings) restore(v any) any {
	if len(s) == 0 {
		return v
	}
	switch v := v.(type) {
	case map[string]any:
		members := make(map[string]any, len(v))
		for _, key := range slices.Sorted(maps.Keys(v)) {
			members[s.as(key)] = s.restore(v[key])
		}
		return members
	case []any:
		list := make([]any, len(v))
		for i, value := range v {
			list[i] = s.restore(value)
		}
		return list
	case string:
		return s.as(v)
	}
	return v
}

func (s spellings) as(text string) string {
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
