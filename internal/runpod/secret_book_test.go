package runpod

import (
	"strings"
	"testing"
)

// TestSecretBook: the secrets of a request are also removed from later texts, until
// newer ones need the room; the client's own secrets always are.
func TestSecretBook(t *testing.T) {
	t.Parallel()
	b := newSecretBook("the API key")
	if r := b.remember(nil); r != nil {
		t.Error("a request without secrets has a redactor")
	}
	first := b.remember([]string{"first token", "first webhook"})
	if again := b.remember([]string{"first token", "first webhook"}); again != first || len(b.order) != 1 {
		t.Errorf("equal secrets are held %d times", len(b.order))
	}
	const text = "the API key, first token, first webhook, second token"
	if got := b.redact(text); got != "(redacted), (redacted), (redacted), second token" {
		t.Errorf("got %q", got)
	}
	b.remember([]string{"second token"})
	if got := b.redact(text); got != "(redacted), (redacted), (redacted), (redacted)" {
		t.Errorf("got %q", got)
	}
	b.remember([]string{strings.Repeat("x", maxRemembered)}) // takes all the room
	if got := b.redact(text); !strings.HasPrefix(got, "(redacted), first token") || b.bytes > maxRemembered {
		t.Errorf("got %q, %d bytes are held", got, b.bytes)
	}
	if r := b.remember([]string{strings.Repeat("y", maxRemembered+1)}); r == nil || len(b.order) != 1 {
		t.Error("a request that is too large to remember has no redactor of its own, or is held")
	}
}

// TestSecretBook_none: a submission without secrets takes no room, whatever its empty
// members are.
func TestSecretBook_none(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]JobRequest{
		"nothing":                {},
		"empty secrets":          {Secrets: []string{"", ""}},
		"no S3 secret":           {S3Config: &S3Config{BucketName: "bucket"}},
		"too short to be hidden": {Secrets: []string{"short"}},
	} {
		b := newSecretBook("the API key")
		if remembered := b.remember(r.secrets()); remembered != nil || len(b.sent) != 0 || len(b.order) != 0 || b.bytes != 0 {
			t.Errorf("%s: %d entries with %d bytes, redactor %v", name, len(b.sent), b.bytes, remembered)
		}
	}
	if secrets := (JobRequest{}).secrets(); len(secrets) != 0 {
		t.Errorf("%q", secrets)
	}
}
