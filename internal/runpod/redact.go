package runpod

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
)

// redacted stands where a secret stood.
const redacted = "(redacted)"

// minSecret is the length from which a secret is looked for in texts: replacing
// every "1" would make an error unreadable and hide nothing.
const minSecret = 6

// redactor removes secrets from texts that a server sent.
type redactor struct{ replacer *strings.Replacer }

func newRedactor(values ...string) *redactor {
	// The longest first: a secret may be the beginning of another one.
	values = slices.Clone(values)
	slices.SortFunc(values, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	var pairs []string
	for _, value := range values {
		if len(value) < minSecret {
			continue
		}
		pairs = append(pairs, value, redacted)
		// As it stands in JSON, in both of its usual spellings.
		for _, escapeHTML := range []bool{true, false} {
			if spelled := inJSON(value, escapeHTML); spelled != value {
				pairs = append(pairs, spelled, redacted)
			}
		}
	}
	return &redactor{strings.NewReplacer(pairs...)}
}

func inJSON(s string, escapeHTML bool) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(escapeHTML)
	if encoder.Encode(s) != nil {
		return s
	}
	return strings.Trim(strings.TrimSpace(b.String()), `"`)
}

// redact works on a nil redactor, too, which knows no secret.
func (r *redactor) redact(s string) string {
	if r == nil {
		return s
	}
	return r.replacer.Replace(s)
}
