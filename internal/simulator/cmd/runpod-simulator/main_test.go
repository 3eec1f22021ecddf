package main

import (
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/simulator"
)

// parse parses flags.
func parse(args ...string) (*settings, error) {
	s := &settings{}
	flags := flag.NewFlagSet("runpod-simulator", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	s.define(flags)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	return s, s.complete(flags.Args())
}

func TestFlags(t *testing.T) {
	t.Parallel()
	s, err := parse("-allow-remote", "-workers", "0", "-throttled", "2", "-unhealthy", "1", "-crash-loop", "no", "-fault", `{"op":"run","kind":"429"}`)
	if err != nil {
		t.Fatal(err)
	}
	if e := s.endpoint; e.Workers != simulator.NoWorkers || e.Throttled != 2 || e.Unhealthy != 1 || e.CrashLoop.Line != "no" || len(s.faults) != 1 || !s.options.AnyHost {
		t.Errorf("%+v", s)
	}
	for _, args := range [][]string{
		{"-endpoint", "a,b", "-endpoint", "a"}, {"-endpoint", "a=internal"}, {"-endpoint", "=external"}, {"-endpoint", ""},
		{"-worker-env-file", "x"}, {"-worker-count", "0"}, {"-worker-command", "x", "-endpoint", "a=external,b=external"}, {"-worker-command", "x", "-endpoint", "a,b"},
		{"-endpoint", "a/b"}, {"-endpoint", "a b"}, {"-endpoint", "$(id)=external"}, {"-api-key", ""}, {"-api-key", "a,,b"}, {"-api-key", "a b"}, {"-restricted-key", "a,"},
		{"-speed", "0"}, {"-speed", "-3"}, {"-speed", "NaN"}, {"-speed", "Inf"}, {"-speed", "1e30"}, {"-latency", "-1s"}, {"-cold-start", "-5s"},
		{"-endpoint-version", "0"}, {"-rollout", "-1s"}, {"-throttled", "-1"}, {"-unhealthy", "-1"}, {"-log-bytes", "-1"}, {"-log-every", "-1s"},
		{"-exit-on-eof", "--", "true"}, {"-worker-count", "3"}, {"-workers", "5", "-worker-command", "x"}, {"-workers", "5", "-endpoint", "a=external"},
		{"-workers", "-1"}, {"-workers", "many"}, {"-fault", `{"kind":"nonsense"}`}, {"-fault", "no"}, {"-rollout", "soon"},
	} {
		if _, err := parse(args...); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}

// TestListen: an address without a port is rejected with that reason, and so is an
// address that other machines can reach.
func TestListen(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"localhost": "needs an address with a port", "127.0.0.1": "needs an address with a port", "": "needs an address with a port", "::1": "needs an address with a port",
		"0.0.0.0:0": "0.0.0.0:0 is not a loopback address", ":0": ":0 is not a loopback address",
	} {
		s, err := parse("-listen", address)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.serve(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: want %q, got %v", address, want, err)
		}
	}
}

func TestEndpoints(t *testing.T) {
	t.Parallel()
	for args, want := range map[string]string{
		"":                                         "demo",
		"-workers external":                        "demo=external",
		"-endpoint a,b -workers external":          "a=external b=external",
		"-endpoint demo -endpoint mine=external":   "demo mine=external",
		"-endpoint demo,mine=external":             "demo mine=external",
		"-worker-command x":                        "demo=external",
		"-endpoint a,b=external -worker-command x": "a b=external",
	} {
		s, err := parse(strings.Fields(args)...)
		if err != nil {
			t.Errorf("%q: %v", args, err)
			continue
		}
		var got []string
		for _, id := range slices.Sorted(maps.Keys(s.options.Endpoints)) {
			if s.options.Endpoints[id].External {
				id += "=external"
			}
			got = append(got, id)
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: %q, want %q", args, got, want)
		}
	}
}

// TestCommand: the program exits with the command that it runs, and with its exit code;
// the worker's environment is in the file.
func TestCommand(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("The command needs a shell.")
	}
	dir := t.TempDir()
	out, env := filepath.Join(dir, "out"), filepath.Join(dir, "worker.env")
	s, err := parse("-endpoint", "mine=external", "-worker-env-file", env, "-journal", filepath.Join(dir, "journal"), "--",
		"sh", "-c", `echo "$RUNPOD_ENDPOINT_BASE_URL $RUNPOD_MANAGEMENT_BASE_URL $RUNPOD_API_KEY $RUNPOD_ENDPOINT_ID" >"$0"; exit 3`, out)
	if err != nil {
		t.Fatal(err)
	}
	var exit *exec.ExitError
	if err := s.serve(); !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Fatalf("want exit code 3, got %v", err)
	}
	raw, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(raw))
	if len(words) != 4 || words[1] != strings.TrimSuffix(words[0], "/v2")+"/management/v2" || words[2] != simulator.DefaultAPIKey || words[3] != "mine" {
		t.Errorf("the command saw %q", raw)
	}
	raw, err = os.ReadFile(env)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"RUNPOD_WEBHOOK_GET_JOB=" + words[0] + "/mine/job-take/$ID?gpu=SIM\n", "RUNPOD_POD_ID=worker-1\n",
		"RUNPOD_WEBHOOK_POST_OUTPUT=" + words[0] + "/mine/job-done/$RUNPOD_POD_ID/$ID?gpu=SIM\n", "RUNPOD_AI_API_KEY=rpa_simulator\n", "RUNPOD_PING_INTERVAL=10000\n",
	} {
		if !strings.Contains(string(raw), want) {
			t.Errorf("no %q in\n%s", want, raw)
		}
	}
}

