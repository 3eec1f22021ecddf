package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

const (
	apiKey   = "rpa_simulator"
	endpoint = "demo"
	// readyTimeout is how long a simulator may take to start.
	readyTimeout = 10 * time.Second
)

// simulator is a process of the simulator.
type simulator struct {
	url    string // base_url
	cmd    *exec.Cmd
	client *http.Client
}

// simulator returns the simulator with these flags, and starts it if necessary.
func (b *bench) simulator(ctx context.Context, flags []string) (*simulator, error) {
	key := strings.Join(flags, " ")
	if s, ok := b.simulators[key]; ok {
		return s, nil
	}
	ready := filepath.Join(b.dir, fmt.Sprintf("ready-%d", len(b.simulators)))
	cmd := exec.Command(filepath.Join(b.dir, "simulator"), append([]string{"-quiet", "-exit-on-eof", "-ready-file", ready}, flags...)...) //nolint:gosec // built by the benchmark itself
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil { // the pipe closes when the benchmark exits
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	s := &simulator{cmd: cmd, client: &http.Client{Timeout: time.Minute}}
	b.simulators[key] = s
	deadline := time.Now().Add(readyTimeout)
	for {
		if url, err := os.ReadFile(ready); err == nil && strings.HasSuffix(string(url), "\n") { //nolint:gosec // the benchmark's own file
			s.url = strings.TrimSpace(string(url))
			return s, nil
		}
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case time.Now().After(deadline):
			return nil, errors.New("the simulator does not start")
		}
		time.Sleep(5 * time.Millisecond)
	}
}

func (s *simulator) stop() {
	_ = s.cmd.Process.Signal(os.Interrupt) // it may have exited
	_ = s.cmd.Wait()
}

// exchange is a request in the simulator's journal.
type exchange struct {
	Time     time.Time     `json:"time"`
	Op       string        `json:"op"`
	JobID    string        `json:"job_id"`
	Status   int           `json:"status"`
	Accepted bool          `json:"accepted"`
	Held     time.Duration `json:"held_ns"`
	Remote   string        `json:"remote_addr"`
}

func (x exchange) end() time.Time { return x.Time.Add(x.Held) }

// reset clears the simulator's journal.
func (s *simulator) reset(ctx context.Context) error {
	return s.ask(ctx, http.MethodPost, "reset", nil)
}

// journal returns the requests since the last reset.
func (s *simulator) journal(ctx context.Context) ([]exchange, error) {
	var all []exchange
	err := s.ask(ctx, http.MethodGet, "journal", &all)
	return all, err
}

// outputs returns the digests of all jobs' outputs.
func (s *simulator) outputs(ctx context.Context) (map[string]bool, error) {
	var all map[string]struct{ SHA256 string }
	err := s.ask(ctx, http.MethodGet, "outputs?endpoint="+endpoint, &all)
	digests := make(map[string]bool, len(all))
	for _, output := range all {
		digests[output.SHA256] = true
	}
	return digests, err
}

func (s *simulator) ask(ctx context.Context, method, what string, reply any) error {
	req, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.url, "/v2")+"/_simulator/"+what, http.NoBody)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", apiKey)
	resp, err := s.client.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("the simulator answers %s to %s", resp.Status, what)
	}
	if reply == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(reply)
}
