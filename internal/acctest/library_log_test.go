package acctest_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
)

// TestAccLibraryLog: net/http logs an unsolicited response, which may repeat the key.
// It does not reach Terraform's log.
func TestAccLibraryLog(t *testing.T) {
	t.Parallel()
	const key = "rpa_KEY0123456789ABCDEF"
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		const body = `{"jobs":{},"workers":{}}`
		_, _ = fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%sunsolicited-marker %s\r\n\r\n", len(body), body, key)
		_, _ = conn.Read(make([]byte, 1)) // until the client closes the connection
	}))
	defer api.Close()
	cli := acctest.NewCLI(t)
	cli.WriteFile("main.tf", fmt.Sprintf(`
terraform {
  required_providers {
    runpodserverless = { source = "runpodserverless/runpodserverless" }
  }
}
provider "runpodserverless" {
  base_url    = %q
  endpoint_id = "demo"
}
data "runpodserverless_endpoint_health" "test" {}
`, api.URL))
	cli.Setenv("RUNPOD_API_KEY", key)
	cli.Trace()
	cli.MustRun("plan", "-no-color")
	log := cli.TraceLog()
	if !strings.Contains(log, "runpodserverless_endpoint_health") {
		t.Error("the log is not Terraform's")
	}
	for _, text := range []string{key, "unsolicited-marker"} {
		if i := strings.Index(log, text); i >= 0 {
			t.Errorf("%s is in the log: …%s…", text, log[max(0, i-300):i])
		}
	}
}