// TestJournalNotWritable: without a journal the command is not run.
func TestJournalNotWritable(t *testing.T) {
	t.Parallel()
	s, err := parse("-journal", filepath.Join(t.TempDir(), "missing", "journal"), "--", "no-such-command")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.serve(); !errors.Is(err, os.ErrNotExist) || errors.Is(err, exec.ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

// TestCommandSignals: each signal is forwarded once.
func TestCommandSignals(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("The command needs a shell.")
	}
	out := filepath.Join(t.TempDir(), "out")
	signals := make(chan os.Signal)
	ended := make(chan error, 1)
	go func() {
		ended <- address{}.run([]string{"sh", "-c", `trap 'echo term >>"$0"; n=1' TERM; echo up >"$0"; until [ "$n" ]; do sleep 0.05; done; sleep 0.3; exit 4`, out}, signals)
	}()
	for range 600 {
		if raw, err := os.ReadFile(out); err == nil && len(raw) > 0 {
			break
		}
		time.Sleep(50 * time.Millisecond)
	}
	signals <- syscall.SIGTERM
	signals <- syscall.SIGTERM
	var exit *exec.ExitError
	if err := <-ended; !errors.As(err, &exit) || exit.ExitCode() != 4 {
		t.Errorf("want exit code 4, got %v", err)
	}
	if raw, err := os.ReadFile(out); err != nil || string(raw) != "up\nterm\n" {
		t.Errorf("%q, %v", raw, err)
	}
}

// TestAnnouncement: the shell lines and the arguments of docker have the same
// variables.
func TestAnnouncement(t *testing.T) {
	t.Parallel()
	var text strings.Builder
	at := address{host: "http://127.0.0.1:8008", key: "rpa_simulator", endpoint: "mine"}
	at.announce(&text)
	at.announceWorker(&text, "mine")
	for _, want := range []string{
		"export RUNPOD_MANAGEMENT_BASE_URL=http://127.0.0.1:8008/management/v2\n",
		"  export RUNPOD_WEBHOOK_GET_JOB='http://127.0.0.1:8008/v2/mine/job-take/$ID?gpu=SIM'\n",
		"  docker run --rm --network host \\\n    -e 'RUNPOD_WEBHOOK_GET_JOB=http://127.0.0.1:8008/v2/mine/job-take/$ID?gpu=SIM' \\\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("no %q in\n%s", want, text.String())
		}
	}
}
