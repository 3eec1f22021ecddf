package ledger_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/ledger"
)

// TestLedger_foreign checks that files which this version has not written stay unchanged,
// whatever their names are, and that nothing in them is claimed.
func TestLedger_foreign(t *testing.T) {
	t.Parallel()
	source := t.TempDir()
	dead := open(t, source)
	submit(dead, "a", "1")
	dead.Abandon()
	raw, err := os.ReadFile(files(t, source)[0])
	if err != nil {
		t.Fatal(err)
	}
	written := string(raw)
	const own = "0123456789abcdef0123456789abcdef.jsonl"
	for name, tc := range map[string]struct{ file, content string }{
		"inputs of a set":           {"inputs.jsonl", `{"key":"a","input":{"prompt":"x"}}` + "\n"},
		"an empty file of the user": {"requests.jsonl", ""},
		"a copy of a ledger's file": {"copy of " + own, written},
		"a newer version":           {own, strings.Replace(written, `{"ledger":1`, `{"ledger":2`, 1)},
		"a version without entries": {own, `{"ledger":2,"salt":"00"}` + "\n" + `{"job":"1"}` + "\n"},
		"something else":            {own, "hello\nworld\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			path := filepath.Join(dir, tc.file)
			if err := os.WriteFile(path, []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			l := open(t, dir)
			want(t, claim(l, "a"), "[-]")
			l.Seen(false, "1")
			l.Remove(true, "1")
			submit(l, "b", "2").Returned()
			l.Close()
			if content, err := os.ReadFile(path); err != nil || string(content) != tc.content {
				t.Errorf("%q, %v", content, err)
			}
		})
	}
}

// TestLedger_unknownState checks that an entry in a state that only a later version knows
// stays unchanged.
func TestLedger_unknownState(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := open(t, dir)
	submit(l, "a", "1")
	l.Abandon()
	name := files(t, dir)[0]
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	later := strings.ReplaceAll(string(content), `"accepted"`, `"paused"`)
	if err := os.WriteFile(name, []byte(later), 0o600); err != nil {
		t.Fatal(err)
	}
	l = open(t, dir)
	want(t, claim(l, "a"), "[-]")
	l.Seen(false, "1")
	want(t, l.Remove(true, "1"), "map[]")
	l.Close()
	if left, err := os.ReadFile(name); err != nil || string(left) != later {
		t.Errorf("%q, %v", left, err)
	}
}

// TestLedger_cutHeader checks that a file with an incomplete header is removed, and a file
// that cannot be read after a week.
func TestLedger_cutHeader(t *testing.T) {
	t.Parallel()
	const own = "0123456789abcdef0123456789abcdef.jsonl"
	for content, days := range map[string]int{"": 0, `{"ledger":1,"sa`: 0, "\x00\x00\n{}\n": 9} {
		dir := t.TempDir()
		path := filepath.Join(dir, own)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		at := time.Now().AddDate(0, 0, -days)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
		l := ledger.New(ledger.Options{Dir: dir})
		want(t, claim(l, "a"), "[-]")
		l.Close()
		if left := files(t, dir); len(left) > 0 {
			t.Errorf("%q: left: %v", content, left)
		}
	}
}
