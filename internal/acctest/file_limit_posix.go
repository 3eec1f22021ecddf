//go:build linux || darwin

package acctest

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
	"testing"
)

// envLimited is set in the process in which a test runs with the limit.
const envLimited = "RUNPODSERVERLESS_TEST_LIMITED"

// WithFileLimit calls f in a process of its own with a limit for the size of files, in
// bytes. A larger write fails in the middle of a file, as on a full disk. lift removes
// the limit. The test must not be a subtest.
func WithFileLimit(t *testing.T, limit uint64, f func(t *testing.T, lift func())) {
	t.Helper()
	if os.Getenv(envLimited) != t.Name() {
		child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1") //nolint:gosec // the test binary itself
		child.Env = append(os.Environ(), envLimited+"="+t.Name())
		if out, err := child.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	signal.Ignore(syscall.SIGXFSZ) // the signal would end the process; if it is ignored, the write fails
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
