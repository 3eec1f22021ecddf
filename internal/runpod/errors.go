package runpod

import (
	"context"
	"errors"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// Reason classes what went wrong with a request.
type Reason int

// The reasons of an Error.
const (
	ReasonTransport    Reason = iota // no usable connection, or it broke
	ReasonTimeout                    // no reply within the request timeout
	ReasonInterrupted                // the caller's context was canceled, or its deadline passed
	ReasonStatus                     // the API answered with an error status
	ReasonRefused                    // nothing was done: HTTP 200 whose body says so, or a request that was not sent because it is malformed
	ReasonInvalidReply               // HTTP 200 with a body that is cut, empty, HTML or not what the operation returns
	ReasonTooLarge                   // the reply is larger than the client reads
)

// Error describes a request that failed. It never contains the API key, and at most a
// short excerpt of what the server said.
type Error struct {
	Operation  Operation
	EndpointID string
	JobID      string // or the id of the batch; "" when the operation has none, or none is known yet
	Reason     Reason
	StatusCode int           // 0 when there was no reply
	Message    string        // the API's own message, cleaned and shortened; may be ""
	RetryAfter time.Duration // what the API asked to wait; 0 when it did not
	Attempts   int           // exchanges made, at least 1 unless nothing was sent
	// AddressHint is [Options.AddressHint], in an error that a wrong address or
	// the wrong key for it can cause.
	AddressHint string
	// ConsoleURL is the address of the endpoint in Runpod's console, "" when
	// another API than the public one is in use.
	ConsoleURL string
	// Unknown is set when the request reached the server, or may have, and the
	// reply does not say whether it took effect.
	Unknown bool
	Err     error // the cause below, may be nil
	// notFromAPI is set when an error's body is not in the API's own form: it
	// comes from a gateway, or from a server that is no such API.
	notFromAPI bool
	notSent    bool          // nothing was accepted, for certain
	stale      bool          // nothing was sent: an idle connection had been closed
	noTimeFor  time.Duration // the pause that was due, for which the caller's deadline leaves no time
}

// Error returns one line without line breaks.
func (e *Error) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on endpoint %s", e.Operation, e.EndpointID)
	if e.JobID != "" {
		fmt.Fprintf(&b, ", %s %s", e.Operation.Subject(), Printable(e.JobID, MaxShown))
	}
	b.WriteString(": ")
	b.WriteString(e.Cause())
	return b.String()
}

// Cause says what happened, without naming the operation.
func (e *Error) Cause() string {
	var what string
	switch e.Reason {
	case ReasonTimeout:
		what = "no answer within the request timeout"
	case ReasonInterrupted:
		what = "interrupted"
		if errors.Is(e.Err, context.DeadlineExceeded) {
			what = "the timeout of the operation passed before there was an answer"
		}
	case ReasonStatus:
		what = strings.TrimSpace(fmt.Sprintf("HTTP %d %s", e.StatusCode, http.StatusText(e.StatusCode)))
	case ReasonRefused:
		switch {
		case e.StatusCode == 0:
			what = "it was not sent"
		case e.Operation == OpRun, e.Operation == OpRunSync, e.Operation == OpBatchCreate, e.Operation == OpBatchAppend:
			what = "the API answered HTTP 200 but queued nothing"
		default:
			what = "the API answered HTTP 200 with an error"
		}
	case ReasonInvalidReply:
		what = fmt.Sprintf("HTTP %d with a reply that cannot be used", e.StatusCode)
	case ReasonTooLarge:
		what = fmt.Sprintf("HTTP %d with a reply that is too large", e.StatusCode)
	default:
		what = "the connection failed"
	}
	if e.Message != "" {
		what += ": " + e.Message
	} else if e.Err != nil && e.Reason != ReasonInterrupted {
		what += ": " + e.Err.Error()
	}
	if e.Attempts > 1 {
		what += fmt.Sprintf(" (after %d attempts)", e.Attempts)
	}
	if e.noTimeFor > 0 {
		what += fmt.Sprintf("; it was not tried again, because the pause before the next attempt (%s) is longer than the time that is left", e.noTimeFor.Round(time.Millisecond))
	}
	return what
}

// Unwrap returns the cause below.
func (e *Error) Unwrap() error { return e.Err }

// AsError returns err as an *Error.
func AsError(err error) (*Error, bool) {
	var e *Error
	ok := errors.As(err, &e)
	return e, ok
}

func hasStatus(err error, codes ...int) bool {
	e, ok := AsError(err)
	if !ok || e.Reason != ReasonStatus {
		return false
	}
	for _, code := range codes {
		if e.StatusCode == code {
			return true
		}
	}
	return false
}

// IsNotFromAPI reports whether something other than the API answered with an error
// status: a gateway, a firewall or a proxy with a page of its own, or a server that is
// not this API. That says nothing about the job or about the key.
func IsNotFromAPI(err error) bool {
	e, ok := AsError(err)
	return ok && e.Reason == ReasonStatus && e.notFromAPI
}

// IsNotFound reports whether the API itself answered 404: an unknown or expired
// job, an unknown endpoint, or a route that is not served.
func IsNotFound(err error) bool {
	return hasStatus(err, http.StatusNotFound) && !IsNotFromAPI(err)
}

// IsJobNotFound reports whether the API itself says that it does not know a job. A
// 404 of another form, such as the page of a gateway, says nothing about the job.
func IsJobNotFound(err error) bool { return saysUnknown(err) }

// IsBatchNotFound is IsJobNotFound for a batch.
func IsBatchNotFound(err error) bool { return saysUnknown(err) }

