package jobmodel

import (
	"slices"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/dynamicjson"
)

// TestTextsOf: every string of a secret input is found.
func TestTextsOf(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string][]string{
		`{"token":"secret one","list":[{"a":"secret two"},1]}`:  {"secret one", "secret two"},
		`{"token":"secret one","n":1e400}`:                      {"secret one"},
		`{"n":-1e999,"list":[1e-999,"secret two"],"z":null}`:    {"secret two"},
		`{"n":123456789012345678901234567890,"t":"secret one"}`: {"secret one"},
	} {
		v, err := dynamicjson.Decode([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		got := textsOf(v)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", raw, got, want)
		}
	}
}
