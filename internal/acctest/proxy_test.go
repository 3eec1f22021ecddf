package acctest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
)

// TestAccProxy: an error of a proxy names the proxy, its status and what to do, and its
// password is not in any output.
func TestAccProxy(t *testing.T) {
	t.Parallel()
	const user, password = "proxyuser", "proxy-pass%24word"
	const job = `
provider "runpodserverless" {
  api_key        = "rpa_not_a_key"
  base_url       = "https://api.example.com/v2"
  endpoint_id    = "demo"
  max_retries    = 1
  retry_min_wait = "10ms"
  retry_max_wait = "10ms"
}
resource "runpodserverless_job" "test" {
  input = { prompt = "hello" }
}
`
	answering := func(status int) func(t *testing.T) string {
		return func(t *testing.T) string {
			proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(status)
				_, _ = w.Write([]byte(r.Header.Get("Proxy-Authorization")))
			}))
			t.Cleanup(proxy.Close)
			return strings.TrimPrefix(proxy.URL, "http://")
		}
	}
	gone := func(t *testing.T) string {
		proxy := httptest.NewServer(http.NotFoundHandler())
		proxy.Close()
		return strings.TrimPrefix(proxy.URL, "http://")
	}
	for name, tc := range map[string]struct {
		scheme string
		host   func(t *testing.T) string
		says   []string
	}{
		"a login is required": {"http", answering(http.StatusProxyAuthRequired), []string{"Unable to submit the job", "refused to connect to api.example.com:443: HTTP 407", "the proxy requires credentials", "HTTPS_PROXY"}},
		"not allowed":         {"http", answering(http.StatusForbidden), []string{"refused to connect to api.example.com:443: HTTP 403 Forbidden", "have its administrator allow it", "NO_PROXY"}},
		"in trouble":          {"http", answering(http.StatusServiceUnavailable), []string{"HTTP 503", "that of the proxy in HTTPS_PROXY"}},
		"not there":           {"http", gone, []string{"proxyconnect", "refused"}},
		"of SOCKS, not there": {"socks5", gone, []string{"the connection failed"}},
		"of TLS, not it":      {"https", answering(http.StatusForbidden), []string{"the connection failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cli := acctest.NewCLI(t)
			cli.WriteFile("main.tf", acctest.RequiredProviders()+job)
			cli.Setenv("HTTPS_PROXY", tc.scheme+"://"+user+":"+password+"@"+tc.host(t))
			cli.Setenv("NO_PROXY", "")
			cli.Setenv("no_proxy", "")
			cli.Trace()
			r := cli.Run("apply", "-auto-approve", "-no-color")
			text := strings.Join(strings.Fields(strings.NewReplacer("│", "", "╷", "", "╵", "").Replace(r.Output())), " ")
			if r.ExitCode != 1 {
				t.Errorf("exit code %d", r.ExitCode)
			}
			for _, part := range tc.says {
				if !strings.Contains(text, part) {
					t.Errorf("%q is not in:\n%s", part, text)
				}
			}
			if strings.Contains(text, "outcome is unknown") {
				t.Errorf("nothing was sent, and it says:\n%s", text)
			}
			for where, log := range map[string]string{"output": r.Output(), "trace": cli.TraceLog()} {
				for _, secret := range []string{user, password, "proxy-pass$word"} {
					if strings.Contains(log, secret) {
						t.Errorf("%q is in the %s", secret, where)
					}
				}
			}
		})
	}
}
