package acctest

import "testing"

// SkipWithRace skips a test that measures another process, or a size, where the
// race detector would watch nothing but the test. "make test" runs it without.
func SkipWithRace(t testing.TB) {
	t.Helper()
	if RaceDetector {
		t.Skip(`It runs without the race detector: see "make test".`)
	}
}
