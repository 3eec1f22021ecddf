package ledger

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// noFollow is 0. Files are opened below a folder of the user's own, and os.Root refuses
// links that lead out of it.
const noFollow = 0

// tryLock locks a file until it is closed, and reports whether that succeeded.
// Locks are mandatory on Windows, so it locks a byte far behind the end of the file,
// which is never read.
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

// release closes a file, which unlocks it.
func release(f *os.File) { _ = f.Close() }

// private reports whether only this user can change what is in a folder.
// On Windows, a folder inherits the permissions of its parent; there is no mode to check.
func private(os.FileInfo) bool { return true }

// alive always returns true: on Windows, the ledger does not wait for processes.
func alive(int) bool { return true }

// processSpace is not needed on Windows, where alive is constant.
func processSpace() string { return "" }
