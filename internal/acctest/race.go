package acctest

import "testing"

// Sized returns the size or the stride of a test that takes long: whole, or withRace
// with the race detector, which finds the same races in a smaller test.
func Sized[T any](whole, withRace T) T {
	if RaceDetector {
		return withRace
	}
	return whole
}

// SkipWithRace skips a test that takes long because of its size and in which the race
// detector would check nothing but the test itself. "make testacc" runs it without the
// detector.
func SkipWithRace(t testing.TB) {
	t.Helper()
	if RaceDetector {
		t.Skip(`It runs without the race detector: see "make testacc".`)
	}
}
