package main

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
			err := limitSDKLogs(func(k string) string { return env[k] }, func(k, v string) error { env[k] = v; return nil })
			if err != nil || env["TF_LOG_SDK"] != tc.want {
				t.Errorf("got %q, %v; want %q", env["TF_LOG_SDK"], err, tc.want)
			}
		})
	}
}
