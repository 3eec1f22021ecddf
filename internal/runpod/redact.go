package runpod

import "strings"

// redacted stands where a secret stood.
const redacted = "(redacted)"

// minSecret is the length from which a header's value is looked for in texts:
// replacing every "1" would make an error unreadable and hide nothing.
const minSecret = 6

// redactor removes the secrets of a client from texts that a server sent.
type redactor struct{ replacer *strings.Replacer }

func newRedactor(key string, headers map[string]string) *redactor {
	pairs := []string{key, redacted}
	for _, value := range headers {
		if len(value) >= minSecret {
			pairs = append(pairs, value, redacted)
		}
	}
	return &redactor{strings.NewReplacer(pairs...)}
}

func (r *redactor) redact(s string) string { return r.replacer.Replace(s) }
