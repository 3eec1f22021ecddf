package acctest

import "testing"

// Sized returns the size or the stride of a test that takes long: whole, and with the
// race detector another one, with which the detector sees the same in less time.
func Sized[T any](whole, withRace T) T {
	if RaceDetector {
		return withRace
	}
	return whole
}

// SkipWithRace skips a test that takes long because of its size, where the race
// detector would watch nothing but the test. "make testacc" runs it without.
func SkipWithRace(t testing.TB) {
	t.Helper()
	if RaceDetector {
		t.Skip(`It runs without the race detector: see "make testacc".`)
	}
}
