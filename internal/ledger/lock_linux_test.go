package ledger_test

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLedger_copiedDescriptors checks that a process which ends does not keep its locks
// through copies of its descriptors, as a child process has them while it is started.
func TestLedger_copiedDescriptors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	submit(l, "a", "1")
	copies := copyDescriptors(t, dir)
	l.Abandon()
	next := open(t, dir)
	want(t, claim(next, "a"), "[1]")
	copies += copyDescriptors(t, dir)
	next.Abandon()
	want(t, claim(open(t, dir), "a"), "[1]")
	if copies == 0 {
		t.Error("no descriptor was copied")
	}
}

// copyDescriptors copies each descriptor of this process for a file in dir, until the end
// of the test, and returns how many there are.
func copyDescriptors(t *testing.T, dir string) (copies int) {
	t.Helper()
	const own = "/proc/self/fd"
	entries, err := os.ReadDir(own)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		target, err := os.Readlink(filepath.Join(own, e.Name()))
		if err != nil || !strings.HasPrefix(target, dir+"/") {
			continue
		}
		fd, err := strconv.Atoi(e.Name())
		if err != nil {
			t.Fatal(err)
		}
		other, err := unix.Dup(fd)
		if err != nil {
			t.Fatal(err)
		}
		copies++
		t.Cleanup(func() { _ = unix.Close(other) })
	}
	return copies
}
