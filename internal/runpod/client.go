package runpod

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// DefaultBaseURL is where the public API serves queue-based endpoints.
const DefaultBaseURL = "https://api.runpod.ai/v2"

// Defaults of Options.
const (
	DefaultRequestTimeout = 30 * time.Second
	DefaultMaxRetries     = 4
	DefaultRetryMinWait   = 500 * time.Millisecond
	DefaultRetryMaxWait   = 30 * time.Second
	DefaultMaxConcurrent  = 256
)

// Options configure a Client. The zero value of each field is its default.
type Options struct {
	APIKey    string            // required; a leading "Bearer " is removed
	BaseURL   string            // default DefaultBaseURL
	UserAgent string            // default "runpod-queue-client"
	Headers   map[string]string // added to each request; values are treated as secrets
	TLS       *tls.Config       // default: the system's roots
	Transport http.RoundTripper // replaces the pooled transport; for tests
	// Proxy returns the proxy for a request; default [http.ProxyFromEnvironment].
	Proxy          func(*http.Request) (*url.URL, error)
	RequestTimeout time.Duration // one HTTP exchange; a long poll adds its wait
	MaxRetries     *int          // attempts after the first; default DefaultMaxRetries
	RetryMinWait   time.Duration
	RetryMaxWait   time.Duration
	InterruptGrace time.Duration                // how long a request that must not be repeated continues after an interrupt; default InterruptGrace
	ReplyBudget    int64                        // bytes of replies in memory while they are read; default DefaultReplyBudget
	MaxConcurrent  int                          // requests at once, long polls included
	OnEvent        func(context.Context, Event) // called with every exchange; must not block
	// AddressHint says why BaseURL may not be the intended address. It is added to
	// errors that a wrong address can cause.
	AddressHint string
}

// Event describes one HTTP exchange, successful or not. It has no headers and no
// bodies.
type Event struct {
	Operation  Operation
	EndpointID string
	JobID      string // or the id of the batch
	Attempt    int    // from 1
	StatusCode int    // 0 when there was no reply
	Duration   time.Duration
	Err        error // nil when the reply was usable
	// Dropped names the members of the reply that were ignored, because they have an
	// unexpected type or an impossible value.
	Dropped []string
}

// Client talks to the API. It is safe for concurrent use; all users of one
// client share its limits.
type Client struct {
	base          *url.URL
	authorization string
	userAgent     string
	headers       map[string]string
	secrets       *secretBook
	transport     http.RoundTripper
	single        http.RoundTripper // opens a connection for each request
	kept          keptConnections
	maxHold       time.Duration // longest wait of a long poll
	budget        *budget
	garbage       atomic.Int64 // bytes of outputs that were dropped
	handle        handler
}

// New returns a client. It makes no request.
func New(o Options) (*Client, error) {
	c, err := newClient(o)
	if err != nil {
		return nil, err
	}
	if _, err := proxyOf(o)(&http.Request{URL: c.base}); err != nil {
		return nil, err
	}
	return c, nil
}

// newClient is [New] without checking the proxy's address.
func newClient(o Options) (*Client, error) {
	key, err := NormalizeAPIKey(o.APIKey)
	if err != nil {
		return nil, err
	}
	if o.BaseURL == "" {
		o.BaseURL = DefaultBaseURL
	}
	base, err := ParseBaseURL(o.BaseURL)
	if err != nil {
		return nil, err
	}
	for name, value := range o.Headers {
		if err := CheckHeader(name, value); err != nil {
			return nil, err
		}
	}
	secrets := append(slices.Collect(maps.Values(o.Headers)), key)
	c := &Client{
		base:          base,
		authorization: "Bearer " + key,
		userAgent:     orDefault(o.UserAgent, "runpod-queue-client"),
		headers:       o.Headers,
		secrets:       newSecretBook(append(secrets, proxySecrets(proxyOf(o), base)...)...),
		transport:     o.Transport,
		single:        o.Transport,
		maxHold:       MaxSyncWait,
		budget:        newBudget(orDefault(o.ReplyBudget, DefaultReplyBudget)),
	}
	if o.MaxConcurrent == 1 {
		// A long poll would keep the only slot from a submission or a cancel.
		c.maxHold = MinSyncWait
	}
	if o.Transport == nil {
		pooled := newTransport(o)
		single := pooled.Clone()
		single.DisableKeepAlives = true
		c.transport, c.single = pooled, single
	}
	c.handle = c.newHandler(o)
	return c, nil
}

