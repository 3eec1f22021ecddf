package ledger

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	suffix     = ".jsonl"
	lockName   = "lock"
	ignoreName = ".gitignore"

	// lockTimeout is how long to wait for the lock of the folder. Other processes hold
	// it for milliseconds.
	lockTimeout  = 5 * time.Second
	lockInterval = 5 * time.Millisecond
	// dyingTimeout is how long to wait for providers whose CLI has died, and which end
	// after they have cancelled jobs.
	dyingTimeout  = 25 * time.Second
	dyingInterval = 20 * time.Millisecond
	// maxFiles is how many files of the folder are considered.
	maxFiles = 10_000
)

var errInUse = errors.New("another process has been working on the folder for seconds")

// folder is the folder with the files. It is opened once and used by its handle, so that
// it cannot be replaced by another one in the meantime.
type folder struct {
	root *os.Root
	step func(string) error
}

// openFolder opens the folder, and with create creates it if necessary. It returns nil
// and no error if there is no folder.
func openFolder(dir string, create bool, step func(string) error) (*folder, error) {
	made := false
	if create {
		if err := step("make the folder"); err != nil {
			return nil, err
		}
		if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil { //nolint:gosec // Terraform's own folder, such as .terraform
			return nil, err
		}
		err := os.Mkdir(dir, 0o700)
		made = err == nil
		if err != nil && !errors.Is(err, fs.ErrExist) {
			return nil, err
		}
	}
	named, err := os.Lstat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !create:
		return nil, nil //nolint:nilnil // there is no folder
	case err != nil:
		return nil, err
	case !named.IsDir():
		return nil, fmt.Errorf("%s is no folder, or a symbolic link", dir)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	opened, err := root.Stat(".")
	switch {
	case err != nil:
	case !os.SameFile(named, opened):
		err = fmt.Errorf("%s was replaced while it was opened", dir)
	case !private(opened):
		err = fmt.Errorf("%s belongs to another user, or others may write to it", dir)
	}
	if err != nil {
		_ = root.Close()
		return nil, err
	}
	f := &folder{root: root, step: step}
	if made {
		f.ignore()
	}
	return f, nil
}

// ignore keeps the folder out of version control. An error does not matter.
func (f *folder) ignore() {
	file, err := f.root.OpenFile(ignoreName, os.O_WRONLY|os.O_CREATE|os.O_EXCL|noFollow, 0o600)
	if err != nil {
		return
	}
	_, _ = file.WriteString("*\n")
	_ = file.Close()
}

// lock waits for the lock of the folder, up to lockTimeout.
func (f *folder) lock() (unlock func(), err error) {
	if err := f.step("lock the folder"); err != nil {
		return nil, err
	}
	file, err := f.root.OpenFile(lockName, os.O_RDWR|os.O_CREATE|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	for waited := time.Duration(0); ; waited += lockInterval {
		ok, err := tryLock(file)
		if ok {
			return func() { release(file) }, nil
		}
		if err == nil && waited >= lockTimeout {
			err = errInUse
		}
		if err != nil {
			_ = file.Close()
			return nil, err
		}
		time.Sleep(lockInterval)
	}
}

// create creates a file and locks it until it is closed.
func (f *folder) create(name string) (*os.File, error) {
	if err := f.step("create a file"); err != nil {
		return nil, err
	}
	file, err := f.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND|noFollow, 0o600)
	if err != nil {
		return nil, err
	}
	ok, err := tryLock(file)
	if err == nil && !ok {
		err = errInUse
	}
	if err != nil {
		_ = file.Close()
		_ = f.root.Remove(name)
		return nil, err
	}
	return file, nil
}

// openOrphan opens and locks the file of a process that ended. With held, this process
// has the lock already. If the process of the file is alive, the file is nil, and dying
// reports whether that process is about to end.
func (f *folder) openOrphan(name string, held bool) (file *os.File, dying bool, err error) {
	file, err = f.root.OpenFile(name, os.O_RDWR|os.O_APPEND|noFollow, 0)
	if err != nil {
		return nil, false, err
	}
	info, err := file.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%s is no regular file", name)
	}
	ok := held && err == nil
	if !held && err == nil {
		ok, err = tryLock(file)
	}
	if ok {
		return file, false, nil
	}
	dying = err == nil && f.dying(file)
	_ = file.Close()
	return nil, dying, err
}

// await waits up to timeout for the process of a file to end, and returns for how long it
// has waited and whether the process has ended. It tries to lock the file only while it
// holds the lock of the folder: otherwise other processes could take this lock for that
// of a live process.
func (f *folder) await(name string, timeout time.Duration) (waited time.Duration, ended bool) {
	file, err := f.root.OpenFile(name, os.O_RDWR|os.O_APPEND|noFollow, 0)
	if err != nil {
		return 0, errors.Is(err, fs.ErrNotExist) // it has removed its file
	}
	defer file.Close()
	for waited < timeout && f.dying(file) {
		time.Sleep(dyingInterval)
		waited += dyingInterval
		unlock, err := f.lock()
		if err != nil {
			return waited, false
		}
		ended, err := tryLock(file)
		if ended || err != nil {
			release(file)
			unlock()
			return waited, ended
		}
		unlock()
	}
	return waited, false
}

// dying reports whether the CLI that started the owner of a locked file has died, so that
// the owner is about to end.
func (f *folder) dying(file *os.File) bool {
	_, err := file.Seek(0, 0)
	if err != nil {
		return false
	}
	h := parseHeader(file)
	return h.Parent > 1 && h.sameSpace() && !alive(h.Parent)
}

// isLedgerFile reports whether a file has the form of a name that a ledger chooses. Other
// files are left alone: the user may keep other things in the folder.
func isLedgerFile(name string) bool {
	nonces, ok := strings.CutSuffix(name, suffix)
	raw, err := hex.DecodeString(nonces)
	return ok && err == nil && len(raw) == 2*nonceBytes
}

// names returns the names of the files with entries.
func (f *folder) names() ([]string, error) {
	dir, err := f.root.Open(".")
	if err != nil {
		return nil, err
	}
	defer dir.Close()
	all, err := dir.Readdirnames(maxFiles)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	return slices.DeleteFunc(all, func(name string) bool { return !isLedgerFile(name) }), nil
}

// modTime returns the modification time of the folder, which changes when files are added
// or removed.
func (f *folder) modTime() time.Time {
	info, err := f.root.Stat(".")
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}

func (f *folder) remove(name string) error {
	if err := f.step("remove a file"); err != nil {
		return err
	}
	return f.root.Remove(name)
}

// write appends to a file with a single system call.
func (f *folder) write(file *os.File, lines []byte) error {
	if err := f.step("write"); err != nil {
		return err
	}
	_, err := file.Write(lines)
	return err
}
