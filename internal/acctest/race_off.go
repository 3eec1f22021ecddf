//go:build !race

package acctest

// RaceDetector is documented in race_on.go.
const RaceDetector = false
