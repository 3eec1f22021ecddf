package process

import (
	"errors"
	"maps"
	"os"
	"runtime/debug"
	"testing"
)

// TestLimitLogs: the levels of the framework's logs and of the provider's logs are
// those that Terraform keeps, unless the user has set them.
func TestLimitLogs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name                     string
		env                      map[string]string
		sdk, framework, provider string
	}{
		{"nobody reads them", nil, "off", "off", "off"},
		{"the general level", map[string]string{"TF_LOG": "DEBUG"}, "DEBUG", "DEBUG", "DEBUG"},
		{"the level of providers goes first", map[string]string{"TF_LOG": "ERROR", "TF_LOG_PROVIDER": "TRACE"}, "TRACE", "TRACE", "TRACE"},
		{"the level of the CLI is another", map[string]string{"TF_LOG_CORE": "TRACE"}, "off", "off", "off"},
		{"JSON is every level", map[string]string{"TF_LOG": "JSON"}, "", "", ""},
		{"JSON for providers is every level", map[string]string{"TF_LOG": "DEBUG", "TF_LOG_PROVIDER": "JSON"}, "", "", ""},
		{"what is no level is every level", map[string]string{"TF_LOG": "1"}, "", "", ""},
		{"in any case", map[string]string{"TF_LOG": "debug"}, "debug", "debug", "debug"},
		{"the user's own choice for the framework stands", map[string]string{"TF_LOG": "TRACE", "TF_LOG_SDK": "WARN"}, "WARN", "", "TRACE"},
		{"the user's own choice for a part of it stands", map[string]string{"TF_LOG": "TRACE", "TF_LOG_SDK_FRAMEWORK": "WARN"}, "TRACE", "WARN", "TRACE"},
		{"the user's own choice for the provider stands", map[string]string{"TF_LOG": "TRACE", "TF_LOG_PROVIDER_EXAMPLE": "WARN"}, "TRACE", "TRACE", "WARN"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{}
			maps.Copy(env, tc.env)
			getenv := func(name string) string { return env[name] }
			setenv := func(name, value string) error { env[name] = value; return nil }
			if err := errors.Join(LimitSDKLogs(getenv, setenv), LimitProviderLogs("example", getenv, setenv)); err != nil {
				t.Fatal(err)
			}
			for name, want := range map[string]string{"TF_LOG_SDK": tc.sdk, "TF_LOG_SDK_FRAMEWORK": tc.framework, "TF_LOG_PROVIDER_EXAMPLE": tc.provider} {
				if env[name] != want {
					t.Errorf("%s: got %q, want %q", name, env[name], want)
				}
			}
		})
	}
}

// TestTuneCollector: the user's settings win.
func TestTuneCollector(t *testing.T) {
	percent, limit := debug.SetGCPercent(100), debug.SetMemoryLimit(-1)
	defer func() { debug.SetGCPercent(percent); debug.SetMemoryLimit(limit) }()
	for name, tc := range map[string]struct {
		env     map[string]string
		percent int
		limit   int64
	}{
		"nothing set": {nil, gcPercent, memoryLimit},
		"GOGC":        {map[string]string{"GOGC": "50"}, 100, memoryLimit},
		"GOMEMLIMIT":  {map[string]string{"GOMEMLIMIT": "1GiB"}, gcPercent, limit},
	} {
		t.Run(name, func(t *testing.T) {
			for _, variable := range []string{"GOGC", "GOMEMLIMIT"} {
				t.Setenv(variable, "") // restored when the test ends
				if err := os.Unsetenv(variable); err != nil {
					t.Fatal(err)
				}
			}
			for variable, value := range tc.env {
				t.Setenv(variable, value)
			}
			debug.SetGCPercent(100)
			debug.SetMemoryLimit(limit)
			TuneCollector()
			if got := debug.SetGCPercent(100); got != tc.percent {
				t.Errorf("%d %%, want %d", got, tc.percent)
			}
			if got := debug.SetMemoryLimit(-1); got != tc.limit {
				t.Errorf("%d bytes, want %d", got, tc.limit)
			}
		})
	}
}
