package payload_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/runpodserverless/terraform-provider-runpodserverless/internal/payload"
)

// commit writes a file and commits it.
func commit(t *testing.T, name, text string) {
	t.Helper()
	file, err := payload.CreateOutput(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := file.WriteString(text); err != nil {
		t.Fatal(err)
	}
	if err := file.Commit(); err != nil {
		t.Fatal(err)
	}
}

func content(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func names(t *testing.T, folder string) (found []string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	return found
}

// TestOutputFile checks that a file has its name only after Commit, and that no temporary
// file is left.
func TestOutputFile(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "made", "for it")
	name := filepath.Join(folder, "out.jsonl")
	file, err := payload.CreateOutput(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(name); !os.IsNotExist(err) {
		t.Errorf("the file has its name too early: %v", err)
	}
	file.Discard()
	if left := names(t, folder); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	commit(t, name, "one")
	commit(t, name, "two")
	if left := names(t, folder); len(left) != 1 || content(t, name) != "two" {
		t.Errorf("left: %v", left)
	}
	if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// TestOutputFileOfAKilledProcess checks that the next write replaces the temporary file of a
// killed process.
func TestOutputFileOfAKilledProcess(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	name := filepath.Join(folder, "out.jsonl")
	killed, err := payload.CreateOutput(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := killed.WriteString("an output"); err != nil {
		t.Fatal(err)
	}
	_ = killed.Close() // as when the process is killed
	commit(t, name, "whole")
	if left := names(t, folder); len(left) != 1 || content(t, name) != "whole" {
		t.Errorf("left: %v", left)
	}
}

// TestOutputFileOfTwoProcesses checks that if another process begins to write the same file,
// only the file of that process is renamed, and only when it is complete.
func TestOutputFileOfTwoProcesses(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the second process cannot begin the file there")
	}
	name := filepath.Join(t.TempDir(), "out.jsonl")
	begin := func(text string) *payload.OutputFile {
		file, err := payload.CreateOutput(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := file.WriteString(text); err != nil {
			t.Fatal(err)
		}
		return file
	}
	first, second := begin("of the first"), begin("of the sec")
	if err := first.Commit(); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(name); !os.IsNotExist(err) {
		t.Errorf("a file that is not whole has its name: %v", err)
	}
	first.Discard()
	if _, err := second.WriteString("ond"); err != nil {
		t.Fatal(err)
	}
	if err := second.Commit(); err != nil || content(t, name) != "of the second" {
		t.Errorf("%v, %s", err, content(t, name))
	}
	second.Discard()
	if left := names(t, filepath.Dir(name)); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}

// TestOutputFileNotRenamed checks that no temporary file is left if the rename fails.
func TestOutputFileNotRenamed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	name := filepath.Join(folder, "out.jsonl")
	file, err := payload.CreateOutput(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(name, 0o700); err != nil {
		t.Fatal(err)
	}
	if file.Commit() == nil {
		t.Error("a file took the place of a folder")
	}
	file.Discard()
	if left := names(t, folder); len(left) != 1 {
		t.Errorf("left: %v", left)
	}
}

// TestOutputFileOverOthers checks that a file never replaces a symbolic link, whether or not
// its target exists, a folder or a device.
func TestOutputFileOverOthers(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := func(name string) string { return filepath.Join(folder, name) }
	commit(t, path("target"), "before")
	if err := os.Mkdir(path("folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"link": "target", "dangling": "nowhere", "to a folder": "folder"} {
		if err := os.Symlink(target, path(link)); err != nil {
			t.Skipf("make a symbolic link, which needs a privilege on Windows: %v", err)
		}
	}
	refused := map[string]string{
		path("link"): "symbolic link", path("dangling"): "symbolic link", path("to a folder"): "symbolic link",
		path("folder"): "is a folder", filepath.Join(path("target"), "x"): "is not a folder",
	}
	if runtime.GOOS != "windows" {
		refused[os.DevNull] = "not a regular file"
	}
	for name, want := range refused {
		if _, err := payload.CreateOutput(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if content(t, path("target")) != "before" {
		t.Error("a file was written through a link")
	}
	commit(t, filepath.Join(path("to a folder"), "new", "x"), "in a linked folder")
	if content(t, filepath.Join(path("folder"), "new", "x")) == "" {
		t.Error("nothing was written in a linked folder")
	}
}

// TestCheckOutput checks that CheckOutput finds files that cannot be written, and leaves
// nothing behind.
func TestCheckOutput(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	name := filepath.Join(folder, "out.jsonl")
	if err := payload.CheckOutput(name); err != nil || len(names(t, folder)) != 0 {
		t.Errorf("%v, left: %v", err, names(t, folder))
	}
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if payload.CheckOutput(filepath.Join(folder, "file", "out.jsonl")) == nil {
		t.Error("a file counts as a folder")
	}
	readOnly := filepath.Join(folder, "read-only")
	if err := os.Mkdir(readOnly, 0o500); err != nil { //nolint:gosec // what is tested
		t.Fatal(err)
	}
	if os.Getuid() != 0 && runtime.GOOS != "windows" && payload.CheckOutput(filepath.Join(readOnly, "out.jsonl")) == nil {
		t.Error("a folder without permission counts as writable")
	}
}

// TestOutputFileAboveALink checks that a name such as "link/../x" means the same file when
// it is written, checked and read: the one that Terraform's own functions use, for which
// ".." removes the part before it.
func TestOutputFileAboveALink(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.MkdirAll(filepath.Join(folder, "elsewhere", "below"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("elsewhere", "below"), filepath.Join(folder, "link")); err != nil {
		t.Skipf("make a symbolic link, which needs a privilege on Windows: %v", err)
	}
	name := folder + filepath.FromSlash("/link/../x")
	if err := os.Mkdir(filepath.Join(folder, "elsewhere", "x"), 0o700); err != nil { // the path as the operating system resolves it
		t.Fatal(err)
	}
	if err := payload.CheckName(name); err != nil {
		t.Error(err)
	}
	digest, err := payload.Target{Path: name, Encoding: payload.EncodingJSON}.Write([]byte(`{"key":"a","input":{"p":1}}`))
	if err != nil || content(t, filepath.Join(folder, "x")) == "" || payload.FileDigest(name) != digest {
		t.Errorf("%v, digest %q, found %q", err, digest, payload.FileDigest(name))
	}
	file, errs := payload.ReadInputs(name, accept)
	if _, err := file.Load("a"); len(errs) > 0 || err != nil {
		t.Errorf("%v, %v", errs, err)
	}
}
