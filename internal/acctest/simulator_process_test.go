package acctest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
)

// envKilled marks the process of TestStartSimulator_killed that is killed.
const envKilled = "ACCTEST_KILLED"

// TestStartSimulator_killed: no simulator outlives a test binary that is killed.
func TestStartSimulator_killed(t *testing.T) {
	if os.Getenv(envKilled) != "" {
		fmt.Println("simulator:", acctest.StartSimulator(t).URL)
		_, _ = io.Copy(io.Discard, os.Stdin) // until it is killed
		return
	}
	t.Parallel()
	binary := exec.Command(os.Args[0], "-test.run=^TestStartSimulator_killed$")
	binary.Env, binary.Stderr = append(os.Environ(), envKilled+"=yes", "TMPDIR="+t.TempDir()), os.Stderr
	if _, err := binary.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	stdout, err := binary.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := binary.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "simulator: ")
	at, parseErr := url.Parse(address)
	if err != nil || !ok || parseErr != nil {
		t.Fatalf("got %q, %v", line, err)
	}
	conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", at.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	// On exit, the simulator closes a connection immediately only if it has served a
	// request.
	if _, err := fmt.Fprintf(conn, "HEAD / HTTP/1.1\r\nHost: %s\r\n\r\n", at.Host); err != nil {
		t.Fatal(err)
	}
	if _, err := http.ReadResponse(bufio.NewReader(conn), &http.Request{Method: http.MethodHead}); err != nil { //nolint:bodyclose // HEAD has no body
		t.Fatal(err)
	}
	if err := binary.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, conn) // the simulator closes it on exit
	_ = binary.Wait()                // it was killed
	if again, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", at.Host); err == nil {
		_ = again.Close()
		t.Error("the simulator is still running")
	}
}
