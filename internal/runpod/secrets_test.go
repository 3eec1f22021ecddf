package runpod_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/http2"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// requestSecrets are the secrets of one submission, by where they come from. The
// test of the program has the same table for what Terraform shows and stores.
var requestSecrets = map[string]string{
	"API key":            "rpa_KEY0123456789ABCDEF",
	"header":             "header<&>secret-value",
	"webhook's user":     "hook-user-name",
	"webhook's password": "hook-pass-word",
	"webhook's path":     "T0123456ABCDEF",
	"webhook's query":    "query-token-value",
	"S3 secret":          "wJalrXUtnFEMI/K7MDENG+bPxRfi",
	"write-only input":   "write only \"input\"",
	"proxy's user":       "proxy-user-name",
	"proxy's password":   "proxy/pass word",
}

// sources are the ways in which text of a server, or of a proxy, gets into errors.
var sources = map[string]func(t *testing.T, text string) runpod.Options{
	"error of the API":   answering(func(text string) string { return httpReply("400 Bad Request", `{"error":"`+text+`"}`) }),
	"problem of the API": answering(func(text string) string { return httpReply("401 Unauthorized", `{"status":401,"detail":"`+text+`"}`) }),
	"text":               answering(func(text string) string { return httpReply("500 Internal Server Error", text) }),
	"page":               answering(func(text string) string { return httpReply("502 Bad Gateway", "<html><title>"+text+"</title></html>") }),
	"refusal":            answering(func(text string) string { return httpReply("200 OK", `{"error":"`+text+`"}`) }),
	"no JSON":            answering(func(text string) string { return httpReply("200 OK", text) }),
	"another form":       answering(func(text string) string { return httpReply("200 OK", `{"id":{"`+text+`":1}}`) }),
	"long error":         answering(func(text string) string { return httpReply("400 Bad Request", strings.Repeat("x", 450)+text) }),
	"status line":        answering(func(text string) string { return "HTTP/1.1 " + text + "\r\n\r\n" }),
	"protocol":           answering(func(text string) string { return text + " 200 OK\r\n\r\n" }),
	"header line":        answering(func(text string) string { return "HTTP/1.1 200 OK\r\nAuthorization Bearer " + text + "\r\n\r\n" }),
	"length":             answering(func(text string) string { return "HTTP/1.1 200 OK\r\nContent-Length: " + text + "\r\n\r\n" }),
	"encoding":           answering(func(text string) string { return "HTTP/1.1 200 OK\r\nTransfer-Encoding: " + text + "\r\n\r\n" }),
	"redirect": answering(func(text string) string {
		return "HTTP/1.1 302 " + text + "\r\nLocation: https://" + text + "/\r\nContent-Length: 0\r\n\r\n"
	}),
	"GOAWAY":          goingAway,
	"proxy's reply":   proxied(func(text string) string { return "HTTP/1.1 " + text + "\r\n\r\n" }),
	"proxy's header":  proxied(func(text string) string { return "HTTP/1.1 200 OK\r\nProxy " + text + "\r\n\r\n" }),
	"proxy's refusal": proxied(func(text string) string { return httpReply("407 "+text, text) }),
}

