//go:build !race

package acctest_test

const raceDetector = false
