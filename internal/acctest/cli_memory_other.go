//go:build !linux

package acctest

import (
	"testing"
)

// WatchPeak skips the test: it needs /proc of Linux.
func WatchPeak(t *testing.T, _ *CLI) func() int64 {
	t.Helper()
	t.Skip("The memory of another process is measured on Linux only.")
	return nil
}
