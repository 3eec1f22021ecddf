package diagnose

import (
	"strings"
	"testing"
)

// TestKeyList shows keys as they are, sorted by key, whatever is in them.
func TestKeyList(t *testing.T) {
	t.Parallel()
	var keys KeyList
	keys.Add("b (job z)", "job-1", "")
	keys.Add("a1", "", "submitted later")
	keys.Add("a", "", "submitted")
	text := Earlier{Work: SetKeys{Endpoint: "ep", Keys: keys}}.TakenOver().Detail
	for _, want := range []string{
		"3: a, a1, b (job z)\n",
		"Jobs: 3\n  a: submitted\n  a1: submitted later\n  b (job z) (job job-1)",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%s\nhas no %q", text, want)
		}
	}

	var files KeyList // a key stands in it once for each file
	files.Add("a: b", "job-2", "one.txt: full")
	files.Add("a", "job-1", "two.txt: full")
	files.Add("a", "job-1", "one.txt: full")
	text = Set{Endpoint: "ep"}.FilesUnrestorable(files).Detail
	if want := "Keys: 3\n  a (job job-1): one.txt: full\n  a (job job-1): two.txt: full\n  a: b (job job-2): one.txt: full"; !strings.Contains(text, want) {
		t.Errorf("%s\nhas no %q", text, want)
	}
}
