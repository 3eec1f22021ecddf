//go:build !windows

package supervisor

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/demoworker"
	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator/simtest"
)

// asWorker is the variable with which the test binary runs as a worker.
const asWorker = "SUPERVISOR_TEST_WORKER"

// asSimulator is the variable with which it runs as a simulator with this command.
const asSimulator = "SUPERVISOR_TEST_SIMULATOR"

func TestMain(m *testing.M) {
	if command := os.Getenv(asSimulator); command != "" {
		sim := simulator.New(simulator.Options{Endpoints: map[string]simulator.Endpoint{"mine": {External: true}}})
		if _, err := Start(Options{Simulator: sim, EndpointID: "mine", Command: command, Output: os.Stdout}); err != nil {
			panic(err)
		}
		_, _ = io.Copy(io.Discard, os.Stdin) // until it is killed or the test ends
		return
	}
	if os.Getenv(asWorker) == "" {
		os.Exit(m.Run())
	}
	fmt.Println("pid", os.Getpid())
	w := demoworker.Worker{Getenv: os.Getenv, Handler: handle, Log: func(text string) { fmt.Println(text) }}
	_ = w.Run(context.Background())
}

// handle is Demo, with an additional input that exits the process.
func handle(ctx context.Context, job demoworker.Job, r demoworker.Reporter) (any, error) {
	var in struct {
		Exit    int
		Refresh bool
	}
	_ = json.Unmarshal(job.Input, &in)
	switch {
	case in.Exit > 0:
		os.Exit(in.Exit)
	case in.Refresh:
		return map[string]any{"refresh_worker": true}, nil
	}
	return demoworker.Demo(ctx, job, r)
}

// stage is a simulator with supervised workers.
type stage struct {
	*simtest.Sim
	*Supervisor
	t      *testing.T
	mu     sync.Mutex
	output bytes.Buffer
}

func (s *stage) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.output.Write(p)
}

func (s *stage) printed() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.output.String()
}

func startStage(t *testing.T, command string, count int) *stage {
	t.Helper()
	t.Parallel()
	s := &stage{t: t, Sim: simtest.Start(t, simulator.Options{Endpoints: map[string]simulator.Endpoint{"mine": {External: true}}})}
	var err error
	s.Supervisor, err = Start(Options{Simulator: s.Server, EndpointID: "mine", BaseURL: s.URL, APIKey: s.APIKey, Command: command, Count: count, Output: s})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Stop)
	return s
}

// self returns the command that starts a worker.
func self(t *testing.T) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return asWorker + "=1 exec '" + program + "'"
}

func (s *stage) get(method, url, body string, into any) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", s.APIKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(resp.Body).Decode(into); err != nil || resp.StatusCode != 200 {
		s.t.Fatalf("%s %s: %s %v", method, url, resp.Status, err)
	}
}

type job struct {
	ID, Status, WorkerID string
	Output, Error        any
	Retries              int
}

// run submits a job and waits for its end.
func (s *stage) run(input string) job {
	s.t.Helper()
	var j job
	s.get("POST", s.URL+"/mine/run", `{"input":`+input+`}`, &j)
	s.get("GET", s.URL+"/mine/status-sync/"+j.ID+"?wait=60000", "", &j)
	return j
}

// statuses returns the statuses of the workers by id.
func (s *stage) statuses() map[string]string {
	s.t.Helper()
	var reply struct{ Workers []struct{ ID, Status string } }
	s.get("GET", s.ManagementURL+"/serverless/mine/workers", "", &reply)
	statuses := make(map[string]string)
	for _, w := range reply.Workers {
		statuses[w.ID] = w.Status
	}
	return statuses
}

// log reads a worker's log until a line contains want.
func (s *stage) log(id, want string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", s.ManagementURL+"/serverless/mine/workers/"+id+"/logs", http.NoBody)
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", s.APIKey)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	read := ""
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if read += lines.Text() + "\n"; strings.Contains(lines.Text(), want) {
			return
		}
	}
	s.t.Fatalf("the log of %s lacks %q:\n%s", id, want, read)
}

