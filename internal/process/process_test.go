package process

import (
	"os"
	"runtime/debug"
	"testing"
)

func TestLimitSDKLogs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"nobody reads them", nil, "off"},
		{"the general level", map[string]string{"TF_LOG": "DEBUG"}, "DEBUG"},
		{"the level of providers goes first", map[string]string{"TF_LOG": "ERROR", "TF_LOG_PROVIDER": "TRACE"}, "TRACE"},
		{"JSON is every level", map[string]string{"TF_LOG": "JSON"}, ""},
		{"what is no level is every level", map[string]string{"TF_LOG": "1"}, ""},
		{"the user's own choice stands", map[string]string{"TF_LOG": "TRACE", "TF_LOG_SDK": "WARN"}, "WARN"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{}
			for k, v := range tc.env {
				env[k] = v
			}
			err := LimitSDKLogs(func(k string) string { return env[k] }, func(k, v string) error { env[k] = v; return nil })
			if err != nil || env["TF_LOG_SDK"] != tc.want {
				t.Errorf("got %q, %v; want %q", env["TF_LOG_SDK"], err, tc.want)
			}
			want := tc.want
			if tc.env["TF_LOG_SDK"] != "" {
				want = "" // left alone as well
			}
			if env["TF_LOG_SDK_FRAMEWORK"] != want {
				t.Errorf("got %q for the framework, want %q", env["TF_LOG_SDK_FRAMEWORK"], want)
			}
		})
	}
}

func TestLimitProviderLogs(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name string
		env  map[string]string
		want string
	}{
		{"nobody reads them", nil, "off"},
		{"the general level", map[string]string{"TF_LOG": "DEBUG"}, "DEBUG"},
		{"the level of providers goes first", map[string]string{"TF_LOG": "ERROR", "TF_LOG_PROVIDER": "TRACE"}, "TRACE"},
		{"the level of the CLI is another", map[string]string{"TF_LOG_CORE": "TRACE"}, "off"},
		{"JSON is every level", map[string]string{"TF_LOG": "DEBUG", "TF_LOG_PROVIDER": "JSON"}, ""},
		{"what is no level is every level", map[string]string{"TF_LOG": "1"}, ""},
		{"in any case", map[string]string{"TF_LOG": "debug"}, "debug"},
		{"the user's own choice stands", map[string]string{"TF_LOG": "TRACE", "TF_LOG_PROVIDER_EXAMPLE": "WARN"}, "WARN"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{}
			for k, v := range tc.env {
				env[k] = v
			}
			err := LimitProviderLogs("example", func(k string) string { return env[k] }, func(k, v string) error { env[k] = v; return nil })
			if err != nil || env["TF_LOG_PROVIDER_EXAMPLE"] != tc.want {
				t.Errorf("got %q, %v; want %q", env["TF_LOG_PROVIDER_EXAMPLE"], err, tc.want)
			}
		})
	}
}

// TestTuneCollector: what the user sets stands.
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
