//go:build race

package acctest_test

// raceDetector reports whether the race detector is on, which makes everything
// several times as slow.
const raceDetector = true
