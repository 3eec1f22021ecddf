//go:build race

package acctest

// RaceDetector reports whether the race detector is on, which makes everything
// several times as slow. A test that takes long because of its size is smaller
// with it, and whole without it: see "make testacc".
const RaceDetector = true
