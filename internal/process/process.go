package process

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
)

const (
	// gcPercent trades a few dozen megabytes for a third of the processor time
	// of an apply of many small resources: the heap is small, so at the default
	// it would be collected every few requests.
	gcPercent = 400
	// maxGarbage is how many bytes of garbage gcPercent may let pile up: a
	// resource with a thousand results makes the heap a large one.
	maxGarbage = 48 << 20
	// minPercent keeps a heap of any size from being collected all the time.
	minPercent = 50
)

// TuneCollector applies gcPercent within its bounds unless the environment sets
// GOGC.
func TuneCollector() {
	if _, set := os.LookupEnv("GOGC"); !set {
		afterCollection()
	}
}

// afterCollection sets the percentage for the next collection, after which it
// is called again.
func afterCollection() {
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	debug.SetGCPercent(percentFor(live[0].Value.Uint64()))
	sentinel := new([16]byte) // large enough to be collected by itself
	runtime.AddCleanup(sentinel, func(struct{}) { afterCollection() }, struct{}{})
}

// percentFor returns the percentage for a heap of which live bytes are in use.
func percentFor(live uint64) int {
	const most = maxGarbage * 100
	return int(min(gcPercent, max(minPercent, most/max(live, 1)))) //nolint:gosec // at most gcPercent
}

// Environment variables for the level of the logs that the plugin framework
// itself writes: all of them, and those of its part that goes through a
// resource value by value.
const (
	levelSDK       = "TF_LOG_SDK"
	levelFramework = "TF_LOG_SDK_FRAMEWORK"
)

// LimitSDKLogs sets the level of the framework's own logs to the one that the
// user asked for. The framework writes all of them otherwise, hundreds of lines
// for one resource, only for Terraform to read and drop them: that took as long
// as everything else together. In the second of its parts, a line that nobody
// reads takes the longer the more values stand before it, so a resource with
// thousands of them would take the square of that.
func LimitSDKLogs(getenv func(string) string, setenv func(key, value string) error) error {
	if getenv(levelSDK) != "" {
		return nil
	}
	level := "off"
	for _, name := range []string{"TF_LOG_PROVIDER", "TF_LOG"} {
		if set := getenv(name); set != "" {
			level = set
			break
		}
	}
	if level == "JSON" || level == "json" {
		return nil // every level
	}
	if getenv(levelFramework) == "" {
		if err := setenv(levelFramework, level); err != nil {
			return err
		}
	}
	return setenv(levelSDK, level)
}
