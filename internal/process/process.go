package process

import (
	"os"
	"runtime/debug"
	"strings"
)

const (
	// gcPercent trades a few dozen megabytes for a third of the processor time
	// of an apply of many small resources: the heap is small, so at the default
	// it would be collected every few requests.
	gcPercent = 800
	// memoryLimit, in bytes, is where the collector runs more often than that. A
	// resource with a thousand results makes the heap large; the process stays
	// below 100 MB with it.
	memoryLimit = 72 << 20
)

// TuneCollector sets gcPercent and memoryLimit, each unless the environment sets
// its variable.
func TuneCollector() {
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(gcPercent)
	}
	if _, set := os.LookupEnv("GOMEMLIMIT"); !set {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// Environment variables for the level of the logs that the plugin framework
// itself writes: all of them, and those of its part that goes through a
// resource value by value; and the beginning of the variable for the logs that a
// provider of some name writes.
const (
	levelSDK       = "TF_LOG_SDK"
	levelFramework = "TF_LOG_SDK_FRAMEWORK"
	levelProvider  = "TF_LOG_PROVIDER_"
)

// LimitSDKLogs sets the level of the framework's own logs to the one that the
// user asked for. The framework writes all of them otherwise, hundreds of lines
// for one resource, only for Terraform to read and drop them: that took as long
// as everything else together. In the second of its parts, a line that nobody
// reads takes the longer the more values stand before it, so a resource with
// thousands of them would take the square of that.
func LimitSDKLogs(getenv func(string) string, setenv func(key, value string) error) error {
	level := levelRead(getenv)
	if getenv(levelSDK) != "" || level == "" {
		return nil
	}
	if getenv(levelFramework) == "" {
		if err := setenv(levelFramework, level); err != nil {
			return err
		}
	}
	return setenv(levelSDK, level)
}

// LimitProviderLogs does the same for the logs of the provider of this name, which
// has a line for each request to the API: to write a line that nobody reads took a
// third of the processor time of a request.
func LimitProviderLogs(name string, getenv func(string) string, setenv func(key, value string) error) error {
	variable, level := levelProvider+strings.ToUpper(name), levelRead(getenv)
	if getenv(variable) != "" || level == "" {
		return nil
	}
	return setenv(variable, level)
}

// levelRead returns the level from which on Terraform reads what a provider logs; ""
// for every level, which it reads for JSON and for what is no level, such as 1.
func levelRead(getenv func(string) string) string {
	for _, name := range []string{"TF_LOG_PROVIDER", "TF_LOG"} {
		switch level := getenv(name); strings.ToUpper(level) {
		case "":
		case "TRACE", "DEBUG", "INFO", "WARN", "ERROR", "OFF":
			return level
		default:
			return ""
		}
	}
	return "off"
}
