package main

import (
	"os"
	"runtime/debug"
)

// gcPercent trades a few dozen megabytes for a third of the processor time of
// an apply of many small resources: the heap is small, so at the default it
// would be collected every few requests.
const gcPercent = 400

// tuneCollector applies gcPercent unless the environment sets GOGC.
func tuneCollector() {
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(gcPercent)
	}
}

// levelSDK is the environment variable for the level of the logs that the
// plugin framework itself writes.
const levelSDK = "TF_LOG_SDK"

// limitSDKLogs sets the level of the framework's own logs to the one that the
// user asked for. The framework writes all of them otherwise, hundreds of lines
// for one resource, only for Terraform to read and drop them: that took as long
// as everything else together.
func limitSDKLogs(getenv func(string) string, setenv func(key, value string) error) error {
	if getenv(levelSDK) != "" {
		return nil
	}
	for _, name := range []string{"TF_LOG_PROVIDER", "TF_LOG"} {
		switch level := getenv(name); level {
		case "":
		case "JSON", "json":
			return nil // every level
		default:
			return setenv(levelSDK, level)
		}
	}
	return setenv(levelSDK, "off")
}
