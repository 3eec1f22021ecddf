package process

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The test starts itself as a parent, which starts itself as a child that watches it.
const role = "PROCESS_TEST_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(role) {
	case "parent":
		child := exec.Command(os.Args[0]) //nolint:gosec // the test itself
		child.Env = append(os.Environ(), role+"=child")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			panic(err)
		}
		_, _ = io.Copy(io.Discard, os.Stdin) // until it is killed or the test ends
		_ = child.Process.Kill()
	case "parent of a late child":
		child := exec.Command(os.Args[0]) //nolint:gosec // the test itself
		child.Env = append(os.Environ(), role+"=late child")
		child.Stderr = os.Stdout
		read, err := child.StdoutPipe()
		if err != nil {
			panic(err)
		}
		if err := child.Start(); err != nil {
			panic(err)
		}
		_, _ = io.Copy(io.Discard, read) // until it is killed or the test ends
		_ = child.Process.Kill()
	case "late child":
		LeaveTerminationToParent()
		parent := os.Getppid()
		os.Stderr.WriteString("started\n") //nolint:errcheck // a lost line fails the test
		for os.Getppid() == parent {
			time.Sleep(time.Millisecond)
		}
		ended := make(chan struct{})
		WatchParent(func() { close(ended) })
		<-ended
		os.Stderr.WriteString("orphaned\n") //nolint:errcheck // a lost line fails the test
	case "child":
		LeaveTerminationToParent()
		ended := make(chan struct{})
		WatchParent(func() { close(ended) })
		os.Stdout.WriteString("watching\n") //nolint:errcheck // a lost line fails the test
		<-ended
		os.Stdout.WriteString("orphaned\n") //nolint:errcheck // a lost line fails the test
	default:
		os.Exit(m.Run())
	}
}

// TestWatchParent: a process notices that its parent was killed, even before it watches
// it.
func TestWatchParent(t *testing.T) {
	t.Parallel()
	t.Run("watched", func(t *testing.T) {
		t.Parallel()
		killedParent(t, "parent", "watching")
	})
	t.Run("too early to be watched", func(t *testing.T) {
		t.Parallel()
		if runtime.GOOS == "windows" {
			t.Skip("A process keeps its parent's id there.")
		}
		killedParent(t, "parent of a late child", "started")
	})
}

// killedParent kills a parent whose child has reported that it is ready, and waits for
// the child to notice.
func killedParent(t *testing.T, of, ready string) {
	t.Helper()
	parent := exec.Command(os.Args[0]) //nolint:gosec // the test itself
	parent.Env = append(os.Environ(), role+"="+of)
	stdin, err := parent.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close() //nolint:errcheck // it only ends a process that is still running
	stdout, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout) // the child keeps it open after its parent has exited
	if line, err := lines.ReadString('\n'); strings.TrimSpace(line) != ready {
		t.Fatalf("got %q, %v", line, err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if line, err := lines.ReadString('\n'); strings.TrimSpace(line) != "orphaned" {
		t.Errorf("got %q, %v", line, err)
	}
	_ = parent.Wait() // it was killed
}
