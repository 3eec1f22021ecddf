//go:build race

package runpod_test

// raceDetector reports whether the race detector is on: see acctest.Sized, which
// these tests cannot use, because nothing here knows of Terraform.
const raceDetector = true
