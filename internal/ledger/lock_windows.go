package ledger

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// noFollow is 0: what is opened is below a folder of the user's own, and a link
// out of it is refused by os.Root.
const noFollow = 0

// tryLock locks a file until it is closed, and reports whether that succeeded.
// Locks are mandatory here, so the byte that is locked is one that nobody reads.
func tryLock(f *os.File) (bool, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return false, err
	}
	var lockErr error
	err = raw.Control(func(fd uintptr) {
		const exclusive = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
		lockErr = windows.LockFileEx(windows.Handle(fd), exclusive, 0, 1, 0, &windows.Overlapped{OffsetHigh: 1 << 30})
	})
	switch {
	case err != nil:
		return false, err
	case errors.Is(lockErr, windows.ERROR_LOCK_VIOLATION), errors.Is(lockErr, windows.ERROR_IO_PENDING):
		return false, nil
	default:
		return lockErr == nil, lockErr
	}
}

// private reports whether nobody but this user can change what is in a folder.
// A folder inherits the rights of the one that it is in; Windows has no mode.
func private(os.FileInfo) bool { return true }

// alive reports whether a process is there. It is not asked for here.
func alive(int) bool { return true }

// processSpace names where the ids of processes count, which is not asked for here.
func processSpace() string { return "" }
