//go:build !linux

package batch_test

import (
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/acctest"
)

// watchPeak needs what only Linux tells of a process.
func watchPeak(t *testing.T, _ *acctest.CLI) func() int64 {
	t.Helper()
	t.Skip("The memory of another process is measured on Linux only.")
	return nil
}