// saysUnknown reports whether the API itself says that it does not know what is read.
func saysUnknown(err error) bool {
	e, ok := AsError(err)
	if !ok || !IsNotFound(err) || IsEndpointNotFound(err) {
		return false
	}
	switch strings.ToLower(e.Message) {
	case "not found", "page not found": // which any server says about an unknown path
		return false
	default:
		return true
	}
}

// IsEndpointNotFound reports whether the API does not know the endpoint, or that
// the key belongs to another account: it answers the same to both.
func IsEndpointNotFound(err error) bool {
	e, ok := AsError(err)
	return ok && IsNotFound(err) && strings.Contains(strings.ToLower(e.Message), "endpoint not found")
}

// IsUnauthorized reports whether the API itself refused the key.
func IsUnauthorized(err error) bool {
	return hasStatus(err, http.StatusUnauthorized, http.StatusForbidden) && !IsNotFromAPI(err)
}

// IsCertificateRefused reports whether the client does not trust the server's
// certificate, or the server not the client's.
func IsCertificateRefused(err error) bool {
	e, ok := AsError(err)
	return ok && e.Reason == ReasonTransport && isCertificateError(e.Err)
}

// IsTooMany reports whether a limit of the API was exceeded.
func IsTooMany(err error) bool { return hasStatus(err, http.StatusTooManyRequests) }

// IsNotServed reports whether the server does not have the route at all.
func IsNotServed(err error) bool {
	return hasStatus(err, http.StatusMethodNotAllowed, http.StatusNotImplemented)
}

// OutcomeUnknown reports whether a request may have taken effect although it failed.
func OutcomeUnknown(err error) bool {
	e, ok := AsError(err)
	return ok && e.Unknown
}

// IsTransient reports whether the same request may succeed later: the connection
// broke, the API is overloaded, a reply was damaged on the way, or it is the page
// of a gateway.
func IsTransient(err error) bool {
	e, ok := AsError(err)
	if !ok {
		return false
	}
	switch e.Reason {
	case ReasonTransport, ReasonTimeout, ReasonInvalidReply:
		return true
	case ReasonStatus:
		return transientStatus(e.StatusCode) || e.notFromAPI
	default:
		return false
	}
}

func transientStatus(code int) bool {
	return code == http.StatusTooManyRequests || code == http.StatusRequestTimeout ||
		(code >= 500 && code != http.StatusNotImplemented)
}

// maxMessage bounds how much of a server's message stands in an error.
const maxMessage = 500

// isAPIError reports whether a body has a form of the API's own errors: an object
// with a detail, with an error that is a text, or with a title and a number as its
// status. Gateways answer in JSON as well, mostly with a message.
func isAPIError(body []byte) bool {
	reply, err := parseReply(body)
	if err != nil {
		return false
	}
	m := reply.members("detail", "error", "title", "status", "cloudflare_error")
	failure, _ := m[1].text()
	title, _ := m[2].text()
	switch {
	case string(m[4].json) == "true":
		return false
	case title != "" && m[3].kind() == "a number":
		return true
	default:
		return !m[0].saysNothing() || failure != ""
	}
}

// maxMessageBody bounds how much of a body is looked at for a server's message.
const maxMessageBody = 1 << 16

// message returns what the server says, without the secrets. They are removed
// before the text is shortened, which could leave half of a secret, and once more
// after the JSON is decoded, which could spell one out.
func message(body []byte, secrets ...interface{ redact(string) string }) string {
	text := string(body[:min(len(body), maxMessageBody)])
	for _, s := range secrets {
		text = s.redact(text)
	}
	text = messageOf([]byte(text))
	for _, s := range secrets {
		text = s.redact(text)
	}
	return text
}

// messageOf finds the API's own message in the body of an error, whatever its
// form: {"detail":…,"title":…}, {"error":…}, {"message":…}, HTML or plain text.
func messageOf(body []byte) string {
	trimmed := strings.TrimSpace(string(body))
	switch {
	case trimmed == "":
		return "(the body is empty)"
	case looksLikeHTML(trimmed):
		return "(the body is an HTML page" + htmlTitle(trimmed) + "; it comes from a gateway, not from the API)"
	}
	if reply, err := parseReply([]byte(trimmed)); err == nil {
		for _, v := range reply.members("detail", "error", "message", "title") {
			if text := shorten(v.anyText()); text != "" {
				return text
			}
		}
	}
	if text := shorten(trimmed); text != "" {
		return text
	}
	return "(the body has no text that can be shown)"
}

func looksLikeHTML(s string) bool {
	head := strings.ToLower(s[:min(len(s), 256)])
	return strings.HasPrefix(head, "<") && (strings.Contains(head, "<html") || strings.Contains(head, "<!doctype") || strings.Contains(head, "<head") || strings.Contains(head, "<body"))
}

var titlePattern = regexp.MustCompile(`(?is)<title[^>]*>(.*?)</title>`)

func htmlTitle(s string) string {
	m := titlePattern.FindStringSubmatch(s[:min(len(s), 4096)])
	if m == nil {
		return ""
	}
	return fmt.Sprintf(" titled %q", shorten(html.UnescapeString(strings.TrimSpace(m[1]))))
}

// shorten puts a text on one line of at most maxMessage bytes, without anything
// that a terminal would act on.
func shorten(s string) string {
	s = strings.Join(strings.Fields(clean(s, maxMessageBody, false)), " ")
	if len(s) <= maxMessage {
		return s
	}
	cut := maxMessage
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