// until waits until a condition is true.
func (s *stage) until(what string, holds func() bool) {
	s.t.Helper()
	for range 600 {
		if holds() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	s.t.Fatalf("%s: still false; %v\n%s", what, s.statuses(), s.printed())
}

// pids returns the ids of the processes that logged this word.
func (s *stage) pids(word string) []int {
	var pids []int
	for line := range strings.Lines(s.printed()) {
		if _, text, ok := strings.Cut(strings.TrimSpace(line), "] "+word+" "); ok {
			pid, _ := strconv.Atoi(text)
			pids = append(pids, pid)
		}
	}
	return pids
}

// alive reports whether a process is running; a zombie is not.
func alive(pid int) bool {
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		_, state, _ := strings.Cut(string(stat), ") ")
		return !strings.HasPrefix(state, "Z")
	}
	return syscall.Kill(pid, 0) == nil
}

func TestSupervisor(t *testing.T) {
	s := startStage(t, self(t), 2)
	s.until("both are ready", func() bool { st := s.statuses(); return st["worker-1"] == "IDLE" && st["worker-2"] == "IDLE" })
	if j := s.run(`{"text":"hello"}`); j.Status != "COMPLETED" || fmt.Sprint(j.Output) != "map[text:HELLO]" {
		t.Errorf("%+v", j)
	}
	j := s.run(`{"raise":"kaboom"}`)
	if j.Status != "FAILED" || !strings.Contains(fmt.Sprint(j.Error), "kaboom") {
		t.Errorf("%+v", j)
	}
	s.log(j.WorkerID, "Captured Handler Exception")
	s.until("output is prefixed", func() bool { return strings.Contains(s.printed(), "["+j.WorkerID+"] kaboom\n") })
	pids := s.pids("pid")
	s.Stop()
	for _, pid := range pids {
		if alive(pid) {
			t.Errorf("process %d is alive after Stop", pid)
		}
	}
	if len(pids) != 2 || len(s.statuses()) != 0 {
		t.Errorf("processes %v; listed after Stop: %v", pids, s.statuses())
	}
}

