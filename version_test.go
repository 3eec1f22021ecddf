package main

import "testing"

func TestBuild(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ version, commit, want string }{
		{"1.2.3", "0123456789abcdef", "1.2.3+0123456"},
		{"1.2.3", "0123", "1.2.3+0123"},
		{"dev", "none", "dev"},
		{"dev", "", "dev"},
	} {
		if got := build(tc.version, tc.commit); got != tc.want {
			t.Errorf("build(%q, %q): got %q, want %q", tc.version, tc.commit, got, tc.want)
		}
	}
}
