package payload

import (
	"fmt"
	"os"
	"path/filepath"
)

// OutputFile is a file that is written under a temporary name in its folder and
// takes its own name when it is whole. The temporary name is always the same, so
// that what a killed process left is gone with the next file.
type OutputFile struct {
	*os.File
	target string
	own    os.FileInfo // of the file, whatever its name is by now
}

// CreateOutput begins a file, and makes its folder. What it writes can be read by
// its owner only. It refuses what [CheckName] refuses.
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

// Commit gives the file its name. It fails where another process has begun the same file
// since: the temporary name is then that of its file, which may not be whole.
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

// Discard removes the file, unless it was committed.
func (f *OutputFile) Discard() {
	_ = f.Close()
	if named, err := os.Lstat(f.Name()); err == nil && os.SameFile(f.own, named) {
		_ = os.Remove(f.Name())
	}
}

// CheckOutput reports why a file could not be written: it begins one and removes it.
func CheckOutput(name string) error {
	file, err := CreateOutput(name)
	if err != nil {
		return err
	}
	file.Discard()
	return nil
}
