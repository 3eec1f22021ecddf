package runpod

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/url"
	"strconv"
	"strings"
	"testing"
)

// spellings are the forms in which a server may repeat a value.
var spellings = map[string]func(string) string{
	"plain": func(s string) string { return s },
	"JSON":  inJSON,
	"JSON without HTML": func(s string) string {
		return strings.NewReplacer(`\u003c`, "<", `\u003e`, ">", `\u0026`, "&").Replace(inJSON(s))
	},
	"JSON with slashes":      func(s string) string { return strings.ReplaceAll(inJSON(s), "/", `\/`) },
	"JSON in JSON":           func(s string) string { return inJSON(inJSON(s)) },
	"JSON in JSON in JSON":   func(s string) string { return inJSON(inJSON(inJSON(s))) },
	"every character as \\u": func(s string) string { return everyByte(s, `\u%04x`) },
	"Go's quotes":            func(s string) string { q := strconv.Quote(s); return q[1 : len(q)-1] },
	"query":                  url.QueryEscape,
	"path":                   url.PathEscape,
	"query in lower case":    func(s string) string { return everyByte(s, "%%%02x") },
	"query in upper case":    func(s string) string { return everyByte(s, "%%%02X") },
	"query, twice":           func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	"query in JSON":          func(s string) string { return inJSON(url.QueryEscape(s)) },
	"JSON in query":          func(s string) string { return url.QueryEscape(inJSON(s)) },
	"HTML":                   html.EscapeString,
	"base64":                 func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64, raw":            func(s string) string { return base64.RawStdEncoding.EncodeToString([]byte(s)) },
	"base64 for URLs":        func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
	"base64 for URLs, raw":   func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64 of a header":     func(s string) string { return base64.StdEncoding.EncodeToString([]byte("Bearer " + s)) },
	"base64 of a login":      func(s string) string { return base64.StdEncoding.EncodeToString([]byte("me:" + s)) },
	"base64, third place":    func(s string) string { return base64.URLEncoding.EncodeToString([]byte("0123456789" + s + "and more")) },
	"base64 of JSON":         func(s string) string { return base64.StdEncoding.EncodeToString([]byte(`{"input":"` + s + `"}`)) },
	"base64 in query":        func(s string) string { return url.QueryEscape(base64.StdEncoding.EncodeToString([]byte("x" + s))) },
	"base64 in JSON": func(s string) string {
		return strings.ReplaceAll(base64.StdEncoding.EncodeToString([]byte(s)), "/", `\/`)
	},
}

func inJSON(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(quoted[1 : len(quoted)-1])
}

func everyByte(s, format string) string {
	var b strings.Builder
	for i := range len(s) {
		fmt.Fprintf(&b, format, s[i])
	}
	return b.String()
}

// someSecrets hold what the spellings change.
var someSecrets = map[string]string{
	"API key":     "rpa_KEY0123456789ABCDEF",
	"header":      `he"ad\er <va&lue>/+=?`,
	"with spaces": "a phrase of words",
	"percent":     "100%41 of%",
	"S3 secret":   "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY==",
	"short":       "s3cr3t",
}

// TestRedactor_encodings looks for each secret in each spelling, between
// other text and next to it.
func TestRedactor_encodings(t *testing.T) {
	t.Parallel()
	for kind, secret := range someSecrets {
		r := newRedactor(secret)
		for name, spell := range spellings {
			spelled := spell(secret)
			for _, frame := range []string{"%s", "you sent %s, which is wrong", `{"error":"%s"}`, "a%sb", "key=%s&more=1"} {
				text := fmt.Sprintf(frame, spelled)
				got := r.redact(text)
				if !strings.HasPrefix(name, "base64") {
					if want := fmt.Sprintf(frame, redacted); got != want {
						t.Errorf("%s, %s: %q became %q", kind, name, text, got)
					}
					continue
				}
				// At the edges of the secret, base64 leaves less than a byte of it.
				middle := spelled[len(spelled)/2-3 : len(spelled)/2+3]
				if frame != "a%sb" && (!strings.Contains(got, redacted) || strings.Contains(got, middle)) {
					t.Errorf("%s, %s: %q became %q", kind, name, text, got)
				}
			}
		}
	}
	for _, text := range []string{"", "nothing to hide", `{"error":"50% \u00e4 \\ &amp; &lt"}`, "%", "\\", "&", "%4", `\u12`} {
		if got := newRedactor("rpa_KEY0123456789ABCDEF", "").redact(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := newRedactor("secret-one", "secret-one-and-two").redact("a secret-one-and-two b secret-one"); got != "a (redacted) b (redacted)" {
		t.Error(got)
	}
}

// TestWebhookSecrets: each part of an address that lets others use a webhook is a
// secret.
func TestWebhookSecrets(t *testing.T) {
	t.Parallel()
	r := newRedactor(webhookSecrets("https://hook-user:hook%2Fpassword@hooks.example.com/services/T0123456/tok%20en-abcdef?sig=a%2Bb%2Fc%3D%3Dsignature&token=query-token;x&lonely-token")...)
	for text, want := range map[string]string{
		"user hook-user":                 "user (redacted)",
		"hook/password":                  "(redacted)",
		"hook%2Fpassword is wrong":       "(redacted) is wrong",
		"POST /services/T0123456/x":      "POST /(redacted)/(redacted)/x",
		"no such token: tok en-abcdef":   "no such token: (redacted)",
		"no such token: tok%20en-abcdef": "no such token: (redacted)",
		"signature a+b/c==signature":     "signature (redacted)",
		"query-token":                    "(redacted)",
		"lonely-token":                   "(redacted)",
		"cannot reach hooks.example.com": "cannot reach hooks.example.com",
		"the webhook was not called":     "the webhook was not called",
	} {
		if got := r.redact(text); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// TestRedactor_causes: the causes of an error can be identified, and contain no
// text of a server.
func TestRedactor_causes(t *testing.T) {
	t.Parallel()
	const secret = "rpa_KEY0123456789ABCDEF"
	long := strings.Repeat("x", 10_000)
	raw := fmt.Errorf("malformed MIME header line: Authorization Bearer %s %s: %w", secret, long, context.DeadlineExceeded)
	h := withRedaction(func(context.Context, *call) *Error {
		return &Error{Reason: ReasonTransport, Err: raw, Message: "you sent " + secret}
	}, newSecretBook(secret))
	err := h(t.Context(), &call{})
	for e := error(err); e != nil; e = errors.Unwrap(e) {
		for _, text := range []string{e.Error(), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", e)} {
			if strings.Contains(text, secret) || len(text) > 2000 {
				t.Errorf("%T shows %q", e, text)
			}
		}
	}
	if !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		t.Error("what it was is lost")
	}
}

// TestRedactor_interrupt: the cause of an interrupt is the caller's own.
func TestRedactor_interrupt(t *testing.T) {
	t.Parallel()
	own := errors.New("stopped by a signal")
	h := withRedaction(func(context.Context, *call) *Error { return &Error{Reason: ReasonInterrupted, Err: own} }, newSecretBook())
	if err := h(t.Context(), &call{}); !errors.Is(err, own) {
		t.Error("the cause of the interrupt is lost")
	}
}
