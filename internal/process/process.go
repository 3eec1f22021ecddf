package process

import (
	"os"
	"runtime/debug"
	"strings"
)

const (
	// gcPercent trades a few dozen megabytes for a third of the CPU time of an apply of
	// many small resources: their heap is so small that with the default it would be
	// collected every few requests.
	gcPercent = 800
	// memoryLimit, in bytes, is the soft limit above which the collector runs more
	// often. The heap is large for a resource with a thousand results; with this limit
	// the process stays below 100 MB.
	memoryLimit = 72 << 20
)

// TuneCollector sets gcPercent and memoryLimit, unless the environment sets GOGC or
// GOMEMLIMIT.
func TuneCollector() {
	if _, set := os.LookupEnv("GOGC"); !set {
		debug.SetGCPercent(gcPercent)
	}
	if _, set := os.LookupEnv("GOMEMLIMIT"); !set {
		debug.SetMemoryLimit(memoryLimit)
	}
}

// Environment variables for the log levels of the plugin framework: of all its logs,
// and of the subsystem that walks through a resource value by value. The last is the
// prefix of the variable for the log level of a provider.
const (
	levelSDK       = "TF_LOG_SDK"
	levelFramework = "TF_LOG_SDK_FRAMEWORK"
	levelProvider  = "TF_LOG_PROVIDER_"
)

// LimitSDKLogs sets the level of the framework's own logs to the level that Terraform
// keeps. By default the framework writes all of them, hundreds of lines for one
// resource, and Terraform discards them: that took as long as everything else together.
// In the second subsystem the time for a line grows with the number of values before
// it, so a resource with thousands of values would take quadratic time.
// It leaves variables that are set unchanged, and returns an error of setenv.
func LimitSDKLogs(getenv func(string) string, setenv func(key, value string) error) error {
	level := keptLevel(getenv)
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

// LimitProviderLogs does the same for the logs of the provider with this name, which
// has a line for each request to the API. Writing a line that Terraform discards took a
// third of the CPU time of a request.
func LimitProviderLogs(name string, getenv func(string) string, setenv func(key, value string) error) error {
	variable, level := levelProvider+strings.ToUpper(name), keptLevel(getenv)
	if getenv(variable) != "" || level == "" {
		return nil
	}
	return setenv(variable, level)
}

// keptLevel returns the minimum level of the provider's logs that Terraform keeps; ""
// for all levels, which it keeps for JSON and for an invalid level such as 1.
func keptLevel(getenv func(string) string) string {
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
