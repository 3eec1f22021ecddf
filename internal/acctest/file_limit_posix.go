//go:build linux || darwin

package acctest

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
)

// envLimited is set in the process in which a test runs with a limit.
const envLimited = "RUNPODSERVERLESS_TEST_LIMITED"

// WithFileLimit calls f in a process of its own, in which no file can be larger than
// limit: a write fails in the middle of a file, as on a full disk. lift ends that. The
// test must be one of the top level.
func WithFileLimit(t *testing.T, limit uint64, f func(t *testing.T, lift func())) {
	t.Helper()
	if os.Getenv(envLimited) != t.Name() {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1") //nolint:gosec // this test itself
		child.Env = append(os.Environ(), envLimited+"="+t.Name())
		if out, err := child.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ) // which would end the process; without it, the write fails
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	set := func(l syscall.Rlimit) {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &l); err != nil {
			t.Fatal(err)
		}
	}
	now := before
	now.Cur = limit
	set(now)
	f(t, func() { set(before) })
}
