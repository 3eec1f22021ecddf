package acctest

import (
	"encoding/json"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// simulatorPackage is the command that serves the simulator.
const simulatorPackage = modulePath + "/internal/simulator/cmd/runpod-simulator"

// simulatorStart is the timeout for starting a simulator's process.
const simulatorStart = time.Minute

// SimulatorProcess is a simulator in a process of its own, without the race detector.
// It is for tests with so many requests that the detector would take most of the time.
type SimulatorProcess struct {
	*simtest.Sim // has the address and the key, but no server
	t            testing.TB
}

// StartSimulator builds the simulator's command and serves it on loopback with these
// flags until the test ends. The process also exits if the test binary is killed: its
// standard input is a pipe that only the binary keeps open.
func StartSimulator(t testing.TB, flags ...string) *SimulatorProcess {
	t.Helper()
	dir := t.TempDir()
	if err := build(dir, "runpod-simulator", simulatorPackage); err != nil {
		t.Fatalf("build the simulator: %v", err)
	}
	ready := filepath.Join(dir, "ready")
	cmd := exec.Command(filepath.Join(dir, "runpod-simulator"), append([]string{"-quiet", "-exit-on-eof", "-ready-file", ready}, flags...)...) //nolint:gosec // built just now
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatalf("start the simulator: %v", err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("start the simulator: %v", err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill() // it stores nothing
		_ = cmd.Wait()
	})
	var url string
	started := simtest.When(t, func() bool {
		content, _ := os.ReadFile(ready)
		line, ok := strings.CutSuffix(string(content), "\n")
		url = line
		return ok
	})
	select {
	case <-started:
	case <-time.After(simulatorStart):
		t.Fatal("the simulator does not start")
	}
	return &SimulatorProcess{Sim: &simtest.Sim{URL: url, ManagementURL: strings.TrimSuffix(url, "/v2") + simulator.ManagementPath, APIKey: simulator.DefaultAPIKey}, t: t}
}

// Journal returns the requests so far, without their headers and bodies.
func (s *SimulatorProcess) Journal() simulator.Journal {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, strings.TrimSuffix(s.URL, "/v2")+"/_simulator/journal", nil)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+s.APIKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatalf("read the simulator's journal: %v", err)
	}
	defer resp.Body.Close()
	var journal simulator.Journal
	if err := json.NewDecoder(resp.Body).Decode(&journal); err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("read the simulator's journal: HTTP %d, %v", resp.StatusCode, err)
	}
	return journal
}