// TestKilled: the job of a worker that is killed is dispatched once more, to the
// replacement; a job whose handler always kills its worker fails.
func TestKilled(t *testing.T) {
	s := startStage(t, self(t), 1)
	s.until("it is ready", func() bool { return s.statuses()["worker-1"] == "IDLE" })
	var j job
	s.get("POST", s.URL+"/mine/run", `{"input":{"sleep":1,"text":"a"}}`, &j)
	s.until("it runs", func() bool { return s.statuses()["worker-1"] == "RUNNING" })
	if err := syscall.Kill(s.pids("pid")[0], syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.get("GET", s.URL+"/mine/status-sync/"+j.ID+"?wait=60000", "", &j)
	if j.Status != "COMPLETED" || j.Retries != 1 || len(s.pids("pid")) != 2 {
		t.Errorf("%+v", j)
	}
	if j := s.run(`{"exit":3}`); j.Status != "FAILED" || j.Error != "job timed out after 1 retries" || j.Retries != 1 {
		t.Errorf("%+v", j)
	}
	s.log("worker-1", "worker exited with code 3; it is started again in")
	if j := s.run(`{"text":"a"}`); j.Status != "COMPLETED" {
		t.Errorf("%+v", j)
	}
}

// TestCrashLoop: three exits within a short time show as in the cloud: only in the
// logs.
func TestCrashLoop(t *testing.T) {
	s := startStage(t, `echo "No module named 'torch'"; exit 1`, 1)
	s.until("it is in a crash loop", func() bool { return s.statuses()["worker-1"] == "THROTTLED" })
	s.log("worker-1", "No module named 'torch'")
	s.log("worker-1", "crash loop")
	var health struct{ Workers map[string]int }
	s.get("GET", s.URL+"/mine/health", "", &health)
	if health.Workers["unhealthy"] != 0 || health.Workers["throttled"] != 1 || health.Workers["ready"] != 0 {
		t.Error(health)
	}
}

// TestRefresh: a worker that asked to be restarted is restarted at once, and that does
// not count as a crash.
func TestRefresh(t *testing.T) {
	s := startStage(t, self(t), 1)
	for range 4 {
		if j := s.run(`{"refresh":true}`); j.Status != "COMPLETED" || j.Retries != 0 {
			t.Errorf("%+v", j)
		}
	}
	s.until("it was replaced", func() bool { return len(s.pids("pid")) == 5 })
	s.until("it is ready", func() bool { return s.statuses()["worker-1"] == "IDLE" })
	if strings.Contains(s.printed(), "started again in 2") {
		t.Errorf("a pause before the restart:\n%s", s.printed())
	}
}

// TestStop_processGroup: stopping kills a worker's child processes, and a worker that
// ignores the signal.
func TestStop_processGroup(t *testing.T) {
	s := startStage(t, `trap '' TERM; sleep 1000 & echo child $!; echo pid $$; wait; sleep 1000`, 1)
	s.until("it runs", func() bool { return len(s.pids("pid")) == 1 })
	pids := append(s.pids("pid"), s.pids("child")...)
	s.Stop()
	for _, pid := range pids {
		s.until("the process has ended", func() bool { return !alive(pid) })
	}
}

// TestSimulatorKilled: no worker and none of its child processes outlives a simulator
// that was killed.
func TestSimulatorKilled(t *testing.T) {
	t.Parallel()
	sim := exec.Command(os.Args[0]) //nolint:gosec // the test itself
	sim.Env = append(os.Environ(), asSimulator+`=trap '' TERM; sleep 1000 & echo "pids $$ $!"; wait; sleep 1000`)
	stdin, err := sim.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close() //nolint:errcheck // it only ends a process that is still running
	stdout, err := sim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := sim.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadString('\n')
	var pids [2]int
	if _, scanErr := fmt.Sscanf(line, "[worker-1] pids %d %d", &pids[0], &pids[1]); scanErr != nil {
		t.Fatalf("%q: %v, %v", line, scanErr, err)
	}
	if err := sim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = sim.Wait() // it was killed
	for _, pid := range pids {
		for n := 0; alive(pid); n++ {
			if n == 200 {
				_ = syscall.Kill(pid, syscall.SIGKILL)
				t.Fatalf("process %d is alive", pid)
			}
			time.Sleep(50 * time.Millisecond)
		}
	}
}

func TestStart_invalid(t *testing.T) {
	t.Parallel()
	sim := simulator.New(simulator.Options{})
	defer sim.Close()
	for _, id := range []string{"demo", "none"} {
		if _, err := Start(Options{Simulator: sim, EndpointID: id, Command: "true"}); err == nil {
			t.Errorf("endpoint %s is accepted", id)
		}
	}
}

func TestRestarts(t *testing.T) {
	t.Parallel()
	var r restarts
	now := time.Now()
	for n, want := range []struct {
		ran, pause time.Duration
		crashLoop  bool
	}{
		{0, 250 * time.Millisecond, false},
		{time.Second, 500 * time.Millisecond, false},
		{time.Second, time.Second, true},
		{9 * time.Second, 2 * time.Second, true},
		{11 * time.Second, 250 * time.Millisecond, false},
		{6 * time.Second, 500 * time.Millisecond, false},
		{6 * time.Second, time.Second, false},
		{0, 2 * time.Second, true},
	} {
		started := now
		now = now.Add(want.ran)
		pause, crashLoop := r.next(started, now)
		if pause != want.pause || crashLoop != want.crashLoop {
			t.Errorf("exit %d: %s, %v", n, pause, crashLoop)
		}
	}
	for range 100 {
		if pause, _ := r.next(now, now); pause > 15*time.Second {
			t.Errorf("a pause of %s", pause)
		}
	}
}

// TestPython: the protocol works with a client that is not written in Go.
func TestPython(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("The worker needs Python.")
	}
	s := startStage(t, python+" testdata/worker.py", 1)
	if j := s.run(`{"text":"grün 漢字","n":9007199254740993}`); j.Status != "COMPLETED" || !strings.Contains(fmt.Sprint(j.Output), "grün 漢字") {
		t.Errorf("%+v", j)
	}
	if j := s.run(`{"raise":"kaboom"}`); j.Status != "FAILED" || !strings.Contains(fmt.Sprint(j.Error), `"error_type": "<class 'ValueError'>"`) {
		t.Errorf("%+v", j)
	}
	j := s.run(`{"stream":["a","b"]}`)
	var page struct {
		Status string
		Stream []struct{ Output string }
	}
	s.get("GET", s.URL+"/mine/stream/"+j.ID, "", &page)
	if len(page.Stream) != 2 || page.Stream[1].Output != "b" {
		t.Errorf("%+v", page)
	}
	s.log("worker-1", "run "+j.ID)
}
