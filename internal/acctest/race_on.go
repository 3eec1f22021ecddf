//go:build race

package acctest

// RaceDetector reports whether the race detector is on, which makes everything several
// times slower. A test that takes long because of its size is smaller with it. "make
// testacc" runs it in full, without the detector.
const RaceDetector = true
