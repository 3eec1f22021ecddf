package runpod_test

import (
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func TestParseBaseURL(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"https://api.runpod.ai/v2":     "https://api.runpod.ai/v2",
		" https://api.runpod.ai/v2/ ":  "https://api.runpod.ai/v2",
		"http://127.0.0.1:8080/v2":     "http://127.0.0.1:8080/v2",
		"http://localhost:1":           "http://localhost:1",
		"http://[::1]:1":               "http://[::1]:1",
		"http://api.runpod.ai/v2":      "",
		"http://127.0.0.1.example.com": "",
		"ftp://localhost":              "",
		"api.runpod.ai/v2":             "",
		"https://":                     "",
		"https://user:pw@example.com":  "",
		"https://example.com?a=b":      "",
		"https://example.com/#x":       "",
		"https://exa mple.com":         "",
		"":                             "",
	} {
		u, err := runpod.ParseBaseURL(in)
		switch {
		case want == "" && err == nil:
			t.Errorf("%q was accepted as %s", in, u)
		case want != "" && (err != nil || u.String() != want):
			t.Errorf("%q: got %v, %v", in, u, err)
		case err != nil && strings.Contains(err.Error(), "pw"):
			t.Errorf("the password is in the error: %v", err)
		}
	}
}

// TestMissingScheme: the suggestion is an address that is accepted, or there is none.
func TestMissingScheme(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"127.0.0.1:8911/v2": "http://127.0.0.1:8911/v2", "localhost": "http://localhost", "[::1]:99/v2": "http://[::1]:99/v2", "::1": "http://[::1]",
		"api.runpod.ai/v2": "https://api.runpod.ai/v2", "//api.runpod.ai/v2": "https://api.runpod.ai/v2", "http:/localhost:1": "http://localhost:1",
		"https:/api.runpod.ai": "https://api.runpod.ai", "10.0.0.1:99": "https://10.0.0.1:99", "": "", "  ": "", "https:": "", "/v2": "https://v2", "exa mple": "", "user:pw@host": "",
	} {
		_, err := runpod.ParseBaseURL(in)
		if err == nil {
			t.Fatalf("%q is accepted", in)
		}
		_, got, _ := strings.Cut(err.Error(), "such as ")
		if got != want {
			t.Errorf("%q: %v, want %q", in, err, want)
		}
	}
}

func TestNormalizeAPIKey(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"rpa_x": "rpa_x", " rpa_x\n": "rpa_x", "Bearer rpa_x": "rpa_x", "bearer  rpa_x": "rpa_x",
		"": "", "  ": "", "Bearer ": "", "Bearer": "", "a b": "", "a\nb": "", "schlüssel": "",
	} {
		got, err := runpod.NormalizeAPIKey(in)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v", in, got, err)
		}
	}
}

func TestCheckHeader(t *testing.T) {
	t.Parallel()
	for name, ok := range map[string]bool{"X-Team": true, "CF-Access-Client-Id": true, "Authorization": false, "authorization": false, "Host": false, "a b": false, "": false,
		// With these net/http sends a POST again by itself.
		"Idempotency-Key": false, "x-idempotency-key": false,
		// With this one it leaves a reply compressed, so that the id in it is not learnt.
		"Accept-Encoding":  false,
		"Content-Encoding": false, "Accept": false, "Expect": false, "TE": false, "Trailer": false, "Upgrade": false,
	} {
		if err := runpod.CheckHeader(name, "v"); (err == nil) != ok {
			t.Errorf("%q: %v", name, err)
		}
	}
	if runpod.CheckHeader("X-A", "a\r\nAuthorization: x") == nil {
		t.Error("a value with a line break was accepted")
	}
}
