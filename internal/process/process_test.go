package process

import "testing"

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

func TestPercentFor(t *testing.T) {
	t.Parallel()
	for live, want := range map[uint64]int{0: 400, 4 << 20: 400, 12 << 20: 400, 24 << 20: 200, 48 << 20: 100, 96 << 20: 50, 1 << 30: 50} {
		if got := percentFor(live); got != want {
			t.Errorf("%d MiB in use: %d %%, want %d", live>>20, got, want)
		}
	}
}
