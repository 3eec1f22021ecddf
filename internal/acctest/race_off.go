//go:build !race

package acctest

// RaceDetector is documented where it is true.
const RaceDetector = false
