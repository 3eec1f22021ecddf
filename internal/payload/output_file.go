package payload

import (
	"fmt"
	"os"
	"path/filepath"
)

// OutputFile is a file that is written under a temporary name in its folder, and renamed
// when it is complete. The temporary name is always the same, so that the next write
// replaces what a killed process left.
type OutputFile struct {
	*os.File
	target string
	own    os.FileInfo // identifies the file, whatever has its name by now
}

// CreateOutput creates a file under its temporary name, and the folders above it. Only the
// user can read the file. It refuses the names that [CheckName] refuses. The caller calls
// Commit or Discard.
func CreateOutput(name string) (*OutputFile, error) {
	if err := CheckName(name); err != nil {
		return nil, err
	}
	target := filepath.Join(Resolve(filepath.Dir(name)), filepath.Base(name))
	if err := os.MkdirAll(filepath.Dir(target), 0o750); err != nil {
		return nil, err
	}
	temporary := temporaryName(target)
	if err := os.Remove(temporary); err != nil && !os.IsNotExist(err) {
		return nil, err
	}
	file, err := os.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600) //nolint:gosec // the name is the user's own
	if err != nil {
		return nil, err
	}
	own, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return nil, err
	}
	return &OutputFile{file, target, own}, nil
}

// Commit flushes the file to disk and renames it. It fails if another process has begun to
// write the same file in the meantime: the temporary name is then that of the other file,
// which may not be complete.
func (f *OutputFile) Commit() error {
	if err := f.Sync(); err != nil {
		return err
	}
	if named, err := os.Lstat(f.Name()); err == nil && !os.SameFile(f.own, named) {
		return fmt.Errorf("%s %w", f.target, errOtherProcess)
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), f.target)
}

// Discard closes and removes the file. After Commit, it does nothing.
func (f *OutputFile) Discard() {
	_ = f.Close()
	if named, err := os.Lstat(f.Name()); err == nil && os.SameFile(f.own, named) {
		_ = os.Remove(f.Name())
	}
}

// CheckOutput returns an error if a file cannot be written: it creates the temporary file
// and removes it again.
func CheckOutput(name string) error {
	file, err := CreateOutput(name)
	if err != nil {
		return err
	}
	file.Discard()
	return nil
}
