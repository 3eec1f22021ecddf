//go:build !linux && !darwin

package acctest

import "testing"

// WithFileLimit skips the test where the size of files cannot be limited.
func WithFileLimit(t *testing.T, _ uint64, _ func(t *testing.T, lift func())) {
	t.Helper()
	t.Skip("there is no limit for the size of a file here")
}
