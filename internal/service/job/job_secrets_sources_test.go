package job_test

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/http2"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

const proxySecret = "SECRET_of_the_proxy"

// TestAccJobResource_secretsBySource lets whatever stands between the provider and
// the API repeat every secret where net/http quotes it: in broken HTTP, in a
// proxy's reply, in the debug text of a GOAWAY. No place that outlives the apply
// holds one: neither the screen, the log at TRACE, a file of the folder, the
// ledger included, nor a temporary file; nor do the arguments of a process.
func TestAccJobResource_secretsBySource(t *testing.T) {
	t.Parallel()
	acctest.RequireWriteOnly(t)
	var all []string
	for _, secret := range secrets {
		all = append(all, secret)
	}
	slices.Sort(all)
	echo := strings.Join(all, " and ")
	for name, tc := range map[string]struct {
		serve func(t *testing.T, seen func()) (baseURL, proxy, ca string)
	}{
		"a malformed header": {rawServer("HTTP/1.1 200 OK\r\nAuthorization Bearer " + echo + "\r\n\r\n")},
		"a malformed length": {rawServer("HTTP/1.1 200 OK\r\nContent-Length: " + echo + "\r\n\r\n")},
		"a status line":      {rawServer("HTTP/1.1 " + echo + "\r\n\r\n")},
		"a proxy":            {rawProxy("HTTP/1.1 " + proxySecret + " and " + echo + "\r\n\r\n")},
		"a GOAWAY":           {goingAway(echo)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var arguments []string
			baseURL, proxy, ca := tc.serve(t, func() { arguments = append(arguments, processArguments(t)) })
			cli := newCLI(t, strings.Replace(secretConfiguration(&simtest.Sim{Server: simulator.New(simulator.Options{}), URL: baseURL}, ""),
				"  max_retries    = 1\n", "  max_retries = 0\n  ca_cert_pem = "+fmt.Sprintf("%q", ca)+"\n", 1))
			for variable, argument := range map[string]string{"api_key": "api_key", "header": "headers", "webhook": "webhook", "access_secret": "s3_config.access_secret", "input": "input_wo", "output": "sensitive_output"} {
				cli.Setenv("TF_VAR_"+variable, secrets[argument])
			}
			temporary := t.TempDir()
			cli.Setenv("TMPDIR", temporary)
			cli.Setenv("HTTPS_PROXY", proxy)
			cli.Trace()
			r := cli.Run("apply", "-auto-approve", "-no-color")
			if r.ExitCode != 1 || !strings.Contains(r.Output(), "the submission") && !strings.Contains(r.Output(), "submit the job") {
				t.Fatalf("exit code %d\n%s", r.ExitCode, r.Output())
			}
			places := map[string]string{"the screen": r.Output(), "the arguments of a process": strings.Join(arguments, "\n")}
			for _, root := range []string{cli.Dir, temporary} {
				for path, content := range filesBelow(t, root) {
					places[path] = content
				}
			}
			if len(places) < 4 || len(arguments) == 0 {
				t.Fatalf("too few places: %d, arguments of %d requests", len(places), len(arguments))
			}
			for where, text := range places {
				for _, secret := range append([]string{proxySecret}, all...) {
					if i := strings.Index(text, secret); i >= 0 {
						t.Errorf("%s holds %s: …%s…", where, secret, text[max(0, i-200):i])
					}
				}
			}
		})
	}
}

// filesBelow returns the content of each regular file, by its path.
func filesBelow(t *testing.T, root string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(path)
		files[path] = string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// processArguments returns the arguments of every process, where the system tells.
func processArguments(t *testing.T) string {
	if runtime.GOOS != "linux" {
		return runtime.GOOS
	}
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Error(err)
	}
	var all strings.Builder
	for _, name := range names {
		content, _ := os.ReadFile(name) // of one that has ended, none
		all.Write(content)
	}
	return all.String()
}

// rawServer answers each request with a text as it is.
func rawServer(reply string) func(*testing.T, func()) (string, string, string) {
	return func(t *testing.T, seen func()) (baseURL, proxy, ca string) {
		t.Helper()
		return "http://" + listenRaw(t, reply, seen), "", ""
	}
}

// rawProxy is the same for a proxy on the way to an API elsewhere.
func rawProxy(reply string) func(*testing.T, func()) (string, string, string) {
	return func(t *testing.T, seen func()) (baseURL, proxy, ca string) {
		t.Helper()
		return "https://api.example.com/v2", "http://user:" + proxySecret + "@" + listenRaw(t, reply, seen), ""
	}
}

func listenRaw(t *testing.T, reply string, seen func()) (address string) {
	t.Helper()
	return simtest.Raw(t, func(_ *http.Request, w io.Writer) {
		seen()
		_, _ = io.WriteString(w, reply)
	})
}

// goingAway is an HTTP/2 server that ends the connection with a text, once it has
// seen a request.
func goingAway(text string) func(*testing.T, func()) (string, string, string) {
	return func(t *testing.T, seen func()) (baseURL, proxy, ca string) {
		t.Helper()
		server := httptest.NewUnstartedServer(nil)
		server.EnableHTTP2 = true
		server.StartTLS()
		certificate := server.Certificate()
		config := server.TLS.Clone()
		server.Close()
		config.NextProtos = []string{"h2"}
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = listener.Close() })
		go func() {
			for {
				conn, err := listener.Accept()
				if err != nil {
					return
				}
				goAway(conn, config, text, seen)
			}
		}()
		return "https://" + listener.Addr().String(), "", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
	}
}

func goAway(raw net.Conn, config *tls.Config, text string, seen func()) {
	conn := tls.Server(raw, config)
	defer conn.Close()
	preface := make([]byte, len(http2.ClientPreface))
	if _, err := io.ReadFull(conn, preface); err != nil {
		return
	}
	framer := http2.NewFramer(conn, conn)
	_ = framer.WriteSettings()
	for {
		frame, err := framer.ReadFrame()
		if err != nil {
			return
		}
		if data, ok := frame.(*http2.DataFrame); ok && data.StreamEnded() {
			seen()
			_ = framer.WriteGoAway(data.StreamID, http2.ErrCodeInternal, []byte(text))
			return
		}
	}
}