// ConsoleURL returns the address of an endpoint in Runpod's console; "" when
// the client does not use the public API.
func (c *Client) ConsoleURL(endpointID string) string {
	if base := c.base.String(); base != DefaultBaseURL && base != DefaultManagementBaseURL || CheckID(endpointID) != nil {
		return ""
	}
	return "https://console.runpod.io/serverless/user/endpoint/" + endpointID
}

func orDefault[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// NormalizeAPIKey trims a key and removes a leading "Bearer ". It refuses an
// empty key and one that is not allowed in a header.
func NormalizeAPIKey(key string) (string, error) {
	key = strings.TrimSpace(key)
	if len(key) >= 7 && strings.EqualFold(key[:7], "bearer ") {
		key = strings.TrimSpace(key[7:])
	}
	if key == "" || strings.EqualFold(key, "bearer") {
		return "", errors.New("the API key is empty")
	}
	if strings.ContainsFunc(key, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return "", errors.New("the API key has a character that is not allowed in a header: a space, a line break or a non-ASCII character")
	}
	return key, nil
}

// ParseBaseURL checks the address of an API: an absolute URL without user,
// query or fragment, over https, or over http when the host is this machine.
func ParseBaseURL(s string) (*url.URL, error) {
	s = strings.TrimSpace(s)
	if !strings.Contains(s, "://") {
		return nil, missingScheme(s)
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, fmt.Errorf("the base URL cannot be read: %w", errors.Unwrap(err))
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("the base URL must start with https://")
	case u.Hostname() == "":
		return nil, errors.New("the base URL has no host")
	case u.User != nil:
		return nil, errors.New("the base URL must not hold a user or password; the key is sent in a header")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("the base URL must not have a query or a fragment")
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("plain http would send the API key in clear text to %s; use https (http is accepted for this machine's own addresses only)", u.Hostname())
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

// halfScheme matches an incomplete scheme at the start of an address, such as https:/.
var halfScheme = regexp.MustCompile(`^(https?:)?/*`)

// missingScheme returns the error for an address such as 127.0.0.1:8911/v2. It
// suggests one that is accepted, where there is any.
func missingScheme(s string) error {
	text := "the base URL must start with https://, or with http:// for this machine's own addresses"
	if strings.Contains(s, "@") { // there may be a password before it
		return errors.New("the base URL must start with https://")
	}
	rest := halfScheme.ReplaceAllString(s, "")
	if ip := net.ParseIP(rest); ip != nil && strings.Contains(rest, ":") {
		rest = "[" + rest + "]"
	}
	for _, scheme := range []string{"http://", "https://"} {
		if u, err := ParseBaseURL(scheme + rest); err == nil {
			return fmt.Errorf("%s, such as %s", text, Printable(u.String(), maxName))
		}
	}
	return errors.New(text)
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

var headerName = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")

// CheckHeader refuses a header that the client sets itself, one that changes
// what net/http does with a request, or one that is malformed.
func CheckHeader(name, value string) error {
	switch http.CanonicalHeaderKey(name) {
	case "Authorization", "Host", "Content-Length", "Content-Type", "Transfer-Encoding", "Connection", "User-Agent", "Accept":
		return fmt.Errorf("the header %q is set by the provider itself and cannot be overridden", name)
	case "Idempotency-Key", "X-Idempotency-Key":
		// With either, net/http considers a POST safe to repeat by itself.
		return fmt.Errorf("the header %q would let a submission be sent twice when a connection breaks: the API knows no such key", name)
	case "Accept-Encoding", "Content-Encoding", "Expect", "Te", "Trailer", "Upgrade":
		// With Accept-Encoding, net/http would not decompress replies, and a job's id
		// could not be read.
		return fmt.Errorf("the header %q changes how requests and replies travel and cannot be set", name)
	}
	if !headerName.MatchString(name) {
		return fmt.Errorf("%q is not the name of a header", name)
	}
	if strings.ContainsAny(value, "\r\n\x00") {
		return fmt.Errorf("the value of header %q has a line break", name)
	}
	return nil
}

var idPattern = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// CheckID refuses an endpoint id that is empty or has characters that would
// change the path of a URL.
func CheckID(id string) error {
	if id == "" {
		return errors.New("the id is empty")
	}
	if !idPattern.MatchString(id) {
		return errors.New("an endpoint id has letters, digits, hyphens and underscores only, at most 128 of them: use the part of the URL after /v2/")
	}
	return nil
}
