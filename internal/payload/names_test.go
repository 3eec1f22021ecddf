package payload_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
)

// TestCanonical checks that names of the same file on some system have the same canonical
// name, and other names have not.
func TestCanonical(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		one, other string
		same       bool
	}{
		"the same":                    {"out/a.txt", "out/a.txt", true},
		"not clean":                   {"out/./a.txt", "./out//a.txt", true},
		"case":                        {"out/a.txt", "out/A.TXT", true},
		"case of a folder":            {"out/a.txt", "Out/a.txt", true},
		"case, not ASCII":             {"out/éa", "out/ÉA", true},
		"case, three letters":         {"out/K", "out/\u212a", true}, // the Kelvin sign
		"case, sigma":                 {"out/ς", "out/Σ", true},
		"sharp s":                     {"out/straße", "out/STRASSE", true},
		"composed, or not":            {"out/\u00e9", "out/e\u0301", true},
		"composed, and another case":  {"out/\u00e9", "out/E\u0301", true},
		"two marks in another order":  {"out/a\u0323\u0302", "out/a\u0302\u0323", true},
		"a dot at the end":            {"out/a", "out/a.", true},
		"a dot at a folder's end":     {"out/a/x", "out/a./x", true},
		"spaces at the end":           {"out/a", "out/a. ", true},
		"another letter":              {"out/a", "out/b", false},
		"an accent":                   {"out/e", "out/é", false},
		"an extension":                {"out/a.txt", "out/a.bin", false},
		"a dot at the beginning":      {"out/a", "out/.a", false},
		"a folder":                    {"out/a/x", "out/b/x", false},
		"ligatures are other letters": {"out/æ", "out/ae", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if one, other := payload.Canonical(tc.one), payload.Canonical(tc.other); (one == other) != tc.same {
				t.Errorf("%q and %q", one, other)
			}
			var r payload.Registry
			r.Plan("a", true, tc.one)
			if _, ok := r.Plan("b", true, tc.other); ok == tc.same {
				t.Errorf("%s and %s can be claimed by two: %v", tc.one, tc.other, ok)
			}
			r.Release("b")
			if _, _, ok := r.Create(tc.other); ok == tc.same {
				t.Errorf("%s can be created beside %s: %v", tc.other, tc.one, ok)
			}
		})
	}
}

// TestCanonicalAll checks that CanonicalAll returns the same as Canonical for each name.
func TestCanonicalAll(t *testing.T) {
	folder := t.TempDir()
	t.Chdir(folder)
	for _, name := range []string{"real/below", "elsewhere"} {
		if err := os.MkdirAll(name, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile("real/file", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{
		"link": "real", "real/to-file": "file", "real/to-nothing": "../elsewhere/nothing", "real/to-below": "below",
		"real/loop": "loop", "elsewhere/up": "..", "elsewhere/absolute": filepath.Join(folder, "real", "file"),
	} {
		if err := os.Symlink(to, link); err != nil {
			t.Skipf("make a symbolic link, which needs a privilege on Windows: %v", err)
		}
	}
	var names []string
	for _, in := range []string{"", ".", "..", "/", "real", "link", "real/../link", "elsewhere/up/link", "real/to-below", "missing/folder", "real/file", "real/loop"} {
		for _, name := range []string{"file", "File.", "to-file", "to-nothing", "to-below", "loop", "absolute", "missing", "..", ""} {
			names = append(names, filepath.FromSlash(in+"/"+name), filepath.Join(in, name))
		}
	}
	for i, got := range payload.CanonicalAll(names) {
		if want := payload.Canonical(names[i]); got != want {
			t.Errorf("%s: got %s, want %s", names[i], got, want)
		}
	}
}

// TestCheckSyntax checks the names that are refused on Windows and on other systems.
func TestCheckSyntax(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 247)
	for name, tc := range map[string]struct {
		path              string
		anywhere, windows string // why the name is refused
	}{
		"a file":                 {"out/a.txt", "", ""},
		"above":                  {"../out/a.txt", "", ""},
		"absolute":               {"/out/a.txt", "", ""},
		"with a dot":             {"./out/.a", "", ""},
		"a device":               {"out/nul", "", "a device"},
		"a device in any case":   {"out/Aux.txt", "", "a device"},
		"a device, extensions":   {"out/con.tar.gz", "", "a device"},
		"a device, space":        {"out/con .txt", "", "a device"},
		"a port":                 {"out/COM1.json", "", "a device"},
		"a port, not ASCII":      {"out/lpt²", "", "a device"},
		"a device as a folder":   {"prn/a.txt", "", "a device"},
		"almost a device":        {"out/com.txt", "", ""},
		"almost a port":          {"out/com10.txt", "", ""},
		"like a device":          {"out/console", "", ""},
		"a stream":               {"out/a:b", "", "contains one of"},
		"a drive":                {"out/c:/a", "", "contains one of"},
		"a wildcard":             {"out/a*", "", "contains one of"},
		"a dot at the end":       {"out/a.", "", "ends with"},
		"three dots":             {"out/.../a", "", "ends with"},
		"a space at the end":     {"out/a ", "", "ends with"},
		"two dots and a space":   {"out/.. /a", "", "ends with"},
		"too long":               {"out/" + long, "too long", "too long"},
		"as long as possible":    {"out/" + long[1:], "", ""},
		"another's temporary":    {"out/.a.txt.partial", "reserved", "reserved"},
		"the same, capitals":     {"out/.a.PARTIAL", "reserved", "reserved"},
		"a visible partial":      {"out/a.partial", "", ""},
		"a folder of partials":   {"out/.a.partial/b", "", ""},
		"a folder, not too long": {long + "/a", "", ""},
		"a folder, too long":     {long + long + "/a", "too long", "too long"},
		"a slash at the end":     {"out/", "the name of a folder", "the name of a folder"},
		"two slashes":            {"out//", "the name of a folder", "the name of a folder"},
		"a folder itself":        {"out/.", "the name of a folder", "the name of a folder"},
		"a folder above":         {"out/..", "the name of a folder", "the name of a folder"},
		"this folder":            {".", "the name of a folder", "the name of a folder"},
		"the root":               {"/", "the name of a folder", "the name of a folder"},
		"the home folder":        {"~/out/a", "pathexpand", "pathexpand"},
		"a folder like that":     {"./~/a", "", ""},
		"a user's folder":        {"~me/a", "", ""},
		"dots in a name":         {"out/..a", "", ""},
		"a null character":       {"out/a\x00b", "a null character", "a null character"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for onWindows, want := range map[bool]string{false: tc.anywhere, true: tc.windows} {
				err := payload.CheckSyntaxOn(filepath.FromSlash(tc.path), onWindows)
				if (err != nil) != (want != "") || err != nil && !strings.Contains(err.Error(), want) {
					t.Errorf("on Windows %v: %v", onWindows, err)
				}
			}
		})
	}
}
