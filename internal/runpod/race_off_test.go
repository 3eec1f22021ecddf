//go:build !race

package runpod_test

const raceDetector = false
