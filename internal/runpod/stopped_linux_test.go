package runpod_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/runpod"
)

const stoppedServer = "RUNPOD_TEST_STOPPED_SERVER"

// TestStoppedProcess stops a process, as Ctrl-Z does, between a
// submission and its reply, for longer than the request timeout. It still learns
// the id, which is in the socket when it continues.
func TestStoppedProcess(t *testing.T) {
	if url := os.Getenv(stoppedServer); url != "" {
		submitOnce(t, url)
		return
	}
	t.Parallel()
	const timeout = 300 * time.Millisecond // in submitOnce
	arrived, answer := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		close(arrived)
		<-answer
		_, _ = w.Write([]byte(success[runpod.OpRun]))
	}))
	defer server.Close()
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestStoppedProcess$")
	cmd.Env = append(os.Environ(), stoppedServer+"="+server.URL)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	<-arrived
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	close(answer)
	time.Sleep(2 * timeout) // the time that passes is what is tested
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v: %s", err, &out)
	}
}

func submitOnce(t *testing.T, url string) {
	t.Helper()
	client := tableClient(t, runpod.Options{BaseURL: url, RequestTimeout: 300 * time.Millisecond})
	if job, err := client.Run(t.Context(), "ep", aRequest); err != nil || job.ID != "job-1" {
		t.Errorf("got %+v, %v", job, err)
	}
}