func httpReply(status, body string) string {
	return fmt.Sprintf("HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

func answering(with func(text string) string) func(*testing.T, string) runpod.Options {
	return func(t *testing.T, text string) runpod.Options {
		t.Helper()
		return runpod.Options{BaseURL: "http://" + simtest.Raw(t, func(_ *http.Request, w io.Writer) { _, _ = io.WriteString(w, with(text)) })}
	}
}

func proxied(with func(text string) string) func(*testing.T, string) runpod.Options {
	return func(t *testing.T, text string) runpod.Options {
		t.Helper()
		return runpod.Options{
			BaseURL: "https://api.example.com",
			Proxy: http.ProxyURL(&url.URL{
				Scheme: "http", Host: simtest.Raw(t, func(_ *http.Request, w io.Writer) { _, _ = io.WriteString(w, with(text)) }),
				User: url.UserPassword(requestSecrets["proxy's user"], requestSecrets["proxy's password"]),
			}),
		}
	}
}

// TestNoSecrets makes every source repeat every secret in every
// encoding, and checks every place that a text of the client can get to. With the race
// detector it is every fifth source; "make testacc" tries them all without it.
func TestNoSecrets(t *testing.T) {
	t.Parallel()
	log.SetOutput(io.Discard) // net/http complains there of replies that nobody asked for
	for spelling, spell := range runpod.Spellings {
		t.Run(spelling, func(t *testing.T) {
			t.Parallel()
			var echo []string
			for _, secret := range requestSecrets {
				echo = append(echo, spell(secret))
			}
			for i, source := range slices.Sorted(maps.Keys(sources)) {
				if raceDetector && i%5 != 0 {
					continue
				}
				start := sources[source]
				for some := range slices.Chunk(echo, 3) { // an error shows about 500 bytes
					shown := submitSecrets(t, start(t, strings.Join(some, " ")))
					if len(shown) == 0 {
						t.Errorf("%s: no error", source)
					}
					for _, place := range shown {
						for kind, secret := range requestSecrets {
							middle := spell(secret)[len(spell(secret))/2-3:][:6]
							if strings.Contains(place, secret) || strings.Contains(place, spell(secret)) || strings.HasPrefix(spelling, "base64") && strings.Contains(place, middle) {
								t.Errorf("%s: %s is in %q", source, kind, place)
							}
						}
						if len(place) > 2000 {
							t.Errorf("%s: %d bytes are shown", source, len(place))
						}
					}
				}
			}
		})
	}
}

// submitSecrets submits a job with all the secrets and returns every text that
// comes out of the client.
func submitSecrets(t *testing.T, o runpod.Options) (shown []string) {
	t.Helper()
	var mu sync.Mutex
	none := 0
	o.APIKey, o.MaxRetries, o.RequestTimeout = requestSecrets["API key"], &none, 5*time.Second
	o.Headers = map[string]string{"X-Secret": requestSecrets["header"]}
	o.Proxy = orProxy(o.Proxy)
	o.OnEvent = func(_ context.Context, event runpod.Event) {
		mu.Lock()
		defer mu.Unlock()
		shown = append(shown, fmt.Sprintf("%+v", event))
	}
	client, err := runpod.New(o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Run(t.Context(), "ep", runpod.JobRequest{
		Input: []byte(`{"a":1}`), Secrets: []string{requestSecrets["write-only input"]},
		Webhook: fmt.Sprintf("https://%s:%s@hook.example.com/%s?token=%s", requestSecrets["webhook's user"],
			requestSecrets["webhook's password"], requestSecrets["webhook's path"], requestSecrets["webhook's query"]),
		S3Config: &runpod.S3Config{AccessSecret: requestSecrets["S3 secret"]},
	})
	for e := err; e != nil; e = errors.Unwrap(e) {
		shown = append(shown, e.Error(), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", e))
	}
	return shown
}

// orProxy makes a client know the proxy's secrets also where nothing goes through it.
func orProxy(proxy func(*http.Request) (*url.URL, error)) func(*http.Request) (*url.URL, error) {
	if proxy != nil {
		return proxy
	}
	asked := false
	return func(*http.Request) (*url.URL, error) {
		if asked {
			return nil, nil
		}
		asked = true // by New
		return &url.URL{Scheme: "http", Host: "proxy.example.com", User: url.UserPassword(requestSecrets["proxy's user"], requestSecrets["proxy's password"])}, nil
	}
}

// goingAway answers with a GOAWAY whose debug data hold the text.
func goingAway(t *testing.T, text string) runpod.Options {
	t.Helper()
	s := startFrameServer(t, &frameServer{at: afterBody, breakOff: func(c *frameConn, stream uint32) bool {
		_ = c.framer.WriteGoAway(stream, http2.ErrCodeInternal, []byte(text))
		return true
	}})
	return runpod.Options{BaseURL: s.url, TLS: s.tls}
}
